/*
 * A TOML file as its statements: tables, pairs, and the lines between them, each with its place and its full key.
 *
 * A parser gives values and forgets where they stood; to cut, the places are needed. Only as much of the grammar is
 * known here as it takes to see where a statement ends: strings of four kinds, brackets, comments. The text is known to
 * be valid TOML before it comes here.
 */
import { nextLine } from './text.ts';

export interface Statement {
  /** `other` is a blank line or a comment. */
  readonly kind: 'table' | 'pair' | 'other';
  /** From the root of the document; of a pair with the table it stands in. */
  readonly path: readonly string[];
  readonly from: number;
  /** After the line break. */
  readonly to: number;
}

export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let table: readonly string[] = [];
  for (let at = 0; at < text.length; ) {
    const start = blanksEnd(text, at);
    const kind = kindAt(text, start);
    const key = kind === 'other' ? EMPTY : keyAt(text, kind === 'table' ? tableKeyStart(text, start) : start);
    const path = kind === 'pair' ? [...table, ...key.path] : key.path;
    if (kind === 'table') table = key.path;
    const to = nextLine(text, kind === 'pair' ? valueEnd(text, key.end) : key.end || start);
    statements.push({ kind, path, from: at, to });
    at = to;
  }
  return statements;
}

const EMPTY: Key = { path: [], end: 0 };

interface Key {
  readonly path: readonly string[];
  readonly end: number;
}

function kindAt(text: string, at: number): Statement['kind'] {
  const first = text.charAt(at);
  if (first === '[') return 'table';
  return first === '' || first === '#' || first === '\n' || first === '\r' ? 'other' : 'pair';
}

function tableKeyStart(text: string, at: number): number {
  return blanksEnd(text, text.charAt(at + 1) === '[' ? at + 2 : at + 1);
}

function blanksEnd(text: string, at: number): number {
  let end = at;
  while (text.charAt(end) === ' ' || text.charAt(end) === '\t') end++;
  return end;
}

/** `a.b."c d"`, with blanks around the dots. */
function keyAt(text: string, at: number): Key {
  const path: string[] = [];
  let end = at;
  do {
    const start = blanksEnd(text, path.length === 0 ? end : end + 1);
    const partEnd = isQuote(text.charAt(start)) ? stringEnd(text, start) : bareEnd(text, start);
    path.push(keyPart(text.slice(start, partEnd)));
    end = blanksEnd(text, partEnd);
  } while (text.charAt(end) === '.');
  return { path, end };
}

function bareEnd(text: string, at: number): number {
  let end = at;
  while (/[A-Za-z0-9_-]/.test(text.charAt(end))) end++;
  return end;
}

function keyPart(written: string): string {
  if (written.startsWith("'")) return written.slice(1, -1);
  if (!written.startsWith('"')) return written;
  // Escapes of TOML that JSON does not have are rare in keys; such a key then matches no server and is left alone.
  try {
    return String(JSON.parse(written));
  } catch {
    return written;
  }
}

/** Where the value that begins behind an equals sign ends: at a line break outside of strings and brackets. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text.charAt(at);
    if (isQuote(character)) at = stringEnd(text, at);
    else if (character === '#') at = commentEnd(text, at);
    else if (character === '\n' && depth === 0) return at;
    else {
      if (character === '[' || character === '{') depth++;
      if (character === ']' || character === '}') depth--;
      at++;
    }
  }
  return text.length;
}

function commentEnd(text: string, at: number): number {
  const lineBreak = text.indexOf('\n', at);
  return lineBreak < 0 ? text.length : lineBreak;
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'";
}

/** After the closing quote. TOML 1.0, String: four kinds; escapes only between double quotes. */
function stringEnd(text: string, from: number): number {
  const quote = text.charAt(from);
  const long = text.startsWith(quote.repeat(3), from);
  const closing = long ? quote.repeat(3) : quote;
  let at = from + closing.length;
  while (at < text.length && !text.startsWith(closing, at)) at += quote === '"' && text.charAt(at) === '\\' ? 2 : 1;
  at += closing.length;
  // Up to two quotes may stand directly before the closing three.
  if (long) while (text.charAt(at) === quote) at++;
  return Math.min(at, text.length);
}
