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
  // Fifteen digits and no exponent are exact, and nearly all there is.
  return MAY_BE_INEXACT.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
}

const MAY_BE_INEXACT = /[\d.]{16}|\d[eE]/;

function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number') return value;
  if (plain(context?.source ?? '') !== plain(String(value))) throw new RangeError('a number loses precision');
  return value;
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
