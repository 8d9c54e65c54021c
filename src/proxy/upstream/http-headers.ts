/*
 * The header fields of a request to an HTTP server, built from nothing: what the transport needs, what the operator
 * configured, what the session adds, what the call adds; in this order of strength, each name once.
 *
 * Lists are flat [name, value, …] with lower-case names, ready for undici, and made anew only when the session changes.
 */

/** Fields that belong to the connection or to the transport; nobody else may set them. */
const OURS: readonly string[] = [
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'last-event-id',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

const POST_FIELDS: readonly string[] = [
  'content-type',
  'application/json',
  'accept',
  'application/json, text/event-stream',
];

/** An id that does not fit a header field cannot be sent back; control characters would also end the field. */
const LAST_EVENT_ID = /^[^\p{Cc}]{1,1024}$/u;

export class OutboundHeaders {
  readonly #configured: readonly string[];
  readonly #ours: ReadonlySet<string>;
  #session: readonly string[] = [];
  #fixed: ReadonlySet<string>;
  #post: string[];
  #hasSession = false;

  constructor(configured: Readonly<Record<string, string>>) {
    const fields = Object.entries(configured).flatMap(([name, value]) => [name.toLowerCase(), value]);
    const named = without(fields, new Set(OURS));
    this.#configured = hasField(named, 'user-agent') ? named : ['user-agent', 'gatewright', ...named];
    // `host` is not ours to refuse to the operator, who may need it for a virtual host; a call must never choose it.
    this.#ours = new Set([...OURS, 'host', ...names(this.#configured)]);
    this.#fixed = this.#ours;
    this.#post = [...POST_FIELDS, ...this.#configured];
  }

  get session(): readonly string[] {
    return this.#session;
  }

  set session(fields: readonly string[]) {
    this.#session = without(fields, this.#ours);
    this.#hasSession = hasField(this.#session, 'mcp-session-id');
    this.#fixed = new Set([...this.#ours, ...names(this.#session)]);
    this.#post = [...POST_FIELDS, ...this.#configured, ...this.#session];
  }

  /** Whether a 404 may mean that the server forgot the session. */
  get hasSession(): boolean {
    return this.#hasSession;
  }

  forPost(extra: readonly string[]): string[] {
    if (extra.length === 0) return this.#post;
    const fields = this.#post.slice();
    for (let at = 0; at + 1 < extra.length; at += 2) {
      const name = extra[at] ?? '';
      if (!this.#fixed.has(name)) fields.push(name, extra[at + 1] ?? '');
    }
    return fields;
  }

  forStream(lastEventId: string | undefined): string[] {
    const fields = ['accept', 'text/event-stream', ...this.#configured, ...this.#session];
    // Field values go out as latin1; an event id is UTF-8 (WHATWG HTML, server-sent events).
    if (lastEventId) fields.push('last-event-id', Buffer.from(lastEventId, 'utf8').toString('latin1'));
    return fields;
  }

  forDelete(): string[] {
    return [...this.#configured, ...this.#session];
  }
}

/** Whether an event id can be named in a `Last-Event-ID` field. */
export function canResumeFrom(lastEventId: string): boolean {
  return LAST_EVENT_ID.test(lastEventId);
}

function without(fields: readonly string[], refused: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (!refused.has(name)) kept.push(name, fields[at + 1] ?? '');
  }
  return kept;
}

function names(fields: readonly string[]): string[] {
  return fields.filter((_, at) => at % 2 === 0);
}

function hasField(fields: readonly string[], name: string): boolean {
  return names(fields).includes(name);
}
