/*
 * One word of the command line as a value of the type that a schema wants. Never a guess that loses something: what does
 * not fit is refused, with the way to say it all the same.
 */
import { choicesOf, itemsOf, type JsonType, type Schema, typesOf } from './schema.ts';

export type Typed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly fault: string };

const INTEGER = /^-?\d+$/;
const NUMBER = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const JSON_START = /^[[{"]|^-?\d|^(?:true|false|null)$/;

/** In the order in which they are tried: text fits everything, so it comes last. */
const READERS: readonly (readonly [JsonType, (text: string, schema: Schema) => Typed | undefined])[] = [
  ['null', (text) => (text === 'null' ? ok(null) : undefined)],
  ['boolean', (text) => (text === 'true' || text === 'false' ? ok(text === 'true') : undefined)],
  ['integer', (text) => (INTEGER.test(text) ? exact(text) : undefined)],
  ['number', (text) => (NUMBER.test(text) ? exact(text) : undefined)],
  ['object', (text) => (text.trimStart().startsWith('{') ? fromJson(text) : undefined)],
  ['array', (text, schema) => (text.trimStart().startsWith('[') ? fromJson(text) : oneItem(text, schema))],
  ['string', (text) => ok(text)],
];

export function typedValue(text: string, schema: Schema): Typed {
  const types = typesOf(schema);
  if (types.size === 0) return open(text);
  const tried = READERS.filter(([type]) => types.has(type)).flatMap(([, read]) => read(text, schema) ?? []);
  const first = tried.find((typed) => typed.ok) ?? tried[0];
  if (!first) return { ok: false, fault: `must be ${wanted([...types])}, not "${text}"` };
  return first.ok ? chosen(first, schema) : first;
}

/** A property of many values: each word is one of them, unless there is one word and it is the whole list. */
export function typedList(texts: readonly string[], schema: Schema): Typed {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return typedValue(only, schema);
  const items = texts.map((text) => typedValue(text, itemsOf(schema)));
  const fault = items.find((item) => !item.ok);
  return fault ?? ok(items.map((item) => (item.ok ? item.value : undefined)));
}

/** Where the schema says nothing, JSON is taken for JSON and the rest for text. */
function open(text: string): Typed {
  if (!JSON_START.test(text)) return ok(text);
  const typed = fromJson(text);
  const isExact = typed.ok && (typeof typed.value !== 'number' || exact(text).ok);
  return isExact ? typed : ok(text);
}

function oneItem(text: string, schema: Schema): Typed {
  const item = typedValue(text, itemsOf(schema));
  return item.ok ? ok([item.value]) : item;
}

function exact(text: string): Typed {
  const value = Number(text);
  const isExact = INTEGER.test(text) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isExact) return ok(value);
  return { ok: false, fault: `is a number that would not arrive as it is; give all arguments as one JSON object` };
}

function fromJson(text: string): Typed {
  try {
    return ok(JSON.parse(text));
  } catch (thrown) {
    return { ok: false, fault: `is not valid JSON: ${(thrown as Error).message}` };
  }
}

function chosen(typed: Typed & { readonly ok: true }, schema: Schema): Typed {
  const choices = choicesOf(schema);
  if (choices.length === 0 || choices.some((choice) => JSON.stringify(choice) === JSON.stringify(typed.value)))
    return typed;
  const words = choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice)));
  return { ok: false, fault: `must be one of: ${words.join(', ')}` };
}

export function wanted(types: readonly JsonType[]): string {
  const named = types.map((type) => NAMES[type] ?? type);
  return named.length > 1 ? `${named.slice(0, -1).join(', ')} or ${named.at(-1)}` : (named[0] ?? 'anything');
}
const NAMES: Readonly<Record<string, string>> = {
  ...{ null: 'null', boolean: 'true or false', integer: 'a whole number', number: 'a number' },
  ...{ object: 'a JSON object', array: 'a list', string: 'text' },
};

function ok(value: unknown): Typed & { readonly ok: true } {
  return { ok: true, value };
}
