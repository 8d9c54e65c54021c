/*
 * The one reading of what a caller sends: strict JSON, one meaning, spans of what the gateway needs.
 *
 * One pass is both a parser of RFC 8259 and the proof of invariant I2: whatever parser comes after us reads these bytes
 * as we did, so a decision made here holds there. Bytes that are no JSON are `json_malformed`, wherever in the text the
 * fault is; JSON that breaks a rule is noted and read to its end, so that the id in a refusal is the only one there is.
 * Too many levels or keys end the scan at once. Answers of servers have a reader of their own (`scan-answer.ts`).
 *
 * The state is one object for the whole process: a scan never waits, so there is never more than one.
 */
import { isUtf8 } from 'node:buffer';
import { BRACE_CLOSE, BRACE_OPEN, BRACKET_CLOSE, BRACKET_OPEN, COLON, COMMA, QUOTE, skipBlanks } from './bytes.ts';
import { callMessage, TWICE } from './call-shape.ts';
import { KEYS_COMPARED_MAX, KeyStack, keyText } from './key-set.ts';
import {
  isParamsLookalike,
  META,
  NONE,
  OTHER,
  PARAMS,
  type Place,
  placeInside,
  SLOTS,
  type Slot,
  slotOf,
  TOP,
} from './protocol-keys.ts';
import { type ScanResult, scanFailure } from './scan-result.ts';
import { strictLiteral, strictNumber, strictString } from './strict-tokens.ts';

export interface CallLimits {
  readonly depthMax: number;
  readonly keysMax: number;
}

const scan = {
  bytes: Buffer.alloc(0) as Buffer,
  n: 0,
  depthMax: 0,
  keysLeft: 0,
  /** What ended the scan early; '' when only the grammar can have. */
  stopped: '' as '' | 'depth_exceeded' | 'keys_exceeded',
  /** The first rule broken by bytes that are good JSON. */
  breach: '',
  /** Written by `strictString`. */
  escaped: false,
  ambiguous: '',
  keys: new KeyStack(),
  /** Start and end of each known member's value, by slot; end 0 = absent. */
  spans: new Int32Array(SLOTS * 2),
};

export function scanCall(bytes: Buffer, limits: CallLimits): ScanResult {
  if (!isUtf8(bytes)) return scanFailure('json_malformed', 'not UTF-8');
  const start = skipBlanks(bytes, 0, bytes.length);
  const isBatch = bytes[start] === BRACKET_OPEN;
  // A batch is measured message by message, once it has been split.
  begin(bytes, isBatch ? limits.depthMax + 1 : limits.depthMax, isBatch ? bytes.length : limits.keysMax);
  const end = start < scan.n ? value(start, 0, TOP) : -1;
  if (scan.stopped !== '' && !isBatch) return scanFailure(scan.stopped, scan.stopped);
  if (scan.stopped === '') {
    if (end < 0) return scanFailure('json_malformed', 'not JSON');
    if (skipBlanks(bytes, end, scan.n) !== scan.n) return scanFailure('json_malformed', 'more than one document');
  }
  if (isBatch) return scanFailure('batch', 'the message is an array');
  if (bytes[start] !== BRACE_OPEN) return scanFailure('request_invalid', 'the message is no object');
  return callMessage(bytes, scan.spans, scan.breach || scan.ambiguous);
}

/** The same strictness for JSON that is no message: why these bytes are not one document with one meaning, or undefined. */
export function documentFault(bytes: Buffer, limits: CallLimits): string | undefined {
  if (!isUtf8(bytes)) return 'not UTF-8';
  begin(bytes, limits.depthMax, limits.keysMax);
  const start = skipBlanks(bytes, 0, scan.n);
  const end = start < scan.n ? value(start, 0, OTHER) : -1;
  if (scan.stopped !== '') return scan.stopped === 'depth_exceeded' ? 'nested too deeply' : 'too many keys';
  if (end < 0) return 'not JSON';
  if (skipBlanks(bytes, end, scan.n) !== scan.n) return 'more than one document';
  return scan.breach || scan.ambiguous || undefined;
}

function begin(bytes: Buffer, depthMax: number, keysMax: number): void {
  scan.bytes = bytes;
  scan.n = bytes.length;
  scan.depthMax = depthMax;
  scan.keysLeft = keysMax;
  scan.stopped = '';
  scan.breach = '';
  scan.ambiguous = '';
  scan.keys.begin(bytes, depthMax);
  scan.spans.fill(0);
}

