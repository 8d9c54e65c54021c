/*
 * Where the tables and keys of a TOML file stand: its path → line and column.
 *
 * A scan, not a parser: it runs over text that the parser has accepted, and only has to know where a statement begins
 * and where its value ends. Keys inside inline tables and items of lists are not found.
 */
import type { Path, Place } from './problem.ts';

/** The keys of the map are paths as JSON. */
export function tomlPlaces(text: string): ReadonlyMap<string, Place> {
  return new Scan(text).places();
}

const BARE = /[A-Za-z0-9_-]/;
const QUOTES = ['"""', "'''", '"', "'"] as const;

class Scan {
  readonly #text: string;
  readonly #places = new Map<string, Place>();
  /** How many tables an array of tables has so far. */
  readonly #counts = new Map<string, number>();
  #table: Path = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  places(): ReadonlyMap<string, Place> {
    while (this.#at < this.#text.length) {
      this.#skipBlanks();
      const place: Place = { line: this.#line, column: this.#at - this.#lineStart + 1 };
      const char = this.#text[this.#at];
      if (char === '[') this.#header(place);
      else if (char !== undefined && char !== '#' && char !== '\n')
        this.#note([...this.#table, ...this.#keys()], place);
      this.#skipRest();
    }
    return this.#places;
  }

  #header(place: Place): void {
    const list = this.#text[this.#at + 1] === '[';
    this.#at += list ? 2 : 1;
    const keys = this.#keys();
    const path = list ? [...keys, this.#next(keys)] : keys;
    this.#table = path;
    this.#note(path, place);
  }

  #next(keys: Path): number {
    const key = JSON.stringify(keys);
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count;
  }

  /** A path and every parent that has no place of its own. */
  #note(path: Path, place: Place): void {
    for (let length = 1; length <= path.length; length++) {
      const key = JSON.stringify(path.slice(0, length));
      if (!this.#places.has(key)) this.#places.set(key, place);
    }
  }

  /** `a."b c".d` */
  #keys(): string[] {
    const keys: string[] = [];
    for (;;) {
      this.#skipBlanks();
      const key = this.#key();
      if (key === undefined) return keys;
      keys.push(key);
      this.#skipBlanks();
      if (this.#text[this.#at] !== '.') return keys;
      this.#at++;
    }
  }

  #key(): string | undefined {
    const quote = this.#text[this.#at];
    const start = this.#at;
    if (quote === '"' || quote === "'") {
      this.#skipString();
      const inside = this.#text.slice(start + 1, this.#at - 1);
      return quote === '"' ? unescaped(inside) : inside;
    }
    while (BARE.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#at === start ? undefined : this.#text.slice(start, this.#at);
  }

  /** To the end of the statement: the line's end outside strings and brackets. */
  #skipRest(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === '"' || char === "'") this.#skipString();
      else if (char === '#') this.#skipTo('\n');
      else {
        if (char === '[' || char === '{') depth++;
        if (char === ']' || char === '}') depth--;
        this.#step();
        if (char === '\n' && depth <= 0) return;
      }
    }
  }

  #skipString(): void {
    const quote = QUOTES.find((found) => this.#text.startsWith(found, this.#at)) ?? '"';
    for (let left = quote.length; left > 0; left--) this.#step();
    while (this.#at < this.#text.length && !this.#text.startsWith(quote, this.#at)) {
      if (quote[0] === '"' && this.#text[this.#at] === '\\') this.#step();
      this.#step();
    }
    this.#at += quote.length;
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t' || this.#text[this.#at] === '\r') this.#at++;
  }

  #skipTo(char: string): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== char) this.#step();
  }

  #step(): void {
    if (this.#text[this.#at++] !== '\n') return;
    this.#line++;
    this.#lineStart = this.#at;
  }
}

/** TOML's escapes are JSON's, but for `\e`, `\x` and `\U`, which no name of a server needs. */
function unescaped(inside: string): string {
  try {
    return String(JSON.parse(`"${inside}"`));
  } catch {
    return inside;
  }
}
