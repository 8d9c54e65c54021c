/*
 * The member names that JSON-RPC and MCP give a meaning to, found in bytes without making strings.
 *
 * A parser that matches names without regard to case reads `Method` as `method`; so a key at the top
 * level or directly in `params` that only folds to a protocol name is refused (security: invariant I2). The fold is
 * Unicode's simple one (CaseFolding.txt, status C and S); onto ASCII it maps A–Z, U+017F (long s) and U+212A (Kelvin).
 */
import { bytesEqual } from './bytes.ts';

/** What an object is, as far as its keys matter. Anything inside another object or array is `OTHER`. */
export const OTHER = 0;
export const TOP = 1;
export const PARAMS = 2;
export const META = 3;
export const RESULT = 4;
export type Place = number;

/** Where the span of a known member is kept. `NONE` has a place to write to that nobody reads. */
export const NONE = 0;
export const JSONRPC = 1;
export const ID = 2;
export const METHOD = 3;
export const PARAMS_SLOT = 4;
export const RESULT_SLOT = 5;
export const ERROR_SLOT = 6;
export const NAME = 7;
export const URI = 8;
export const CURSOR = 9;
export const META_SLOT = 10;
export const ARGUMENTS = 11;
export const INPUT_RESPONSES = 12;
export const REQUEST_STATE = 13;
export const SLOTS = 14;
export type Slot = number;

const word = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const WORDS = {
  jsonrpc: word('jsonrpc'),
  id: word('id'),
  method: word('method'),
  params: word('params'),
  result: word('result'),
  error: word('error'),
  name: word('name'),
  uri: word('uri'),
  cursor: word('cursor'),
  meta: word('_meta'),
  arguments: word('arguments'),
  inputResponses: word('inputResponses'),
  requestState: word('requestState'),
};

/** The slot of a key of an object at `place`; `NONE` for a key without one. `start` is behind the quote. */
export function slotOf(place: Place, bytes: Uint8Array, start: number, end: number): Slot {
  if (place === TOP) return topSlot(bytes, start, end);
  if (place === PARAMS) return paramsSlot(bytes, start, end);
  return place === RESULT && end - start === 5 && bytesEqual(bytes, start, WORDS.meta) ? META_SLOT : NONE;
}

/** The place that the value of a member is, if it is an object. Whatever is inside `_meta` counts as `_meta`. */
export function placeInside(place: Place, slot: Slot): Place {
  if (place === META || slot === META_SLOT) return META;
  if (slot === PARAMS_SLOT) return PARAMS;
  return slot === RESULT_SLOT ? RESULT : OTHER;
}

export function topSlot(bytes: Uint8Array, start: number, end: number): Slot {
  switch (end - start) {
    case 2:
      return bytesEqual(bytes, start, WORDS.id) ? ID : NONE;
    case 5:
      return bytesEqual(bytes, start, WORDS.error) ? ERROR_SLOT : NONE;
    case 6:
      if (bytesEqual(bytes, start, WORDS.method)) return METHOD;
      if (bytesEqual(bytes, start, WORDS.params)) return PARAMS_SLOT;
      return bytesEqual(bytes, start, WORDS.result) ? RESULT_SLOT : NONE;
    case 7:
      return bytesEqual(bytes, start, WORDS.jsonrpc) ? JSONRPC : NONE;
    default:
      return NONE;
  }
}

export function paramsSlot(bytes: Uint8Array, start: number, end: number): Slot {
  switch (end - start) {
    case 3:
      return bytesEqual(bytes, start, WORDS.uri) ? URI : NONE;
    case 4:
      return bytesEqual(bytes, start, WORDS.name) ? NAME : NONE;
    case 5:
      return bytesEqual(bytes, start, WORDS.meta) ? META_SLOT : NONE;
    case 6:
      return bytesEqual(bytes, start, WORDS.cursor) ? CURSOR : NONE;
    case 9:
      return bytesEqual(bytes, start, WORDS.arguments) ? ARGUMENTS : NONE;
    case 12:
      return bytesEqual(bytes, start, WORDS.requestState) ? REQUEST_STATE : NONE;
    case 14:
      return bytesEqual(bytes, start, WORDS.inputResponses) ? INPUT_RESPONSES : NONE;
    default:
      return NONE;
  }
}

/** Every name that some revision gives a member of the `params` of what a client sends. */
export const PARAMS_KEYS: readonly string[] = [
  ...['_meta', 'argument', 'arguments', 'capabilities', 'clientInfo', 'context', 'cursor', 'inputResponses', 'level'],
  ...['message', 'name', 'notifications', 'progress', 'progressToken', 'protocolVersion', 'reason', 'ref', 'requestId'],
  ...['requestState', 'task', 'taskId', 'total', 'uri'],
];

const paramsKeyOfFold = new Map(PARAMS_KEYS.map((key) => [simpleFold(key), key]));

export function simpleFold(key: string): string {
  let folded = '';
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit >= 0x41 && unit <= 0x5a) folded += String.fromCharCode(unit + 0x20);
    else if (unit === 0x17f) folded += 's';
    else if (unit === 0x212a) folded += 'k';
    else folded += key[i];
  }
  return folded;
}

/** Whether a key of `params` is no protocol name but folds to one. */
export function isParamsLookalike(key: string): boolean {
  const meant = paramsKeyOfFold.get(simpleFold(key));
  return meant !== undefined && meant !== key;
}
