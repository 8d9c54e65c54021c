/*
 * JSON as editors keep it, with comments and trailing commas, as the same tree as YAML gives.
 *
 * Larger than a file of ours may be: some clients keep their whole memory in the file that also names their servers.
 * There are no aliases here, so the number of values is bounded by the size of the file.
 */
import { type Node as JsonNode, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Fault, Path, Place } from './problem.ts';
import { DEPTH_MAX, type Entry, keyFault, type Node, type Parsed, refusedWhole, TooLarge } from './tree.ts';

export function parseJson(text: string): Parsed {
  const errors: ParseError[] = [];
  const lines = new Lines(text);
  try {
    const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
    const first = errors[0];
    // Only the first: what follows a missing quote is an echo of it.
    if (first !== undefined) return { ok: false, faults: [{ ...lines.placeOf(first.offset), ...wordsFor(first) }] };
    const growing = new Growing(text, lines);
    return { ok: true, root: root === undefined ? undefined : growing.node(root, [], 0), faults: growing.faults };
  } catch (thrown) {
    // The parser goes down one call per level; so deep a file is beyond what we read anyway.
    if (thrown instanceof RangeError || thrown instanceof TooLarge)
      return refusedWhole('The file is nested too deeply.');
    throw thrown;
  }
}

class Lines {
  readonly #starts: readonly number[];

  constructor(text: string) {
    const starts = [0];
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.#starts = starts;
  }

  placeOf(offset: number): Place {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

class Growing {
  readonly faults: Fault[] = [];
  readonly #text: string;
  readonly #lines: Lines;

  constructor(text: string, lines: Lines) {
    this.#text = text;
    this.#lines = lines;
  }

  node(from: JsonNode, path: Path, depth: number): Node {
    if (depth > DEPTH_MAX) throw new TooLarge();
    const place = this.#lines.placeOf(from.offset);
    if (from.type === 'object') return { kind: 'map', ...place, entries: this.#entries(from, path, depth) };
    if (from.type === 'array') {
      const items = (from.children ?? []).map((item, index) => this.node(item, [...path, index], depth + 1));
      return { kind: 'list', ...place, items };
    }
    const value = from.value as string | number | boolean | null;
    const written = this.#text.slice(from.offset, from.offset + from.length);
    const quoted = typeof value === 'string';
    return { kind: 'scalar', ...place, value, source: quoted ? value : written, quoted };
  }

  #entries(from: JsonNode, path: Path, depth: number): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const { children } of from.children ?? []) {
      const [key, value] = children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      const place = this.#lines.placeOf(key.offset);
      const wrong = keyFault(name, entries);
      if (wrong !== undefined) this.faults.push({ place, path: [...path, name], ...wrong });
      else entries.set(name, { ...place, node: this.node(value, [...path, name], depth + 1) });
    }
    return entries;
  }
}

const WORDS: Readonly<Record<string, { readonly say: string; readonly suggestion?: string }>> = {
  CommaExpected: { say: 'A comma is missing before this.' },
  ColonExpected: { say: 'A colon is missing before this.' },
  PropertyNameExpected: { say: 'A key in double quotes is expected here.' },
  CloseBraceExpected: { say: 'A closing brace is missing before this.' },
  CloseBracketExpected: { say: 'A closing bracket is missing before this.' },
  EndOfFileExpected: { say: 'The file must end before this.' },
  UnexpectedEndOfString: { say: 'This text has no closing quote.' },
  UnexpectedEndOfComment: { say: 'This comment is not closed.' },
  InvalidEscapeCharacter: { say: 'This escape is not valid.', suggestion: 'Write a backslash as "\\\\".' },
};

function wordsFor({ error }: ParseError) {
  return WORDS[printParseErrorCode(error)] ?? { say: 'This is not valid JSON.' };
}
