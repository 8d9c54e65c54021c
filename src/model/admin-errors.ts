/*
 * Every way in which the admin API says no, in one table: its code in the envelope, its HTTP status, and its words.
 *
 * 4001, 4003, 4004 and 5001 are those of S0; the others are ours. `docs/reference/admin-api.md` is generated from here.
 */

interface AdminErrorShape {
  readonly code: number;
  readonly http: number;
  readonly say: string;
  /** The same in Chinese, for `Accept-Language: zh`. */
  readonly zh: string;
}

export const ADMIN_ERRORS = {
  parameter_wrong: { code: 4001, http: 400, say: 'A parameter is wrong.', zh: '参数错误' },
  not_authenticated: { code: 4003, http: 401, say: 'Authentication is required.', zh: '未登录或登录已失效' },
  login_failed: { code: 4003, http: 401, say: 'Wrong user name or password.', zh: '用户名或密码错误' },
  not_found: { code: 4004, http: 404, say: 'Not found.', zh: '未找到' },
  forbidden: { code: 4005, http: 403, say: 'You may not do this.', zh: '没有权限' },
  conflict: { code: 4006, http: 409, say: 'There is one already.', zh: '已存在' },
  changed_meanwhile: { code: 4007, http: 412, say: 'It was changed meanwhile.', zh: '数据已被修改，请重新加载' },
  if_match_missing: { code: 4008, http: 428, say: 'The If-Match header is required.', zh: '缺少 If-Match 请求头' },
  limited: { code: 4009, http: 429, say: 'Too many requests. Try again later.', zh: '请求过于频繁，请稍后再试' },
  command_refused: {
    code: 4010,
    http: 422,
    say: 'Commands are taken from the local file or the command line alone, never over a network.',
    zh: '不允许通过网络配置命令，只能在本机配置文件或命令行中设置',
  },
  read_only: {
    code: 4011,
    http: 409,
    say: 'It is defined in the configuration file.',
    zh: '该对象由配置文件定义，不可修改',
  },
  address_refused: { code: 4012, http: 422, say: 'This address is not allowed.', zh: '不允许访问该地址' },
  method_refused: { code: 4013, http: 405, say: 'This HTTP method is not served here.', zh: '不支持该请求方法' },
  media_type: {
    code: 4014,
    http: 415,
    say: 'Content-Type must be application/json.',
    zh: '请求体必须是 application/json',
  },
  body_too_large: { code: 4015, http: 413, say: 'The body is too large.', zh: '请求体过大' },
  internal: { code: 5001, http: 500, say: 'Internal error.', zh: '系统错误' },
  timed_out: {
    code: 5004,
    http: 504,
    say: 'It took too long. It may still be done.',
    zh: '处理超时，操作可能仍会完成',
  },
  unavailable: { code: 5003, http: 503, say: 'The store cannot be written now.', zh: '存储暂不可用' },
} as const satisfies Record<string, AdminErrorShape>;

export type AdminErrorName = keyof typeof ADMIN_ERRORS;

/** What is wrong with one field of a request. */
export interface FieldFault {
  /** Where it stands: `body.url`, `query.limit`. */
  readonly field: string;
  /** What is wrong, and the way out. */
  readonly say: string;
}

export interface AdminErrorOptions {
  readonly faults?: readonly FieldFault[];
  /** Public words instead of the catalogue's, when those would not name the way out. */
  readonly say?: string;
  readonly retryAfterSeconds?: number;
  /** Whom or what it was about, for the audit and for nobody else. */
  readonly about?: string;
  readonly cause?: unknown;
}

/** The one error that routes of the admin API throw; anything else leaves as `internal`. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly kind: AdminErrorName;
  readonly faults: readonly FieldFault[];
  readonly ownWords: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly about: string | undefined;

  constructor(kind: AdminErrorName, options: AdminErrorOptions = {}) {
    super(options.say ?? ADMIN_ERRORS[kind].say, { cause: options.cause });
    this.kind = kind;
    this.faults = options.faults ?? [];
    this.ownWords = options.say;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.about = options.about;
  }
}
