/*
 * What goes to a client that reads everything from one stream: each message in a frame, in the order in which they are
 * ready. A frame holds one line: that of a pipe (MCP, Transports › stdio), or the data of an event.
 *
 * A client that reads slowly costs itself. Notifications come unasked, so a client that leaves more of them lying than the
 * limit is cut off. Answers were asked for, and may be as large as answers may be; while more than the limit of anything
 * waits, `isFull` says that nothing more should be read from this client.
 */
import type { Writable } from 'node:stream';
import { oneLine } from '../../wire/json/one-line.ts';

/** What stands before and after each message. */
export interface Frame {
  readonly open: Buffer;
  readonly close: Buffer;
}

export const LINE: Frame = { open: Buffer.alloc(0), close: Buffer.from('\n') };
/** Named although `message` is what an event without a name is: clients of 2024-11-05 are known to look for the word. */
export const EVENT: Frame = { open: Buffer.from('event: message\ndata: '), close: Buffer.from('\n\n') };

export interface MessageOutputParts {
  readonly output: Pick<Writable, 'write' | 'cork' | 'uncork' | 'destroyed' | 'writableEnded'>;
  readonly frame: Frame;
  readonly bufferBytesMax: () => number;
  /** The client has left too many notifications lying, or is gone. */
  readonly onOverflow: () => void;
  /** Something was taken. */
  readonly onRoom: () => void;
}

export class MessageOutput {
  readonly #parts: MessageOutputParts;
  #waitingBytes = 0;
  #unaskedBytes = 0;
  #isCorked = false;
  #onEmpty: (() => void)[] = [];

  constructor(parts: MessageOutputParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#waitingBytes > this.#parts.bufferBytesMax();
  }

  /** In the pieces it is made of. */
  answer(message: Buffer | readonly Buffer[]): void {
    this.#write(Buffer.isBuffer(message) ? [message] : message, () => undefined);
  }

  notify(message: Buffer): void {
    if (this.#unaskedBytes > this.#parts.bufferBytesMax()) {
      this.#parts.onOverflow();
      return;
    }
    this.#unaskedBytes += message.length;
    this.#write([message], () => {
      this.#unaskedBytes -= message.length;
    });
  }

  /** Resolves when all that was written has been taken, or nobody is left to take it. */
  emptied(): Promise<void> {
    if (this.#waitingBytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** What was written at once leaves at once. */
  #write(message: readonly Buffer[], onTaken: () => void): void {
    const { output, frame } = this.#parts;
    if (output.destroyed || output.writableEnded) {
      onTaken();
      return;
    }
    if (!this.#isCorked) {
      this.#isCorked = true;
      output.cork();
      setImmediate(() => {
        this.#isCorked = false;
        output.uncork();
      });
    }
    let bytes = 0;
    if (frame.open.length > 0) output.write(frame.open);
    for (const piece of message) {
      bytes += piece.length;
      output.write(oneLine(piece));
    }
    this.#waitingBytes += bytes;
    output.write(frame.close, () => {
      onTaken();
      this.#taken(bytes);
    });
  }

  #taken(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#parts.onRoom();
    if (this.#waitingBytes > 0) return;
    for (const resolve of this.#onEmpty) resolve();
    this.#onEmpty = [];
  }
}
