/*
 * Servers in YAML: our own file (name → entry) and lists of entries with `name`.
 *
 * Block style is cut by lines: an entry is the lines from its own to the next one's. Flow style (`{…}`, `[…]`) gets what
 * comes in as one more item; what leaves between others that stay there is refused by the comparison.
 */
import {
  Document,
  isMap,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { syntaxWords } from '../syntax-words.ts';
import type { Change, Edited, PlainEntry, Read, ServersPlace, Uneditable } from './edit.ts';
import { editJson, readJson } from './json.ts';
import { type Cut, ended, indentAt, indentStep, lineEndOf, lineStart, nextLine, placeAt, withCuts } from './text.ts';

const OPTIONS = { prettyErrors: false, version: '1.2' } as const;
const ALIASES_MAX = 100;

export function readYaml(text: string): Read {
  const document = parseDocument(text, OPTIONS);
  const [error] = document.errors;
  if (error !== undefined) return syntaxFault(text, error.code, error.pos[0]);
  if (document.contents === null) return { ok: true, value: {} };
  if (!isMap(document.contents)) return { ok: false, say: 'The file must hold a map.', line: 1, column: 1 };
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: ALIASES_MAX }) as PlainEntry };
  } catch {
    return { ok: false, say: `The file uses more than ${ALIASES_MAX} aliases.`, line: 0, column: 0 };
  }
}

function syntaxFault(text: string, code: string, at: number): Uneditable {
  const around = { before: text.slice(Math.max(0, at - 2), at), after: text.slice(at, at + 2) };
  return { ok: false, say: syntaxWords(code, around).say, ...placeAt(text, at) };
}

export function editYaml(text: string, place: ServersPlace, change: Change): Edited {
  const root = parseDocument(text, OPTIONS).contents;
  // Every JSON file is a YAML file, and JSON has its own way of laying things out.
  if (isMap(root) && root.flow === true && readJson(text).ok) return editJson(text, place, change);
  const step = indentStep(text);
  const lineEnd = lineEndOf(text);
  const lines = (indent: string) => blockLines(place, change, step, indent).replaceAll('\n', lineEnd);
  const pair = isMap(root) ? pairOf(root, place.section) : undefined;
  const end = ended(text, lineEnd);
  if (pair === undefined) return done(`${end}${place.section}:${lineEnd}${lines(step)}`);
  const { value } = pair;
  if ((isMap(value) || isSeq(value)) && value.items.length > 0) {
    return done(
      withCuts(text, value.flow === true ? intoFlow(value, place, change) : intoBlock(text, value, change, lines)),
    );
  }
  // `servers:` or `servers: {}`, perhaps with a remark behind it, which stays on its line.
  const from = pair.key.range[1] + 1;
  const to = value?.range[1] ?? from;
  const after = nextLine(text, to);
  const broken = after > 0 && text.charAt(after - 1) === '\n' ? '' : lineEnd;
  return done(
    withCuts(text, [
      { from, to: Math.max(from, to), text: '' },
      { from: after, to: after, text: broken + lines(step) },
    ]),
  );
}

export function yamlText(place: ServersPlace, name: string, entry: PlainEntry): string {
  return `${place.section}:\n${blockLines(place, { remove: [], put: [{ name, entry }] }, '  ', '  ')}`;
}

type KeyedPair = Pair<ParsedNode, ParsedNode | null>;
type Collection = YAMLMap.Parsed | YAMLSeq.Parsed;

function pairOf(map: YAMLMap.Parsed, key: string): KeyedPair | undefined {
  return map.items.find((pair) => String(pair.key) === key);
}

/** Every line of what comes in, indented, ending in a line break. */
function blockLines({ shape }: ServersPlace, { put }: Change, step: string, indent: string): string {
  const value =
    shape === 'list'
      ? put.map(({ name, entry }) => ({ name, ...entry }))
      : Object.fromEntries(put.map(({ name, entry }) => [name, entry]));
  const document = new Document(value);
  // `args: [-y, package]` is how people write them; only a list of servers is spread over lines.
  visit(document, {
    Seq: (key, node) => {
      node.flow = key !== null;
    },
  });
  const text = document.toString({ lineWidth: 0, indent: Math.max(2, step.length), flowCollectionPadding: false });
  return text.replace(/^(?=.)/gm, indent);
}

/** One more item, first; JSON is flow style. */
function intoFlow(value: Collection, { shape }: ServersPlace, { put }: Change): Cut[] {
  const items = put.map(({ name, entry }) =>
    shape === 'list' ? JSON.stringify({ name, ...entry }) : `${JSON.stringify(name)}: ${JSON.stringify(entry)}`,
  );
  const at = value.range[0] + 1;
  return [{ from: at, to: at, text: items.map((item) => `${item}, `).join('') }];
}

function intoBlock(text: string, value: Collection, change: Change, lines: (indent: string) => string): Cut[] {
  const gone = new Set([...change.remove, ...change.put.map(({ name }) => name)]);
  const items = value.items.map((item) => itemOf(text, item));
  const [first] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) return [];
  const cuts = items.filter(({ name }) => gone.has(name)).map(({ from, to }): Cut => ({ from, to, text: '' }));
  const broken = text.charAt(last.to - 1) === '\n' || gone.has(last.name) ? '' : lineEndOf(text);
  return [...cuts, { from: last.to, to: last.to, text: broken + lines(first.indent) }];
}

interface Item {
  readonly name: string;
  readonly indent: string;
  readonly from: number;
  readonly to: number;
}

/** The lines of one entry of a block map or list. */
function itemOf(text: string, item: ParsedNode | KeyedPair): Item {
  const start = 'key' in item ? item.key : item;
  const end = 'key' in item ? (item.value ?? item.key) : item;
  const name = 'key' in item ? String(item.key) : isMap(item) ? String(item.get('name')) : '';
  const from = lineStart(text, start.range[0]);
  const last = text.slice(0, end.range[1]).trimEnd().length;
  return { name, indent: indentAt(text, start.range[0]), from, to: nextLine(text, last) };
}

function done(text: string): Edited {
  return { ok: true, text };
}
