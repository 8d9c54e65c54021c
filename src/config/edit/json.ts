/*
 * Servers in JSON, with or without comments and trailing commas.
 *
 * When none of the servers stays, the section is written whole; else each one that leaves is cut out with its comma, and
 * what comes in stands before the first that stays. Comments of others are never touched.
 */
import { createScanner, getNodeValue, type Node, type ParseError, parseTree } from 'jsonc-parser';
import type { Change, Edited, PlainEntry, Read, ServersPlace, Uneditable } from './edit.ts';
import { type Cut, ended, indentAt, indentStep, lineEndOf, lineStart, placeAt, withCuts } from './text.ts';

const OPTIONS = { allowTrailingComma: true, allowEmptyContent: true };
/** `SyntaxKind.CommaToken`: the package's own table exists only for its compiler. */
const COMMA = 5;

export function readJson(text: string): Read {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, OPTIONS);
  const [error] = errors;
  if (error !== undefined) return refused('This is not valid JSON.', text, error.offset);
  if (root === undefined) return { ok: true, value: {} };
  if (root.type !== 'object') return refused('The file must hold an object.', text, root.offset);
  const twice = keyTwice(root);
  if (twice !== undefined) return refused(TWICE, text, twice.offset);
  return { ok: true, value: getNodeValue(root) as PlainEntry };
}

export function editJson(text: string, { section }: ServersPlace, change: Change): Edited {
  const layout = new Layout(text);
  const root = parseTree(text, [], OPTIONS);
  if (root === undefined)
    return done(
      `${ended(text, layout.lineEnd)}${layout.object({ [section]: entriesOf(change) }, '')}${layout.lineEnd}`,
    );
  const servers = propertyOf(root, section);
  if (servers === undefined) return done(withCuts(text, layout.lastProperty(root, section, entriesOf(change))));
  const value = servers.children?.[1];
  const twice = value?.type === 'object' ? keyTwice(value) : undefined;
  if (twice !== undefined) return refused(TWICE, text, twice.offset);
  if (value?.type === 'object' && stays(value, change).length > 0)
    return done(withCuts(text, layout.cuts(value, change)));
  if (value === undefined) return refused('The section has no value.', text, servers.offset);
  const put = layout.object(
    entriesOf(change),
    indentAt(text, servers.offset),
    layout.broken(root) || layout.broken(value),
  );
  return done(withCuts(text, [{ from: value.offset, to: value.offset + value.length, text: put }]));
}

export function jsonText({ section }: ServersPlace, name: string, entry: PlainEntry): string {
  return JSON.stringify({ [section]: { [name]: entry } }, undefined, 2);
}

function entriesOf({ put }: Change): PlainEntry {
  return Object.fromEntries(put.map(({ name, entry }) => [name, entry]));
}

/** Those that are neither removed nor replaced. */
function stays(section: Node, { remove, put }: Change): Node[] {
  const gone = new Set([...remove, ...put.map(({ name }) => name)]);
  return (section.children ?? []).filter((property) => !gone.has(keyOf(property)));
}

/** How one file is laid out, and the cuts that fit it. */
class Layout {
  readonly lineEnd: string;
  readonly #text: string;
  readonly #step: string;

  constructor(text: string) {
    this.#text = text;
    this.lineEnd = lineEndOf(text);
    this.#step = indentStep(text);
  }

  /** Whether what stands between the brackets runs over lines. */
  broken(node: Node): boolean {
    return this.#text.slice(node.offset, node.offset + node.length).includes('\n');
  }

  object(value: unknown, indent: string, broken = true): string {
    if (!broken) return JSON.stringify(value);
    return JSON.stringify(value, undefined, this.#step).replaceAll('\n', this.lineEnd + indent);
  }

