/*
 * Whether a secret can be guessed: too short, or one that people write until they have a better one. Asked of every secret
 * that people choose, in every mode: a gateway that is only tried out today is reached by others tomorrow.
 */
export interface SecretFault {
  readonly say: string;
  readonly suggestion: string;
}

export const SECRET_BYTES_MIN = 32;

/** In random text, even in hexadecimal, there are hardly ever fewer. */
const DISTINCT_MIN = 8;

const PLACEHOLDER = new RegExp(
  [
    'change[-_ ]?(?:me|this|it)',
    'replace[-_ ]?(?:me|this|with)',
    'placeholder',
    // With a word after it: one random text in thirty thousand begins with "my-" or "my_".
    '^(?:your|my)[-_ ](?:api|auth|gateway|jwt|key|new|own|password|private|really|secret|super|token|very)',
    '^(?:example|secret|password|default|dummy|sample|insert|todo)',
    '^test[-_ ]?(?:token|key|secret)',
    '^x+$',
  ].join('|'),
  'i',
);

const MAKE = 'Make one with "openssl rand -hex 32".';

/** What is wrong with it and the way out, in words that do not repeat it. */
export function secretFault(secret: string, what: string): SecretFault | undefined {
  if (isPlaceholder(secret)) return { say: 'This is a placeholder, not a secret.', suggestion: MAKE };
  if (Buffer.byteLength(secret) < SECRET_BYTES_MIN) {
    return { say: `${what} has at least ${SECRET_BYTES_MIN} bytes.`, suggestion: MAKE };
  }
  if (new Set(secret).size >= DISTINCT_MIN) return undefined;
  return { say: 'This repeats a few characters and can be guessed.', suggestion: MAKE };
}

export function isPlaceholder(secret: string): boolean {
  return PLACEHOLDER.test(secret);
}
