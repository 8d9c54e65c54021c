/*
 * The file as written: maps, lists and scalars, each with its line and column.
 *
 * Everything after parsing works on this tree, so that a fault found at any stage can name its place, and a dialect can
 * rearrange nodes without losing where they came from.
 *
 * Bounds, against files made to exhaust memory: depth, nodes after aliases are followed, and aliases followed.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import type { Fault, Path, Place } from './problem.ts';
import { syntaxWords } from './syntax-words.ts';

export const DEPTH_MAX = 32;
const NODES_MAX = 100_000;
const ALIASES_MAX = 100;

export interface ScalarNode extends Place {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As written, without quotes: `0123` stays `0123`. */
  readonly source: string;
  readonly quoted: boolean;
}
export interface ListNode extends Place {
  readonly kind: 'list';
  readonly items: readonly Node[];
}
export interface Entry extends Place {
  readonly node: Node;
}
export interface MapNode extends Place {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}
export type Node = ScalarNode | ListNode | MapNode;

export interface SyntaxFault extends Place {
  readonly say: string;
  readonly suggestion?: string | undefined;
}

export type Parsed =
  | { readonly ok: true; readonly root: Node | undefined; readonly faults: readonly Fault[] }
  | { readonly ok: false; readonly faults: readonly SyntaxFault[] };

/** YAML 1.2; JSON is part of it. `root` is undefined for an empty file. */
export function parseTree(text: string): Parsed {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (document === undefined) return refusedWhole('The file is nested too deeply.');
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return { ok: false, faults: errors.map((error) => syntaxFault(error, lines, text)) };
  const growing = new Growing(document, lines);
  try {
    const root = document.contents === null ? undefined : growing.node(document.contents, [], 0);
    return { ok: true, root, faults: growing.faults };
  } catch (thrown) {
    if (thrown instanceof TooLarge) return refusedWhole(thrown.message);
    throw thrown;
  }
}

function parsed(text: string, lineCounter: LineCounter): Document.Parsed<ParsedNode> | undefined {
  try {
    // Without `prettyErrors`: the pretty ones quote the source line, and that line may hold a secret.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, strict: true, version: '1.2' });
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function syntaxFault(error: { code: string; pos: [number, number] }, lines: LineCounter, text: string): SyntaxFault {
  const at = error.pos[0];
  const place = lines.linePos(at);
  const around = { before: text.slice(Math.max(0, at - 2), at), after: text.slice(at, at + 2) };
  return { line: place.line, column: place.col, ...syntaxWords(error.code, around) };
}

export function refusedWhole(say: string): Parsed {
  return { ok: false, faults: [{ line: 1, column: 1, say }] };
}

export class TooLarge extends Error {}

/** Turns the parser's nodes into ours; aliases are followed and counted. */
class Growing {
  readonly faults: Fault[] = [];
  readonly #document: Document.Parsed<ParsedNode>;
  readonly #lines: LineCounter;
  #nodes = 0;
  #aliases = 0;

  constructor(document: Document.Parsed<ParsedNode>, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  node(from: unknown, path: Path, depth: number): Node {
    if (++this.#nodes > NODES_MAX) throw new TooLarge('The file has too many values.');
    if (depth > DEPTH_MAX) throw new TooLarge('The file is nested too deeply.');
    if (isAlias(from)) return this.#followed(from, path, depth);
    const place = this.#place(from);
    if (isMap(from)) return { kind: 'map', ...place, entries: this.#entries(from.items, path, depth) };
    if (isSeq(from)) {
      const items = from.items.map((item, index) => this.node(item, [...path, index], depth + 1));
      return { kind: 'list', ...place, items };
    }
    return { kind: 'scalar', ...place, ...scalar(from) };
  }

  #followed(alias: { resolve(document: Document.Parsed<ParsedNode>): unknown }, path: Path, depth: number): Node {
    if (++this.#aliases > ALIASES_MAX) throw new TooLarge(`The file uses more than ${ALIASES_MAX} aliases.`);
    const target = alias.resolve(this.#document);
    if (target !== undefined) return this.node(target, path, depth + 1);
    const place = this.#place(alias);
    this.faults.push({ place, path, say: 'This alias names no anchor above it.' });
    return nothing(place);
  }

  #entries(pairs: readonly { key: unknown; value: unknown }[], path: Path, depth: number): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const { key, value } of pairs) {
      const place = this.#place(key);
      const name = isScalar(key) ? scalar(key).source : undefined;
      const inside = [...path, name ?? '?'];
      const wrong = keyFault(name, entries);
      if (name === undefined || wrong !== undefined) this.faults.push({ place, path: inside, ...(wrong ?? NOT_TEXT) });
      else entries.set(name, { ...place, node: value === null ? nothing(place) : this.node(value, inside, depth + 1) });
    }
    return entries;
  }

  #place(from: unknown): Place {
    const range = (from as { range?: readonly number[] } | null)?.range;
    const { line, col } = this.#lines.linePos(range?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const NOT_TEXT = { say: 'A key must be plain text.' };

export function keyFault(
  name: string | undefined,
  entries: ReadonlyMap<string, Entry>,
): Omit<Fault, 'path'> | undefined {
  if (name === '__proto__') return { say: 'This key is not allowed.' };
  if (name === undefined || !entries.has(name)) return undefined;
  return { say: 'This key stands here a second time.', suggestion: 'Keep one of them.' };
}

function nothing(place: Place): ScalarNode {
  return { kind: 'scalar', ...place, value: null, source: '', quoted: false };
}

function scalar(from: unknown): Omit<ScalarNode, 'kind' | keyof Place> {
  if (!isScalar(from)) return { value: null, source: '', quoted: false };
  const value = from.value;
  const quoted = from.type !== 'PLAIN' && from.type !== undefined;
  if (typeof value === 'string') return { value, source: value, quoted };
  const known = typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return { value: known, source: from.source ?? '', quoted };
}

/** Where a path stands: at its key, or at the item of a list; for what is absent, at its nearest parent. */
export function placeOf(root: Node, path: Path): Place {
  let place: Place = root;
  let node: Node | undefined = root;
  for (const step of path) {
    const found: Entry | undefined = stepInto(node, step);
    if (found === undefined) break;
    place = found;
    node = found.node;
  }
  return { line: place.line, column: place.column };
}

function stepInto(node: Node, step: string | number): Entry | undefined {
  if (node.kind === 'map') return node.entries.get(String(step));
  const item = node.kind === 'list' ? node.items[Number(step)] : undefined;
  return item === undefined ? undefined : { line: item.line, column: item.column, node: item };
}

/** The node at a path, or undefined. */
export function nodeAt(root: Node | undefined, path: Path): Node | undefined {
  let node = root;
  for (const step of path) node = node === undefined ? undefined : stepInto(node, step)?.node;
  return node;
}
