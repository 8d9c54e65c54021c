/*
 * Writes messages to a child's stdin: many in one write, and not more than the child takes.
 *
 *   send() ─▶ queue ──one write at a time, all that gathered in one turn of the event loop──▶ pipe ─▶ child
 *
 * While a write is on its way everything else gathers behind it, so a slow child gets fewer, larger writes. A pipe holds
 * some 200 KiB for a child that is busy; a write that finds it full and stays so for `stallMs` is reported as stalled.
 */
import type { Writable } from 'node:stream';

/** One write is at most this long (a longer message makes several), so that `taken` moves while a child reads slowly. */
const WRITE_BYTES_MAX = 256 * 1024;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;

/** One message on its way to the child. */
export interface Outgoing {
  readonly bytes: Buffer;
  /** Handed to the pipe, at least in part; from then on it may have had an effect. */
  sent: boolean;
  /** Set by the owner to take back a message that is not sent yet. */
  dropped: boolean;
  /** Called when the pipe has taken all of it. */
  readonly onTaken?: () => void;
}

export class StdinWriter {
  readonly #stdin: Writable;
  readonly #stallMs: number;
  readonly #onStalled: () => void;
  #queue: Outgoing[] = [];
  #busy = false;
  #scheduled = false;
  #ending = false;
  #taken = 0;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(options: { stdin: Writable; stallMs: number; onStalled: () => void }) {
    this.#stdin = options.stdin;
    this.#stallMs = options.stallMs;
    this.#onStalled = options.onStalled;
  }

  send(message: Outgoing): void {
    this.#queue.push(message);
    if (this.#busy || this.#scheduled) return;
    this.#scheduled = true;
    // After the poll phase, not in a microtask: what other sockets brought in this turn joins the same write.
    setImmediate(this.#flush);
  }

  /** Closes stdin behind what is queued. */
  end(): void {
    this.#ending = true;
    if (!this.#busy) this.#flush();
  }

  /** Forgets everything that waits and stops the clock. */
  destroy(): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    this.#queue = [];
    this.#busy = true;
    this.#stdin.destroy();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#busy) return;
    const batch = this.#takeBatch();
    if (batch.length > 0) this.#write(join(batch), batch);
    else if (this.#ending) this.#stdin.end();
  };

  #takeBatch(): Outgoing[] {
    const batch: Outgoing[] = [];
    let bytes = 0;
    let next = 0;
    for (; next < this.#queue.length && bytes < WRITE_BYTES_MAX; next++) {
      const message = this.#queue[next];
      if (!message) break;
      if (message.dropped) continue;
      if (batch.length > 0 && bytes + message.bytes.length >= WRITE_BYTES_MAX) break;
      message.sent = true;
      bytes += message.bytes.length + 1;
      batch.push(message);
    }
    this.#queue = next === this.#queue.length ? [] : this.#queue.slice(next);
    return batch;
  }

  #write(bytes: Buffer, batch: readonly Outgoing[]): void {
    this.#busy = true;
    const slice = bytes.length > WRITE_BYTES_MAX ? bytes.subarray(0, WRITE_BYTES_MAX) : bytes;
    this.#stdin.write(slice, (error) => {
      // A broken pipe is the owner's news; it comes as the stream's own error event.
      if (error || this.#stdin.destroyed) return;
      this.#taken++;
      if (slice.length < bytes.length) return this.#write(bytes.subarray(slice.length), batch);
      this.#busy = false;
      for (const message of batch) message.onTaken?.();
      if (this.#queue.length > 0 || this.#ending) this.#flush();
    });
    // Bytes that the pipe had room for are gone by now, although the news of it comes later.
    if (this.#stdin.writableLength > 0) this.#watch();
  }

  #watch(): void {
    if (this.#stallTimer) return;
    const takenBefore = this.#taken;
    this.#stallTimer = setTimeout(() => {
      this.#stallTimer = undefined;
      if (!this.#busy) return;
      if (this.#taken === takenBefore) this.#onStalled();
      else this.#watch();
    }, this.#stallMs);
  }
}

/** One buffer of all messages, each on a line of its own. A raw newline in JSON can only be white space (RFC 8259 §2). */
function join(batch: readonly Outgoing[]): Buffer {
  let total = batch.length;
  for (const { bytes } of batch) total += bytes.length;
  const joined = Buffer.allocUnsafe(total);
  let at = 0;
  for (const { bytes } of batch) {
    bytes.copy(joined, at);
    blank(joined, at, at + bytes.length, bytes.indexOf(NEWLINE) >= 0 || bytes.indexOf(CARRIAGE_RETURN) >= 0);
    at += bytes.length;
    joined[at++] = NEWLINE;
  }
  return joined;
}

function blank(joined: Buffer, start: number, end: number, hasBreaks: boolean): void {
  if (!hasBreaks) return;
  for (let at = start; at < end; at++) {
    if (joined[at] === NEWLINE || joined[at] === CARRIAGE_RETURN) joined[at] = SPACE;
  }
}
