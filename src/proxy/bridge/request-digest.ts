/*
 * What a request asks for, in one short text: a state that was given for one request is good for no other. That is its
 * method, what it names, and the arguments.
 *
 * A client makes its retry anew, so blanks, escapes and the order of keys may differ; what they say may not. Numbers count as
 * a usual parser reads them, except for integers that it could not hold: those count digit by digit.
 *
 * The arguments are read once from their first byte to their last, however deep they are: they are a stranger's.
 */
import { createHash } from 'node:crypto';
import type { Message } from '../../model/message.ts';
import {
  BRACE_CLOSE,
  BRACE_OPEN,
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  COMMA,
  NINE,
  QUOTE,
  skipBlanks,
  ZERO,
} from '../../wire/json/bytes.ts';
import { membersOf, readString } from '../../wire/json/members.ts';
import { skipString, skipValue } from '../../wire/json/skip.ts';

const COUNTS: ReadonlySet<string> = new Set(['name', 'uri', 'arguments']);

/** Of a client's request, which has been read strictly: it is JSON, every string is one, and no key stands twice. */
export function requestDigest({ bytes, method, params }: Message): string {
  const members = params ? membersOf(bytes, params.self).filter(({ key }) => COUNTS.has(key)) : [];
  const said = members.map(({ key, value }): Said => [key, new Reading(bytes, value.start, value.end).value()]);
  return createHash('sha256').update(JSON.stringify(method)).update(objectText(said)).digest('base64url');
}

/** A key and the text of its value. */
type Said = readonly [key: string, text: string];

/** The one text for all ways to write the same object. */
function objectText(said: Said[]): string {
  const sorted = said.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}

class Reading {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** The one text for all ways to write the value that comes next. */
  value(): string {
    switch (this.#bytes[this.#at]) {
      case BRACE_OPEN:
        return objectText(this.#parts(() => this.#member()));
      case BRACKET_OPEN:
        return `[${this.#parts(() => this.value()).join(',')}]`;
      case QUOTE:
        return JSON.stringify(this.#string());
      default:
        return this.#word();
    }
  }

  #parts<Part>(read: () => Part): Part[] {
    const parts: Part[] = [];
    this.#step();
    while (!this.#isAtEnd()) {
      parts.push(read());
      this.#blanks();
      if (this.#bytes[this.#at] === COMMA) this.#step();
    }
    this.#at += 1;
    return parts;
  }

  #isAtEnd(): boolean {
    const byte = this.#bytes[this.#at];
    return byte === BRACE_CLOSE || byte === BRACKET_CLOSE || this.#at >= this.#end;
  }

  #member(): Said {
    const key = this.#string();
    this.#blanks();
    if (this.#bytes[this.#at] === COLON) this.#step();
    return [key, this.value()];
  }

  #string(): string {
    const start = this.#at;
    this.#at = skipString(this.#bytes, start, this.#end);
    return readString(this.#bytes, { start, end: this.#at });
  }

  /** Most numbers are short and whole, and there may be a million of them. */
  #word(): string {
    const start = this.#at;
    let number = 0;
    let at = start;
    for (; at - start < SAFE_DIGITS && isDigit(this.#bytes[at]); at++) number = number * 10 + digit(this.#bytes[at]);
    if (at > start && endsWord(this.#bytes[at])) {
      this.#at = at;
      return String(number);
    }
    this.#at = skipValue(this.#bytes, start, this.#end, 1);
    return plain(this.#bytes.toString('latin1', start, this.#at));
  }

  /** Over one byte and the blanks behind it. */
  #step(): void {
    this.#at += 1;
    this.#blanks();
  }

  #blanks(): void {
    this.#at = skipBlanks(this.#bytes, this.#at, this.#end);
  }
}

/** So many digits are a number that is held exactly. */
const SAFE_DIGITS = 15;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function digit(byte: number | undefined): number {
  return (byte ?? ZERO) - ZERO;
}

function endsWord(byte: number | undefined): boolean {
  return byte === COMMA || byte === BRACKET_CLOSE || byte === BRACE_CLOSE || (byte !== undefined && byte <= 0x20);
}

/** A number, or one of the three words. */
function plain(text: string): string {
  const number = Number(text);
  if (Number.isNaN(number)) return text;
  const isLost = /^-?\d+$/.test(text) && !Number.isSafeInteger(number);
  return isLost ? text : String(number);
}
