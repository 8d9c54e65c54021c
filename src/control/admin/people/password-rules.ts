/*
 * Which passwords are taken. NIST SP 800-63B §3.1.1.2: length counts, kinds of letters do not; what everybody tries
 * first is refused, and so is what is known of the person anyway.
 */

export const PASSWORD_LENGTH_MIN = 12;
/** Of UTF-8, after normalising: argon2 takes any, but nobody types more. */
export const PASSWORD_BYTES_MAX = 128;

/** Parts of the lists that are tried first; with letters in place of the usual digits, and without anything between. */
const COMMON: readonly string[] = [
  ...['password', 'passwort', 'motdepasse', 'contrasena', 'letmein', 'welcome', 'iloveyou', 'trustno', 'changeme'],
  ...['qwertyuiop', 'qwerty', 'asdfghjkl', 'azertyuiop', 'zxcvbnm', 'abcdefghijkl', 'abcdef', 'qazwsxedc', 'qazwsx'],
  ...['administrator', 'admin', 'superuser', 'football', 'baseball', 'dragon', 'monkey', 'sunshine', 'princess'],
  ...['secret', 'default', 'gatewright', 'company', 'correcthorsebatterystaple', 'whatever', 'starwars', 'master'],
];

const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' },
};

/** Distinct characters of a text that nobody has typed by leaning on a key. */
const DISTINCT_MIN = 6;

/** What is wrong with it and the way out, in words that do not repeat it; undefined when it is taken. */
export function passwordFault(password: string, username: string): string | undefined {
  const normal = password.normalize('NFKC');
  if ([...normal].length < PASSWORD_LENGTH_MIN)
    return `A password has at least ${PASSWORD_LENGTH_MIN} characters. Four words that have nothing to do with each other are a good one.`;
  if (Buffer.byteLength(normal) > PASSWORD_BYTES_MAX) return `A password has at most ${PASSWORD_BYTES_MAX} bytes.`;
  if (isAboutPerson(normal, username)) return 'A password that is little more than the user name is guessed first.';
  if (isCommon(normal)) return 'This is one of the passwords that are tried first.';
  return undefined;
}

function isAboutPerson(password: string, username: string): boolean {
  const [text, name] = [letters(password), letters(username.split('@')[0] ?? '')];
  return name.length >= 3 && text.replaceAll(name, '').length < PASSWORD_LENGTH_MIN / 2;
}

/** What is left beside the common words would have to be guessed; when that is next to nothing, nothing has to be. */
function isCommon(password: string): boolean {
  if (new Set(password).size < DISTINCT_MIN || isRun(password)) return true;
  const text = [...password.toLowerCase()].map((each) => LOOK_ALIKES[each] ?? each).join('');
  const rest = COMMON.reduce((left, word) => left.replaceAll(word, ''), letters(text));
  return rest.length < 6 && COMMON.some((word) => letters(text).includes(word));
}

/** `123456789012`, `abcdefghijkl`: each character follows the one before it. */
function isRun(password: string): boolean {
  const codes = [...password].map((each) => each.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, at) => code - (codes[at] ?? 0));
  return steps.filter((step) => Math.abs(step) === 1 || step === 0 || step === -9).length > steps.length - 2;
}

function letters(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