  /** A property after all others of an object. */
  lastProperty(object: Node, key: string, value: unknown): Cut[] {
    const last = object.children?.at(-1);
    if (last === undefined) return [this.#onlyProperty(object, key, value)];
    const broken = this.broken(object);
    const inside = indentAt(this.#text, last.offset);
    const property = this.#property(key, value, inside, broken);
    const end = last.offset + last.length;
    const comma = this.#commaAfter(end, object);
    if (comma !== undefined) return [this.#insert(this.#afterRemark(comma + 1), `${property},`)];
    return [this.#insert(end, ','), this.#insert(this.#afterRemark(end), property)];
  }

  #onlyProperty(object: Node, key: string, value: unknown): Cut {
    const indent = indentAt(this.#text, object.offset);
    const closing = this.broken(object) ? '' : this.lineEnd + indent;
    return this.#insert(object.offset + 1, this.#property(key, value, indent + this.#step, true) + closing);
  }

  #property(key: string, value: unknown, indent: string, broken: boolean): string {
    const before = broken ? this.lineEnd + indent : '';
    return `${before}${JSON.stringify(key)}:${broken ? ' ' : ''}${this.object(value, indent, broken)}`;
  }

  /** What is remarked behind a value, on its line, stays with it. */
  #afterRemark(offset: number): number {
    const remark = /^(?:[ \t]*\/\*[^\r\n]*?\*\/)*(?:[ \t]*\/\/[^\r\n]*)?/.exec(this.#text.slice(offset));
    return offset + (remark?.[0].length ?? 0);
  }

  /** At least one server stays: the others go one by one. */
  cuts(section: Node, change: Change): Cut[] {
    const properties = section.children ?? [];
    const [anchor, ...others] = stays(section, change);
    if (anchor === undefined) return [];
    const stay = new Set([anchor, ...others]);
    const removed = properties.filter((property) => !stay.has(property));
    const cuts = removed.map((property) => this.#without(property, section));
    const last = properties.at(-1);
    if (last !== undefined && !stay.has(last)) cuts.push(...this.#danglingComma([...stay].at(-1), last, section));
    return [...cuts, this.#insert(anchor.offset, this.#before(anchor, change))];
  }

  #before(anchor: Node, { put }: Change): string {
    const indent = indentAt(this.#text, anchor.offset);
    const first = this.#text.slice(0, anchor.offset).endsWith(indent) && this.#ownLine(anchor.offset);
    return put
      .map(({ name, entry }) => {
        const text = `${JSON.stringify(name)}:${first ? ' ' : ''}${this.object(entry, indent, first)},`;
        return text + (first ? this.lineEnd + indent : '');
      })
      .join('');
  }

  #ownLine(offset: number): boolean {
    return /(?:^|\n)[ \t]*$/.test(this.#text.slice(0, offset));
  }

  /** From the name to the comma; its whole lines, when nothing else stands on them. */
  #without(property: Node, section: Node): Cut {
    const end = property.offset + property.length;
    const comma = this.#commaAfter(end, section);
    const from = property.offset;
    const to = comma === undefined ? end : comma + 1;
    const rest = /^[ \t]*\r?\n/.exec(this.#text.slice(to))?.[0].length;
    const alone = rest !== undefined && this.#ownLine(from);
    return alone ? { from: lineStart(this.#text, from), to: to + rest, text: '' } : { from, to, text: '' };
  }

  /** JSON without trailing commas stays so: the last that remains gives up its own. */
  #danglingComma(remaining: Node | undefined, last: Node, section: Node): Cut[] {
    if (remaining === undefined || this.#commaAfter(last.offset + last.length, section) !== undefined) return [];
    const comma = this.#commaAfter(remaining.offset + remaining.length, section);
    return comma === undefined ? [] : [{ from: comma, to: comma + 1, text: '' }];
  }

  #commaAfter(offset: number, inside: Node): number | undefined {
    const scanner = createScanner(this.#text, true);
    scanner.setPosition(offset);
    const token: number = scanner.scan();
    const at = scanner.getTokenOffset();
    return token === COMMA && at < inside.offset + inside.length ? at : undefined;
  }

  #insert(at: number, text: string): Cut {
    return { from: at, to: at, text };
  }
}

function propertyOf(object: Node, key: string): Node | undefined {
  return object.children?.find((property) => keyOf(property) === key);
}

function keyOf(property: Node): string {
  return String(property.children?.[0]?.value);
}

const TWICE = 'This key stands here a second time.';

/** Readers differ in which of two equal keys they take, so nobody can say what such a file means. */
function keyTwice(object: Node): Node | undefined {
  const seen = new Set<string>();
  return object.children?.find((property) => seen.size === seen.add(keyOf(property)).size);
}

function done(text: string): Edited {
  return { ok: true, text };
}

function refused(say: string, text: string, offset: number): Uneditable {
  return { ok: false, say, ...placeAt(text, offset) };
}
