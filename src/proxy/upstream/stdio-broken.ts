/*
 * Whose answer was it? Finds the id of an answer that cannot be read whole, from the first and last bytes of its line.
 *
 * Only what is certain counts. The line must begin as an answer does: scalar members, then `result` or `error`. The id is
 * one of those members, or one of a run of scalar members right before the brace that closes the line. An `id` deeper
 * down, or inside a text, or of a request, is never taken. No id found means that nobody is told, and the call times out.
 */
import type { RequestId } from '../../model/message.ts';
import type { LongLine } from '../../wire/lines.ts';

const SCALAR = String.raw`(?:"(?:[ !#-\[\]-\xff]|\\(?:["\\/bfnrt]|u[\da-f]{4})){0,256}"|-?(?:0|[1-9]\d{0,15})|null|true|false)`;
const MEMBER = String.raw`"([^"\\]{1,64})"\s{0,16}:\s{0,16}(${SCALAR})\s{0,16}`;
const headBefore = (words: string) =>
  new RegExp(String.raw`^\s{0,16}\{\s{0,16}((?:${MEMBER},\s{0,16}){0,4})"(?:${words})"\s{0,16}:`, 'i');
const ANSWER = headBefore('result|error');
const REQUEST = headBefore('params');
const TAIL = new RegExp(String.raw`((?:,\s{0,16}${MEMBER}){1,4})\}\s{0,16}$`, 'i');
const EACH_MEMBER = new RegExp(MEMBER, 'gi');

/** The id of the answer that a line was, when it can be known. Give both edges of a short line too. */
export function idOfBrokenAnswer(edges: Edges): RequestId | undefined {
  return idAround(ANSWER, edges);
}

/** The same of a request that was too long to be read. */
export function idOfBrokenRequest(edges: Edges): RequestId | undefined {
  return idAround(REQUEST, edges);
}

type Edges = Pick<LongLine, 'head' | 'tail'>;

function idAround(beginning: RegExp, { head, tail }: Edges): RequestId | undefined {
  const begun = beginning.exec(head.toString('latin1'));
  if (!begun) return undefined;
  return idAmong(begun[1]) ?? idAmong(TAIL.exec(tail.toString('latin1'))?.[1]);
}

function idAmong(members = ''): RequestId | undefined {
  for (const [, key, value] of members.matchAll(EACH_MEMBER)) if (key === 'id') return asId(value);
  return undefined;
}

/** The edges were read as Latin-1, so that every byte is one character; a text becomes UTF-8 again here. */
function asId(scalar = 'null'): RequestId | undefined {
  const id: unknown = JSON.parse(Buffer.from(scalar, 'latin1').toString('utf8'));
  if (typeof id === 'string') return id;
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined;
}
