/*
 * The arguments of a call as conditions read them: parsed when the first condition asks, and once for a message.
 *
 * A number that is another one in double precision would be judged as that other one, and its server may read it exactly.
 * So it is no number here: the arguments cannot be read, which makes the condition an error.
 */
import type { Message } from '../../model/message.ts';
import { memberOf } from '../../wire/json/members.ts';

const parsed = new WeakMap<Message, { readonly value: unknown }>();

/** An empty object where there are none. Throws for what cannot be judged. */
export function argumentsOf(message: Message): unknown {
  const known = parsed.get(message);
  if (known) return known.value;
  const value = parse(message);
  parsed.set(message, { value });
  return value;
}

function parse({ bytes, params }: Message): unknown {
  const span = params && memberOf(bytes, params.self, 'arguments')?.value;
  if (!span) return {};
  return exactly(bytes.toString('utf8', span.start, span.end));
}

/** Throws for what cannot be judged. */
export function exactly(text: string): unknown {
  if (MAY_BE_INEXACT.test(text)) checkNumbers(text);
  return JSON.parse(text);
}

/** Fifteen digits and no exponent are exact, and nearly all there is; it may also stand in a string. */
const MAY_BE_INEXACT = /[\d.]{16}|\d[eE]/;
const EXACT_LENGTH = 15;
/** To look at one takes about 1 µs, and nobody else is served meanwhile. */
export const ODD_NUMBERS_MAX = 20_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** One walk over the text: a function that the parser calls for each value of a large text would take seconds. */
function checkNumbers(text: string): void {
  let odd = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterString(text, at);
    else if (!isOfNumber(code)) at += 1;
    else {
      const end = afterNumber(text, at);
      if (isOdd(text, at, end)) {
        odd += 1;
        if (odd > ODD_NUMBERS_MAX) throw new RangeError('too many numbers that may lose precision');
        checkNumber(text.slice(at, end));
      }
      at = end;
    }
  }
}

function checkNumber(source: string): void {
  if (plain(source) !== plain(String(Number(source)))) throw new RangeError('a number loses precision');
}

function isOdd(text: string, from: number, end: number): boolean {
  if (end - from > EXACT_LENGTH) return true;
  for (let at = from; at < end; at++) if ((text.charCodeAt(at) | 0x20) === 0x65) return true;
  return false;
}

function afterString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}

function afterNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && (isOfNumber(text.charCodeAt(at)) || (text.charCodeAt(at) | 0x20) === 0x65)) at += 1;
  return at;
}

/** A digit, a sign or a point; nothing else outside of strings has one. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x2b;
}

/** One text for each number: its digits without the outer zeros, and where the point stands. */
function plain(source: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  const point = Number(exponent) - fraction.length + (digits.length - kept.length);
  return `${sign}${kept}e${point}`;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
