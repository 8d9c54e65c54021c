/*
 * Whether a request to the admin API names a program to start, in whatever shape. None is taken over a network, whoever asks
 * and whatever the route would make of it (invariant I7): this is asked of every body before anything else is, so that the
 * next field that a schema learns is no way in either. It may take too much for a command, never too little.
 *
 * A key is read as a person or another parser might read it: without case, marks, separators and invisible letters, and a
 * letter that is not ASCII stands for any letter.
 */

/** What keys mean, as `lettersOf` leaves them. */
const KEYS = {
  command: ['command', 'commands', 'commandline', 'cmd', 'cmdline', 'stdio', 'exec', 'executable'],
  /** Its value may say that a server is a process. */
  kind: ['type', 'transport', 'transporttype', 'kind', 'protocol'],
  /** Its value is dialled. */
  address: ['url', 'urls', 'href', 'address', 'location', 'target', 'endpoint'],
  /** Of JSON Patch (RFC 6902): a body in that language names fields in values. */
  pointer: ['path', 'from'],
} as const;
type Meaning = keyof typeof KEYS | 'nothing';
const MEANINGS = new Map<string, Meaning>(
  Object.entries(KEYS).flatMap(([meaning, words]) => words.map((word) => [word, meaning as Meaning] as const)),
);

const KINDS = new Set(['stdio', 'exec', 'process', 'command']);
/** Names of schemes behind which a program would stand, or a file that names one. */
const SCHEMES = new Set(['stdio', 'file', 'exec', 'cmd', 'command', 'process']);
/** A map whose keys are tools, `server.tool`: one may be called `command`. */
const TOOLS_KEY = 'change';

export interface LookedAt {
  /** What the place is called in what is answered. */
  readonly root?: string;
  /** Fields (`arguments`, `questions.arguments`) that hold what a call of a tool would, and go nowhere else. */
  readonly carries?: readonly string[] | undefined;
}

interface Found {
  readonly value: unknown;
  /** Of the nearest key above. */
  readonly meaning: Meaning;
  readonly ofTools: boolean;
  /** Keys down to it, without places in lists; as `carries` has them. */
  readonly field: string;
  readonly path: string;
}

/** Where it does, as a field of the request (`body.transport.command`); undefined when it does not. */
export function namesCommand(value: unknown, { root = 'body', carries = [] }: LookedAt = {}): string | undefined {
  // No recursion: how deep it goes is the word of who sent it.
  const left: Found[] = [{ value, meaning: 'nothing', ofTools: false, field: '', path: root }];
  for (let found = left.pop(); found !== undefined; found = left.pop()) {
    if (carries.includes(found.field)) continue;
    if (found.meaning === 'command') return found.path;
    if (typeof found.value === 'string' && saysCommand(found.meaning, found.value)) return found.path;
    if (Array.isArray(found.value)) pushItems(found, found.value, left);
    else if (typeof found.value === 'object' && found.value !== null) pushFields(found, found.value, left);
  }
  return undefined;
}

function pushItems(list: Found, items: readonly unknown[], left: Found[]): void {
  items.forEach((value, at) => {
    if (mayName(value, list.meaning)) left.push({ ...list, value, path: `${list.path}.${at}` });
  });
}

function pushFields({ ofTools, field, path }: Found, fields: object, left: Found[]): void {
  for (const [name, value] of Object.entries(fields)) {
    const meaning = ofTools ? meaningOf(name) : meaningOfPath(name);
    if (!mayName(value, meaning)) continue;
    const below = { field: field === '' ? name : `${field}.${name}`, path: `${path}.${name}` };
    left.push({ value, meaning, ofTools: name === TOOLS_KEY, ...below });
  }
}

function mayName(value: unknown, meaning: Meaning): boolean {
  return meaning !== 'nothing' || (typeof value === 'object' && value !== null);
}

/** Paths as keys, too: `transport.command`, `/transport/command`, `servers[command]`. */
function meaningOfPath(key: string): Meaning {
  const steps = STEPS.test(key) ? key.split(STEPS).map(meaningOf) : [];
  return steps.includes('command') ? 'command' : meaningOf(key);
}

const STEPS = /[./[\]\\]/;

function meaningOf(key: string): Meaning {
  const known = readAs(key, MEANINGS);
  if (known !== undefined) return MEANINGS.get(known) ?? 'nothing';
  return /urls?$/i.test(key) ? 'address' : 'nothing';
}

function saysCommand(meaning: Meaning, value: string): boolean {
  if (meaning === 'pointer') return meaningOfPath(value) === 'command';
  if (meaning === 'kind') return readAs(value, KINDS) !== undefined;
  return meaning === 'address' && hasCommandScheme(value);
}

/** Parsers of URLs drop blanks and control characters in a scheme; so does `lettersOf`. Schemes may be joined: `git+file`. */
function hasCommandScheme(address: string): boolean {
  const colon = address.search(/[:：]/);
  if (colon < 0) return false;
  const parts = address.slice(0, colon).split('+');
  return parts.some((part) => readAs(part, SCHEMES) !== undefined);
}

/** Longer than any of the words with marks and separators around each letter is no name of a field. */
const LENGTH_MAX = 1_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ASCII = /^[\u0000-\u007f]*$/;

/** The one of the words that the text may be read as. */
function readAs(text: string, words: Pick<ReadonlySet<string>, 'has' | 'keys'>): string | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const letters = lettersOf(text);
  if (words.has(letters)) return letters;
  if (ASCII.test(letters)) return undefined;
  const like = [...letters];
  return [...words.keys()].find((word) => looksLike(like, word));
}

function looksLike(letters: readonly string[], word: string): boolean {
  return word.length === letters.length && letters.every((letter, at) => letter === word[at] || !ASCII.test(letter));
}

/** Zero for O and one for I are look-alikes within ASCII. */
function lettersOf(text: string): string {
  const plain = ASCII.test(text)
    ? text.toLowerCase().replace(/[^a-z0-9]/g, '')
    : text
        .normalize('NFKD')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]/gu, '');
  return plain.replaceAll('0', 'o').replaceAll('1', 'i');
}
