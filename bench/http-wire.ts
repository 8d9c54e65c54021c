/*
 * The least HTTP/1.1 that a load generator and a scripted server need: one reader for both directions.
 *
 * Both share a core, and every microsecond they burn there hides the difference between the proxies they measure; that
 * is why neither uses `node:http`. Not a parser for strangers: peers are our own, on loopback, and well-behaved
 * (RFC 9112 §6: a body is framed by Content-Length or by chunks; one without either is empty).
 */

export interface HttpMessage {
  /** Start line and header fields, without the blank line. */
  readonly head: string;
  /** Valid only until the next chunk arrives: it may lie in a buffer that is used again. */
  readonly body: Buffer;
}

interface Framed {
  readonly body: Buffer;
  readonly end: number;
}

const CRLF = '\r\n';
const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding: *chunked/i;

/** Gathers chunks of one connection into messages. Pipelined messages come out one by one. */
export class HttpReader {
  #pending: Buffer | undefined;
  #bytesNeeded = 0;
  readonly #onMessage: (message: HttpMessage) => void;

  constructor(onMessage: (message: HttpMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** `chunk` may be overwritten by the caller afterwards. */
  push(chunk: Buffer): void {
    let bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    while (bytes.length > 0 && bytes.length >= this.#bytesNeeded) {
      const end = this.#take(bytes);
      if (end === 0) break;
      bytes = bytes.subarray(end);
    }
    this.#pending = bytes.length > 0 ? this.#keep(bytes, chunk) : undefined;
  }

  /** Copies what is left, unless it already lies in memory of our own. */
  #keep(bytes: Buffer, chunk: Buffer): Buffer {
    return bytes.buffer === chunk.buffer ? Buffer.from(bytes) : bytes;
  }

  /** Hands on the first message of `bytes` and returns where it ends; 0 when it is not complete yet. */
  #take(bytes: Buffer): number {
    const headEnd = bytes.indexOf(HEAD_END, 0, 'latin1');
    if (headEnd < 0) return 0;
    const head = bytes.toString('latin1', 0, headEnd);
    const framed = this.#frame(bytes, head, headEnd + HEAD_END.length);
    if (!framed) return 0;
    this.#bytesNeeded = 0;
    this.#onMessage({ head, body: framed.body });
    return framed.end;
  }

  #frame(bytes: Buffer, head: string, from: number): Framed | undefined {
    const length = CONTENT_LENGTH.exec(head);
    if (!length && CHUNKED.test(head)) return dechunk(bytes, from);
    const end = from + (length ? Number(length[1]) : 0);
    if (bytes.length >= end) return { body: bytes.subarray(from, end), end };
    this.#bytesNeeded = end;
    return undefined;
  }
}

/** RFC 9112 §7.1, without extensions and trailers, which none of our peers send. */
function dechunk(bytes: Buffer, from: number): Framed | undefined {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf(CRLF, at, 'latin1');
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + CRLF.length;
    at = start + size + CRLF.length;
    if (bytes.length < at) return undefined;
    if (size === 0) return { body: joined(parts), end: at };
    parts.push(bytes.subarray(start, start + size));
  }
}

function joined(parts: Buffer[]): Buffer {
  const only = parts[0];
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}

/** The value of a header field, or undefined. `name` in lower case. */
export function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1];
}

export function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}
