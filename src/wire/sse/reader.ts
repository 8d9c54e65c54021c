/*
 * Server-sent events out of a stream of bytes (WHATWG HTML § 9.2.6, "Interpreting an event stream").
 *
 * Events come out the same however the stream was cut into chunks. An event whose data is one line inside one chunk,
 * which is nearly every one, is handed on as a part of that chunk without a copy. Lines and events have caps, and what
 * waits for more bytes is never larger than they are. An event with `data:` and nothing behind it is an event with
 * empty data (servers of 2025-11-25 open their streams so); one without any data line is none.
 */
import { GatewayError } from '../../model/errors.ts';

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
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const DATA = Buffer.from('data');
const NEWLINE = Buffer.from('\n');

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
  #lastEventId: string | undefined;

  constructor(options: SseReaderOptions) {
    this.#options = options;
  }

  /** The id to resume from: that of the last event that came whole. */
  get lastEventId(): string | undefined {
    return this.#lastEventId;
  }

  /** Throws a GatewayError `upstream_too_large` at a cap; the stream is of no use then. */
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
  }

  #keep(part: Buffer): void {
    if (this.#pending.length + part.length > this.#options.lineBytesMax) throw tooLarge('line');
    this.#pending.append(part);
  }

  #line(chunk: Buffer, start: number, end: number): void {
    if (this.#pending.length > 0) {
      this.#keep(chunk.subarray(start, end));
      const line = this.#pending.take();
      this.#wholeLine(line, 0, line.length);
    } else {
      if (end - start > this.#options.lineBytesMax) throw tooLarge('line');
      this.#wholeLine(chunk, start, end);
    }
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
      this.#data.add(bytes.subarray(from, end), this.#options.eventBytesMax);
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

  #dispatch(): void {
    const id = this.#id;
    const event = this.#event || undefined;
    const data = this.#data.take();
    this.#id = undefined;
    this.#event = undefined;
    if (id !== undefined) this.#lastEventId = id;
    if (data) this.#options.onEvent({ event, data, id });
  }
}

/** The data lines of one event: the first as it came, several copied together. */
class LinesOfData {
  #first: Buffer | undefined;
  readonly #joined = new GrowingBytes();

  add(line: Buffer, bytesMax: number): void {
    const before = this.#joined.length || (this.#first?.length ?? 0);
    if (before + line.length + 1 > bytesMax) throw tooLarge('event');
    if (this.#first === undefined) {
      this.#first = line;
      return;
    }
    if (this.#joined.length === 0) this.#joined.append(this.#first);
    this.#joined.append(NEWLINE);
    this.#joined.append(line);
  }

  /** The data so far, undefined when no line came; the next event starts empty. */
  take(): Buffer | undefined {
    const data = this.#joined.length > 0 ? this.#joined.take() : this.#first;
    this.#first = undefined;
    return data;
  }
}

/** Bytes collected in one buffer that doubles, so that many small parts cost no more than a few large ones. */
class GrowingBytes {
  #bytes: Buffer | undefined;
  length = 0;

  append(part: Buffer): void {
    const length = this.length + part.length;
    if (this.#bytes === undefined || this.#bytes.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length * 2, 1024));
      this.#bytes?.copy(larger, 0, 0, this.length);
      this.#bytes = larger;
    }
    part.copy(this.#bytes, this.length);
    this.length = length;
  }

  /** What was collected; the next part starts anew in other memory. */
  take(): Buffer {
    const taken = this.#bytes?.subarray(0, this.length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.length = 0;
    return taken;
  }
}

function indexOrEnd(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from);
  return at < 0 ? chunk.length : at;
}

function tooLarge(what: 'line' | 'event'): GatewayError {
  return new GatewayError('upstream_too_large', { internal: { what: `SSE ${what}` } });
}
