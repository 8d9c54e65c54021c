/*
 * One foreign entry on its way to a native one: the fields it has so far, and where each was written.
 */
import type { Path, Place } from '../problem.ts';
import type { Entry, MapNode, Node, ScalarNode } from '../tree.ts';
import type { Reading } from './dialect.ts';

/** What to do with a foreign field: take it as it is, drop it silently, or whatever the function does. */
export type Field = 'keep' | 'drop' | ((draft: ServerDraft, entry: Entry, key: string) => void);

export class ServerDraft {
  readonly name: string;
  readonly slug: string;
  readonly foreign: MapNode;
  readonly reading: Reading;
  readonly fields = new Map<string, Entry>();
  /** Native path below the server → foreign path below the entry, where the two differ. */
  readonly #origins = new Map<string, Path>();
  /** Set when the entry is not a server of ours to start. */
  skipped = false;

  constructor(name: string, slug: string, foreign: MapNode, reading: Reading) {
    this.name = name;
    this.slug = slug;
    this.foreign = foreign;
    this.reading = reading;
  }

  has(key: string): boolean {
    return this.foreign.entries.has(key);
  }

  set(field: string, entry: Entry, from: Path = [field]): void {
    this.fields.set(field, entry);
    this.#origins.set(field, from);
  }

  /** A member of a map field: `headers`, `env`, `tools`. */
  put(field: string, key: string, entry: Entry, from: Path): void {
    const held = this.fields.get(field);
    const before = held?.node.kind === 'map' ? held.node.entries : new Map<string, Entry>();
    const at = { line: entry.line, column: entry.column };
    const node: MapNode = { kind: 'map', ...at, ...held?.node, entries: new Map(before).set(key, entry) } as MapNode;
    this.fields.set(field, { ...at, ...held, node });
    this.#origins.set(`${field}\n${key}`, from);
  }

  warn(key: string, say: string, suggestion?: string): void {
    this.reading.warn({ ...this.#at(key), say, suggestion });
  }

  fault(key: string, say: string, suggestion?: string): void {
    this.reading.fault({ ...this.#at(key), say, suggestion });
  }

  /** For a value inside a field: `path` is below the native entry. */
  faultAt({ path, line, column }: Place & { readonly path: Path }, say: string, suggestion?: string): void {
    this.reading.fault({ path: ['servers', this.slug, ...path], place: { line, column }, say, suggestion });
  }

  /** Below the entry, as written there. */
  origin([first, second, ...rest]: Path): Path {
    const inside = second === undefined ? undefined : this.#origins.get(`${first}\n${second}`);
    if (inside !== undefined) return [...inside, ...rest];
    const whole = this.#origins.get(String(first)) ?? (first === undefined ? [] : [first]);
    return second === undefined ? whole : [...whole, second, ...rest];
  }

  #at(key: string) {
    const entry = this.foreign.entries.get(key) ?? this.foreign;
    this.#origins.set(key, this.#origins.get(key) ?? [key]);
    return { path: ['servers', this.slug, key], place: { line: entry.line, column: entry.column } };
  }
}

/** `from` in other words at the same place. */
export function written(at: Place, value: ScalarNode['value']): Entry {
  const place = { line: at.line, column: at.column };
  const quoted = typeof value === 'string';
  return { ...place, node: { kind: 'scalar', ...place, value, source: String(value), quoted } };
}

export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

export function itemsOf(node: Node | undefined): readonly string[] {
  if (node?.kind !== 'list') return [];
  return node.items.map((item) => (item.kind === 'scalar' ? item.source : ''));
}
