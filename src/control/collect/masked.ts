/*
 * What the audit keeps of an object: everything but its secrets.
 *
 * A field is hidden by its name (`passwordHash`, `sha256`, `headers` …), with all that is under it, and a text by its shape,
 * wherever it stands: a key of ours, a JWT, a hash of a password, a password in a URL. What is hidden is `***`, so that it is
 * seen that there was something; null stays null. JSON in a column is read and hidden in the same way. A new field with a secret
 * word in its name is hidden until somebody says otherwise.
 */

export const HIDDEN = '***';

/** Any of these words in a name hides what it names. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwords', 'passphrase', 'passwd', 'pwd', 'secret', 'secrets', 'token', 'tokens', 'jwt', 'bearer'],
  ...['credential', 'credentials', 'authorization', 'auth', 'cookie', 'cookies', 'header', 'headers', 'env', 'otp'],
  ...['sealed', 'hash', 'sha256', 'digest', 'salt', 'signature', 'apikey', 'private', 'pem', 'refresh'],
]);

/** A name that ends in one of these tells about something, and is not the thing. */
const ABOUT: ReadonlySet<string> = new Set([
  ...['id', 'ids', 'ms', 'at', 'seconds', 'count', 'max', 'min', 'kind', 'prefix', 'name'],
]);

const SHOWN: ReadonlySet<string> = new Set(['mustChangePassword']);

const ENTRIES_MAX = 5_000;
const TEXT_MAX = 4_096;
/** Longer ones are not even looked through. */
const TEXT_READ_MAX = 65_536;

/** Plain JSON, of a bounded size, in which no secret stands. Undefined and null stay what they are. */
export function masked(value: unknown): unknown {
  return new Mask().of(value, '');
}

class Mask {
  #left = ENTRIES_MAX;

  of(value: unknown, name: string): unknown {
    if (isSecretName(name, value)) return this.#hidden(value);
    if (typeof value === 'string') return name.endsWith('Json') ? this.#json(value, name) : maskedText(value);
    if (Array.isArray(value)) return this.#some(value).map((each) => this.of(each, name));
    if (isObject(value)) return this.#object(value, (each, key) => this.of(each, key));
    return isPlain(value) || typeof value === 'number' ? value : HIDDEN;
  }

  /** The shape, so that it is seen which header fields there are; and nothing of the values. */
  #hidden(value: unknown): unknown {
    if (isPlain(value)) return value;
    if (Array.isArray(value)) return this.#some(value).map((each) => this.#hidden(each));
    if (!isObject(value)) return HIDDEN;
    const isPair = 'value' in value;
    return this.#object(value, (each, key) => (isPair && key === 'name' ? this.of(each, key) : this.#hidden(each)));
  }

  #object(value: object, each: (value: unknown, key: string) => unknown): object {
    return Object.fromEntries(this.#some(Object.entries(value)).map(([key, of]) => [maskedText(key), each(of, key)]));
  }

  #json(text: string, name: string): unknown {
    try {
      return this.of(JSON.parse(text), name.slice(0, -'Json'.length));
    } catch {
      return HIDDEN;
    }
  }

  /** What is deep is in many entries, too. */
  #some<Entry>(entries: readonly Entry[]): readonly Entry[] {
    const some = entries.slice(0, Math.max(this.#left, 0));
    this.#left -= entries.length;
    return some;
  }
}

function isPlain(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'boolean';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isSecretName(name: string, value: unknown): boolean {
  if (SHOWN.has(name)) return false;
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const last = words.at(-1) ?? '';
  if (ABOUT.has(last)) return false;
  // A `key` that is no text is an object about one.
  return words.some((word) => SECRET_WORDS.has(word)) || (last === 'key' && typeof value === 'string');
}

/** None of these goes back over what it has read: a text may be anybody's. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  // Keys and tokens of ours, and those of others that are known by how they begin.
  [/\bgw[a-z]{1,3}_[A-Za-z0-9_-]{8,}/g, HIDDEN],
  [/\b(?:sk|pk|rk|gh[a-z]|github_pat|glpat|xox[a-z])[-_][A-Za-z0-9_-]{16,}/g, HIDDEN],
  // JWT, JWE.
  [/(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+/g, HIDDEN],
  // Hashes of passwords, in PHC text or older.
  [/\$(?:argon2(?:id|i|d)|scrypt|2[aby])\$[^\s"]+/g, HIDDEN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\b(bearer|Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}/g, `$1 ${HIDDEN}`],
  // What stands before the host of a URL, and what is asked behind it.
  [/(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"]*@/gi, `$1${HIDDEN}@`],
  [/([?&][^\s=&#"?]+=)[^\s&#"]+/g, `$1${HIDDEN}`],
];

export function maskedText(text: string): string {
  if (text.length > TEXT_READ_MAX) return `${HIDDEN} (${text.length} characters)`;
  const whole = SHAPES.reduce((said, [shape, by]) => said.replaceAll(shape, by), text);
  return whole.length > TEXT_MAX ? `${whole.slice(0, TEXT_MAX)}…` : whole;
}