/** The end of the value that starts at `i`; −1 when there is none or the scan is over. `place` matters to objects. */
function value(i: number, depth: number, place: Place): number {
  switch (scan.bytes[i]) {
    case QUOTE:
      return strictString(scan.bytes, i, scan.n, scan);
    case BRACE_OPEN:
      return object(i + 1, depth + 1, place);
    case BRACKET_OPEN:
      return array(i + 1, depth + 1, place === META ? META : OTHER);
    case 0x74:
    case 0x66:
    case 0x6e:
      return strictLiteral(scan.bytes, i, scan.n);
    default:
      return strictNumber(scan.bytes, i, scan.n);
  }
}

/** `i` is behind the opening bracket. */
function array(i: number, depth: number, place: Place): number {
  if (depth > scan.depthMax) return stop('depth_exceeded');
  const { bytes, n } = scan;
  let at = skipBlanks(bytes, i, n);
  if (at < n && bytes[at] === BRACKET_CLOSE) return at + 1;
  while (at < n) {
    at = value(at, depth, place);
    if (at < 0) return -1;
    at = skipBlanks(bytes, at, n);
    if (at >= n) return -1;
    if (bytes[at] === BRACKET_CLOSE) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = skipBlanks(bytes, at + 1, n);
  }
  return -1;
}

/** `i` is behind the opening brace. */
function object(i: number, depth: number, place: Place): number {
  if (depth > scan.depthMax) return stop('depth_exceeded');
  const { bytes, n, keys } = scan;
  const base = keys.top;
  let seen: Set<string> | undefined;
  let at = skipBlanks(bytes, i, n);
  if (at < n && bytes[at] === BRACE_CLOSE) return at + 1;
  while (at < n && bytes[at] === QUOTE) {
    const keyStart = at + 1;
    scan.escaped = false;
    at = strictString(bytes, at, n, scan);
    if (at < 0) return -1;
    if (--scan.keysLeft < 0) return stop('keys_exceeded');
    seen = noteKey(base, seen, keyStart, at - 1);
    const slot = place === OTHER ? NONE : knownKey(place, keyStart, at - 1);
    at = skipBlanks(bytes, at, n);
    if (at >= n || bytes[at] !== COLON) return -1;
    const start = skipBlanks(bytes, at + 1, n);
    if (start >= n) return -1;
    at = value(start, depth, place === OTHER ? OTHER : placeInside(place, slot));
    if (at < 0) return -1;
    if (slot !== NONE) keepSpan(slot, start, at);
    at = skipBlanks(bytes, at, n);
    if (at >= n) return -1;
    if (bytes[at] === BRACE_CLOSE) {
      keys.top = base;
      return at + 1;
    }
    if (bytes[at] !== COMMA) return -1;
    at = skipBlanks(bytes, at + 1, n);
  }
  return -1;
}

/** Compares a key with those of its object; returns the object's Set of keys once it has one. */
function noteKey(base: number, seen: Set<string> | undefined, start: number, end: number): Set<string> | undefined {
  const { keys, escaped } = scan;
  if (seen === undefined && !escaped && keys.top - base < KEYS_COMPARED_MAX) {
    if (!keys.add(base, start, end)) scan.breach ||= TWICE;
    return undefined;
  }
  const texts = seen ?? keys.texts(base);
  const text = keyText(scan.bytes, start, end, escaped);
  if (texts.has(text)) scan.breach ||= TWICE;
  return texts.add(text);
}

/** What a key of the message itself, its params, its result or a `_meta` means, and whether it may stand there. */
function knownKey(place: Place, start: number, end: number): Slot {
  const { bytes, escaped } = scan;
  const slot = escaped ? slotOfText(place, keyText(bytes, start, end, true)) : slotOf(place, bytes, start, end);
  if (slot !== NONE) return slot;
  if (place === TOP) scan.breach ||= 'a top-level member that JSON-RPC does not know';
  else if (place === PARAMS || (place === META && (end - start === '__proto__'.length || escaped))) {
    const text = keyText(bytes, start, end, escaped);
    if (text === '__proto__') scan.breach ||= '__proto__ as a key of params or _meta';
    else if (place === PARAMS && isParamsLookalike(text)) scan.breach ||= 'a key that resembles one of the protocol';
  }
  return NONE;
}

function slotOfText(place: Place, text: string): Slot {
  const bytes = Buffer.from(text);
  return slotOf(place, bytes, 0, bytes.length);
}

function keepSpan(slot: Slot, start: number, end: number): void {
  scan.spans[slot * 2] = start;
  scan.spans[slot * 2 + 1] = end;
}

function stop(code: 'depth_exceeded' | 'keys_exceeded'): number {
  scan.stopped = code;
  return -1;
}
