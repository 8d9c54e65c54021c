/*
 * What a client writes, line by line, no faster than it can be dealt with: while it may not be taken, what was read already
 * waits in order, and no more is read.
 */
import type { Readable } from 'node:stream';
import { LineCutter, type LongLine } from '../../wire/lines.ts';

export interface LineInputParts {
  readonly input: Readable;
  readonly lineBytesMax: number;
  /** Whether the next line may be taken, and whether more should be read. */
  readonly mayTake: () => boolean;
  readonly mayRead: () => boolean;
  readonly onLine: (line: Buffer) => void;
  readonly onTooLong: (line: LongLine) => void;
  /** All was taken, and nothing more will come. */
  readonly onEnd: () => void;
}

const NEWLINE = Buffer.from('\n');

export class LineInput {
  readonly #parts: LineInputParts;
  #waiting: Buffer[] = [];
  #hasEnded = false;
  #isStopped = false;

  constructor(parts: LineInputParts) {
    this.#parts = parts;
    const { input, lineBytesMax, onTooLong } = parts;
    const onLine = (line: Buffer) => void this.#waiting.push(line);
    const cutter = new LineCutter(lineBytesMax, { onLine, onTooLong });
    input.on('data', (chunk: Buffer) => {
      if (this.#isStopped) return;
      cutter.push(chunk);
      this.goOn();
    });
    input.once('end', () => {
      // The last line may have come without its newline.
      cutter.push(NEWLINE);
      this.#hasEnded = true;
      this.goOn();
    });
  }

  /** To be called whenever what may be done could have changed. */
  goOn(): void {
    const { input, mayTake, mayRead, onLine } = this.#parts;
    while (this.#waiting.length > 0 && mayTake()) onLine(this.#waiting.shift() as Buffer);
    if (this.#isStopped) return;
    if (this.#hasEnded && this.#waiting.length === 0) {
      this.stop();
      this.#parts.onEnd();
    } else if (!mayTake() || !mayRead()) input.pause();
    else if (input.isPaused()) input.resume();
  }

  /** Reads no more. What was read is still taken. */
  stop(): void {
    this.#isStopped = true;
    this.#parts.input.pause();
  }
}
