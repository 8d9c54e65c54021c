/*
 * Server-sent events out of a stream of bytes (WHATWG HTML § 9.2.6, "Interpreting an event stream").
 *
 * Events come out the same however the stream was cut into chunks. An event whose data is one line inside one chunk,
 * which is nearly every one, is handed on as a part of that chunk without a copy. Lines and events have caps, and what
 * waits for more bytes is never larger than they are. An event with `data:` and nothing behind it is an event with
 * empty data (servers of 2025-11-25 open their streams so); one without any data line is none.
 *
 * A stream that carries one answer is of no use once an event of it is too large. On one that carries the answers of many,
 * such an event is skipped and told (`tooLong`), unless it goes on so long that nothing else is heard.
 */
import { GatewayError } from '../../model/errors.ts';
import { Edges } from '../edges.ts';
import { GrowingBytes, LinesOfData } from './lines-of-data.ts';

export interface SseEvent {
  /** The type, undefined when the event names none (which means `message`). */
  readonly event: string | undefined;
  /** Lines joined by LF. May share memory with the chunk it came in. */
  readonly data: Buffer;
  /** The id this event itself brought. */
  readonly id: string | undefined;
}

export interface SseReaderOptions {
  readonly eventBytesMax: number;
  readonly lineBytesMax: number;
  readonly onEvent: (event: SseEvent) => void;
  readonly onRetry?: (ms: number) => void;
  /** Skips events over the limits. Told of each when it ends, or when it has reached `bytesMax` and ends the stream. */
  readonly tooLong?: { readonly bytesMax: number; readonly onSkipped: (data: Edges) => void };
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const DATA = Buffer.from('data');

export class SseReader {
  readonly #options: SseReaderOptions;
  /** A line whose end has not come yet. */
  #pending = new GrowingBytes();
  #isFirstLine = true;
  /** The last chunk ended with CR: an LF at the start of the next one belongs to it. */
  #isAfterCr = false;
  #event: string | undefined;
  #id: string | undefined;
  #data = new LinesOfData();
  /** A line over the cap whose end has not come yet. */
  #longLine: Edges | undefined;
  /** The data of this event, which is too long to be kept. */
  #longData: Edges | undefined;
  #lastEventId: string | undefined;

  constructor(options: SseReaderOptions) {
    this.#options = options;
  }

  /** The id to resume from: that of the last event that came whole. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Throws a GatewayError `upstream_too_large` at a cap that is not skipped; the stream is of no use then. */
  push(chunk: Buffer): void {
    let at = 0;
    if (this.#isAfterCr && chunk.length > 0) {
      this.#isAfterCr = false;
      if (chunk[0] === LF) at = 1;
    }
    let cr = -1;
    let lf = -1;
    while (at < chunk.length) {
      // Each is searched for only when passed, so that a chunk without one of them is searched once.
      if (cr < at) cr = indexOrEnd(chunk, CR, at);
      if (lf < at) lf = indexOrEnd(chunk, LF, at);
      const end = Math.min(cr, lf);
      if (end === chunk.length) {
        this.#keep(chunk.subarray(at));
        return;
      }
      this.#line(chunk, at, end);
      at = end + 1;
      if (end !== cr) continue;
      if (at === chunk.length) this.#isAfterCr = true;
      else if (chunk[at] === LF) at++;
    }
  }

  /** The stream is over; an event that is not whole is discarded. */
  end(): void {
    this.#pending = new GrowingBytes();
    this.#event = undefined;
    this.#id = undefined;
    this.#data = new LinesOfData();
    this.#longLine = undefined;
    this.#longData = undefined;
  }

  #keep(part: Buffer): void {
    if (this.#longLine) this.#skip(this.#longLine, part);
    else if (this.#pending.length + part.length <= this.#options.lineBytesMax) this.#pending.append(part);
    else {
      if (!this.#options.tooLong) throw tooLarge('line');
      this.#longLine = new Edges();
      this.#longLine.add(this.#pending.take());
      this.#skip(this.#longLine, part);
    }
  }

  #skip(line: Edges, part: Buffer): void {
    line.add(part);
    const { tooLong } = this.#options;
    if (!tooLong || line.bytes + (this.#longData?.bytes ?? 0) <= tooLong.bytesMax) return;
    tooLong.onSkipped(this.#longData ?? dataOf(line) ?? line);
    throw tooLarge('event');
  }

  #line(chunk: Buffer, start: number, end: number): void {
    const isWhole = this.#pending.length === 0 && this.#longLine === undefined;
    if (isWhole && end - start <= this.#options.lineBytesMax) {
      this.#wholeLine(chunk, start, end);
      return;
    }
    this.#keep(chunk.subarray(start, end));
    if (this.#longLine) this.#endLongLine(this.#longLine);
    else {
      const line = this.#pending.take();
      this.#wholeLine(line, 0, line.length);
    }
  }

  /** Anything but data is of no interest at such a length. */
  #endLongLine(line: Edges): void {
    this.#longLine = undefined;
    this.#isFirstLine = false;
    const data = dataOf(line);
    if (data) this.#dataTooLong().follow(data);
  }

  #dataTooLong(): Edges {
    const begun = this.#data.take();
    this.#longData ??= new Edges();
    if (begun) this.#longData.add(begun);
    return this.#longData;
  }

  #wholeLine(bytes: Buffer, start: number, end: number): void {
    let from = start;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) from += 3;
    }
    if (from === end) this.#dispatch();
    else if (bytes[from] !== COLON) this.#field(bytes, from, end);
  }

  #field(bytes: Buffer, start: number, end: number): void {
    let colon = start;
    while (colon < end && bytes[colon] !== COLON) colon++;
    let from = Math.min(colon + 1, end);
    if (from < end && bytes[from] === SPACE) from++;
    if (colon - start === 4 && bytes.compare(DATA, 0, 4, start, colon) === 0) {
      this.#addData(bytes.subarray(from, end));
      return;
    }
    const value = bytes.toString('utf8', from, end);
    switch (bytes.toString('latin1', start, colon)) {
      case 'event':
        this.#event = value;
        break;
      case 'id':
        if (!value.includes('\0')) this.#id = value;
        break;
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.#options.onRetry?.(Number(value));
        break;
    }
  }

  #addData(line: Buffer): void {
    if (this.#longData === undefined && this.#data.add(line, this.#options.eventBytesMax)) return;
    if (!this.#options.tooLong) throw tooLarge('event');
    const { bytesMax, onSkipped } = this.#options.tooLong;
    const data = this.#dataTooLong();
    data.add(line);
    if (data.bytes <= bytesMax) return;
    onSkipped(data);
    throw tooLarge('event');
  }

  #dispatch(): void {
    const id = this.#id;
    const event = this.#event || undefined;
    const data = this.#data.take();
    const longData = this.#longData;
    this.#id = undefined;
    this.#event = undefined;
    this.#longData = undefined;
    if (id !== undefined) this.#lastEventId = id;
    if (longData) this.#options.tooLong?.onSkipped(longData);
    else if (data) this.#options.onEvent({ event, data, id });
  }
}

/** The edges of a data line without the name of the field; undefined when it is another field or a comment. */
function dataOf(line: Edges): Edges | undefined {
  const name = /^(?:\xef\xbb\xbf)?data: ?/.exec(line.head.toString('latin1'))?.[0];
  return name === undefined ? undefined : line.from(name.length);
}

function indexOrEnd(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at < 0 ? chunk.length : at;
}

function tooLarge(what: 'line' | 'event'): GatewayError {
  return new GatewayError('upstream_too_large', { internal: { what: `SSE ${what}` } });
}
