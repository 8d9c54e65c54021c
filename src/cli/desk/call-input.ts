/*
 * The words after a tool's name → the arguments of the call, as JSON text.
 *
 *   '{"path": "a.txt"}'     one JSON object, sent as it was typed        -   the same from stdin
 *   path=a.txt depth=2      typed by the tool's schema                   tag=a tag=b     a list
 *   filter.size=3           an object within                             body=@a.txt     a file   body=-   stdin
 *                                                                        body=@@a        the text "@a"
 *
 * What the schema does not allow is said here, with the field and the way out, before anything is sent.
 */
import { isObject, type JsonObject } from '../../client/json.ts';
import type { CliIo } from '../io.ts';
import { EXIT } from '../usage.ts';
import { checkInput } from './check-input.ts';
import { Failure } from './failure.ts';
import { propertyOf, type Schema, typesOf, wholeSchema } from './schema.ts';
import { typedList } from './typed-value.ts';
import { sourceText } from './word-source.ts';

export interface CallInput {
  readonly text: string;
  readonly value: JsonObject;
}

/** Throws `Failure`. */
export async function callInput(words: readonly string[], inputSchema: unknown, io: CliIo): Promise<CallInput> {
  const schema = wholeSchema(inputSchema);
  const [only = ''] = words;
  const isWhole = words.length === 1 && (only === '-' || only.trimStart().startsWith('{'));
  if (!isWhole) return fromPairs(await pairsOf(words, schema, io), schema);
  const text = only === '-' ? (await io.readInput()).toString('utf8') : only;
  const value = parseObject(text);
  checkInput(value, schema, 'json');
  return { text, value };
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (thrown) {
    throw wrong(`The arguments are not valid JSON: ${(thrown as Error).message}`);
  }
  throw wrong('The arguments must be one JSON object, for example \'{"path": "a.txt"}\'.');
}

interface Pair {
  readonly path: readonly string[];
  readonly texts: string[];
}

async function pairsOf(words: readonly string[], schema: Schema, io: CliIo): Promise<readonly Pair[]> {
  const pairs = new Map<string, Pair>();
  for (const word of words) {
    const [, key, given] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? [];
    if (key === undefined || given === undefined)
      throw wrong(`"${word}" is no argument: write key=value, or all arguments as one JSON object.`);
    const pair = pairs.get(key) ?? { path: pathOf(key, schema), texts: [] };
    pair.texts.push(await sourceText(key, given, io));
    pairs.set(key, pair);
  }
  return [...pairs.values()];
}

/** A dot goes into an object, unless the tool has an argument with that very name. */
function pathOf(key: string, schema: Schema): readonly string[] {
  const path = key.split('.');
  return propertyOf(schema, key) || path.includes('') ? [key] : path;
}

function fromPairs(pairs: readonly Pair[], schema: Schema): CallInput {
  const value = newObject();
  for (const pair of pairs) put(value, pair, schema);
  checkInput(value, schema, 'pairs');
  return { text: JSON.stringify(value), value };
}

/** Without a prototype, so that no name means more than itself. */
function newObject(): Record<string, unknown> {
  return Object.create(null);
}

function put(value: Record<string, unknown>, { path, texts }: Pair, whole: Schema): void {
  const name = path.join('.');
  let [at, schema]: [Record<string, unknown>, Schema | undefined] = [value, whole];
  for (const step of path.slice(0, -1)) {
    schema = schema && propertyOf(schema, step);
    at[step] ??= newObject();
    const next = at[step];
    if (!isObject(next)) throw wrong(`${name}: "${step}" is given a value of its own.`);
    at = next;
  }
  const last = path.at(-1) ?? '';
  schema = (schema && propertyOf(schema, last)) ?? { own: {}, whole: whole.own };
  if (Object.hasOwn(at, last)) throw wrong(`${name} is given twice.`);
  const isOpen = typesOf(schema).size === 0;
  if (texts.length > 1 && !isOpen && !typesOf(schema).has('array'))
    throw wrong(`${name} is given ${texts.length} times, but it is no list.`);
  const typed = typedList(texts, schema);
  if (!typed.ok) throw wrong(`${name} ${typed.fault}.`);
  at[last] = typed.value;
}

function wrong(say: string): Failure {
  return new Failure(say, EXIT.usage.code);
}
