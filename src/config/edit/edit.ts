/*
 * Changes the servers in a file that a person or a client wrote, and no other byte of it.
 *
 * A file is never read and written anew: comments, order, indentation, line ends and a byte order mark are somebody's
 * work. Each syntax finds the places and cuts; then the result is read again and compared with what was meant. What
 * cannot be cut so that both agree is refused, and the caller shows what to paste by hand.
 */
import { isDeepStrictEqual } from 'node:util';
import { editJson, jsonText, readJson } from './json.ts';
import { editToml, readToml, tomlText } from './toml.ts';
import { editYaml, readYaml, yamlText } from './yaml.ts';

export type Syntax = 'json' | 'toml' | 'yaml';

/** Where a file keeps its servers, and how: name → entry, or a list of entries with `name`. */
export interface ServersPlace {
  readonly syntax: Syntax;
  readonly section: string;
  readonly shape: 'map' | 'list';
}

export type PlainEntry = Readonly<Record<string, unknown>>;

export interface Change {
  /** Names that leave. What the file has and nobody names stays. */
  readonly remove: readonly string[];
  /** Added, or put in the place of the entry with that name. */
  readonly put: readonly { readonly name: string; readonly entry: PlainEntry }[];
}

export interface Uneditable {
  readonly ok: false;
  readonly say: string;
  /** From 1; 0 when the fault has no place. */
  readonly line: number;
  readonly column: number;
}

export type Edited = { readonly ok: true; readonly text: string } | Uneditable;
export type Read = { readonly ok: true; readonly value: PlainEntry } | Uneditable;

interface SyntaxEditor {
  readonly read: (text: string) => Read;
  readonly edit: (text: string, place: ServersPlace, change: Change) => Edited;
  /** What a person would write to add one entry. */
  readonly text: (place: ServersPlace, name: string, entry: PlainEntry) => string;
}

const EDITORS: Readonly<Record<Syntax, SyntaxEditor>> = {
  json: { read: readJson, edit: editJson, text: jsonText },
  toml: { read: readToml, edit: editToml, text: tomlText },
  yaml: { read: readYaml, edit: editYaml, text: yamlText },
};

const BYTE_ORDER_MARK = '\ufeff';

export function editServers(whole: string, place: ServersPlace, change: Change): Edited {
  const mark = whole.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  const text = whole.slice(mark.length);
  const editor = EDITORS[place.syntax];
  const before = readWith(editor, text);
  if (!before.ok) return before;
  const wanted = changed(before.value, place, change);
  if (typeof wanted === 'string') return unclear(wanted);
  if (isDeepStrictEqual(meant(wanted, place), meant(before.value, place))) return { ok: true, text: whole };
  const edited = editor.edit(text, place, change);
  if (!edited.ok) return edited;
  const after = readWith(editor, edited.text);
  if (!after.ok || !isDeepStrictEqual(meant(after.value, place), meant(wanted, place))) return unclear(UNSAFE);
  return { ok: true, text: mark + edited.text };
}

/** A section that is empty, has no value or is not there says the same. */
function meant(value: PlainEntry, { section }: ServersPlace): PlainEntry {
  const { [section]: servers, ...others } = value;
  const empty = typeof servers !== 'object' || servers === null || Object.keys(servers).length === 0;
  return empty ? others : value;
}

function readWith(editor: SyntaxEditor, text: string): Read {
  const read = editor.read(text);
  return read.ok ? { ok: true, value: mapOr(literal(read.value)) } : read;
}

/** Parsers give objects of several prototypes, which would not compare as equal. */
function literal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(literal);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, literal(inside)]));
}

const UNSAFE = 'The file is written in a way that cannot be changed safely by a program.';

/** The servers of the file by name, as written; none when the section is missing. */
export function serverEntries(whole: string, place: ServersPlace): Read {
  const read = readWith(EDITORS[place.syntax], withoutMark(whole));
  if (!read.ok) return read;
  const section = read.value[place.section];
  if (place.shape === 'map') return { ok: true, value: mapOr(section) };
  const named = listOr(section).flatMap((item): [string, unknown][] => {
    const name = nameOf(item);
    return name === undefined ? [] : [[name, item]];
  });
  return { ok: true, value: Object.fromEntries(named) };
}

/** The keys at the top of the file whose values differ. */
export function differingKeys(one: string, other: string, { syntax }: ServersPlace): readonly string[] {
  const [a, b] = [one, other].map((whole) => readWith(EDITORS[syntax], withoutMark(whole)));
  if (a?.ok !== true || b?.ok !== true) return [];
  const keys = new Set([...Object.keys(a.value), ...Object.keys(b.value)]);
  return [...keys].filter((key) => !isDeepStrictEqual(a.value[key], b.value[key]));
}

/** The lines to paste when a file cannot be changed by us. */
export function pasteText(place: ServersPlace, name: string, entry: PlainEntry): string {
  return EDITORS[place.syntax].text(place, name, entry);
}

function changed(value: PlainEntry, place: ServersPlace, change: Change): PlainEntry | string {
  const section = value[place.section] ?? (place.shape === 'map' ? {} : []);
  if (Array.isArray(section) !== (place.shape === 'list') || typeof section !== 'object')
    return `"${place.section}" does not hold servers.`;
  return {
    ...value,
    [place.section]: place.shape === 'map' ? mapAfter(mapOr(section), change) : listAfter(section, change),
  };
}

function mapAfter(servers: PlainEntry, { remove, put }: Change): PlainEntry {
  const kept = Object.entries(servers).filter(([name]) => !remove.includes(name));
  return Object.fromEntries([...kept, ...put.map(({ name, entry }): [string, unknown] => [name, entry])]);
}

/** In a list the order counts for the comparison: what is put comes last. */
function listAfter(servers: unknown, { remove, put }: Change): unknown[] {
  const gone = [...remove, ...put.map(({ name }) => name)];
  const kept = listOr(servers).filter((item) => !gone.includes(nameOf(item) ?? ''));
  return [...kept, ...put.map(({ name, entry }) => ({ name, ...entry }))];
}

function nameOf(item: unknown): string | undefined {
  const name = mapOr(item).name;
  return typeof name === 'string' ? name : undefined;
}

function mapOr(value: unknown): PlainEntry {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainEntry) : {};
}

function listOr(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

function unclear(say: string): Uneditable {
  return { ok: false, say, line: 0, column: 0 };
}
