/*
 * What a request asks for, in one short text: a state that was given for one request is good for no other. That is its
 * method, what it names, and the arguments.
 *
 * A client makes its retry anew, so blanks, escapes and the order of keys may differ; what they say may not. Numbers count as
 * a usual parser reads them, except for integers that it could not hold: those count digit by digit.
 */
import { createHash } from 'node:crypto';
import type { Message, Span } from '../../model/message.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { type Member, membersOf, readString } from '../../wire/json/members.ts';

const COUNTS: ReadonlySet<string> = new Set(['name', 'uri', 'arguments']);

/** Of a client's request, which has been read strictly: every string is one, and no key stands twice. */
export function requestDigest({ bytes, method, params }: Message): string {
  const hash = new Gathered();
  hash.update(JSON.stringify(method));
  const members = params ? membersOf(bytes, params.self).filter(({ key }) => COUNTS.has(key)) : [];
  addMembers(hash, bytes, members);
  return hash.digest();
}

const GATHERED_LENGTH = 64 * 1024;

/** A hash takes as long for a digit as for a page. */
class Gathered {
  readonly #hash = createHash('sha256');
  #text = '';

  update(text: string): void {
    this.#text += text;
    if (this.#text.length > GATHERED_LENGTH) this.#pass();
  }

  digest(): string {
    this.#pass();
    return this.#hash.digest('base64url');
  }

  #pass(): void {
    this.#hash.update(this.#text);
    this.#text = '';
  }
}

function addMembers(hash: Gathered, bytes: Buffer, members: Member[]): void {
  hash.update('{');
  for (const { key, value } of members.sort(byKey)) {
    hash.update(`${JSON.stringify(key)}:`);
    add(hash, bytes, value);
    hash.update(',');
  }
  hash.update('}');
}

function byKey(a: Member, b: Member): number {
  return a.key < b.key ? -1 : 1;
}

function add(hash: Gathered, bytes: Buffer, span: Span): void {
  switch (bytes[span.start]) {
    case 0x7b:
      addMembers(hash, bytes, membersOf(bytes, span));
      return;
    case 0x5b:
      hash.update('[');
      for (const element of elementsOf(bytes, span)) {
        add(hash, bytes, element);
        hash.update(',');
      }
      hash.update(']');
      return;
    case 0x22:
      hash.update(JSON.stringify(readString(bytes, span)));
      return;
    default:
      hash.update(plain(bytes.toString('latin1', span.start, span.end)));
  }
}

/** A number, or one of the three words. */
function plain(text: string): string {
  const number = Number(text);
  if (Number.isNaN(number)) return text;
  const isLost = /^-?\d+$/.test(text) && !Number.isSafeInteger(number);
  return isLost ? text : String(number);
}
