/*
 * Cuts what the other end of a pipe writes into lines, as bytes, with a cap.
 *
 * A line that lies whole in one chunk is a view into it; only a line that spans chunks is copied, into room that grows
 * by doubling, so that whoever writes byte by byte costs no object per byte. A line over the cap is not kept: its
 * first and last bytes are, because the id of the answer usually stands in one of them (`proxy/upstream/stdio-broken.ts`), and the
 * rest is skipped up to the next newline.
 */
import { Edges } from './edges.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);

/** A line over the cap, as far as it is known. */
export type LongLine = Pick<Edges, 'head' | 'tail' | 'bytes'>;

export interface LineEvents {
  /** One line without its newline. Empty lines are left out: they carry nothing and harm nothing. */
  readonly onLine: (line: Buffer) => void;
  readonly onTooLong: (line: LongLine) => void;
}

export class LineCutter {
  readonly #lineBytesMax: number;
  readonly #events: LineEvents;
  /** The line begun in an earlier chunk: `#bytes` of it were seen, and stand in `#room` unless it is too long. */
  #room = NOTHING;
  #bytes = 0;
  #tooLong: Edges | undefined;

  constructor(lineBytesMax: number, events: LineEvents) {
    this.#lineBytesMax = lineBytesMax;
    this.#events = events;
  }

  /** Length of the line that has begun and not ended. */
  get begunBytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Tells of a line that has begun as one that is too long, and forgets it. */
  giveUp(): void {
    this.#finish(NOTHING);
  }

  #finish(last: Buffer): void {
    if (this.#bytes === 0 && last.length <= this.#lineBytesMax) {
      this.#emit(last);
      return;
    }
    this.#keep(last);
    const line = this.#room.subarray(0, this.#bytes);
    const tooLong = this.#tooLong;
    this.#room = NOTHING;
    this.#bytes = 0;
    this.#tooLong = undefined;
    if (tooLong) this.#events.onTooLong(tooLong);
    else this.#emit(line);
  }

  #keep(part: Buffer): void {
    const before = this.#bytes;
    this.#bytes += part.length;
    if (this.#tooLong) {
      this.#tooLong.add(part);
    } else if (this.#bytes > this.#lineBytesMax) {
      this.#tooLong = new Edges();
      this.#tooLong.add(this.#room.subarray(0, before));
      this.#tooLong.add(part);
      this.#room = NOTHING;
    } else {
      if (this.#bytes > this.#room.length) this.#grow(before);
      part.copy(this.#room, before);
    }
  }

  #grow(used: number): void {
    const room = Buffer.allocUnsafe(Math.min(this.#bytes * 2, this.#lineBytesMax));
    this.#room.copy(room, 0, 0, used);
    this.#room = room;
  }

  #emit(line: Buffer): void {
    const end = line[line.length - 1] === CARRIAGE_RETURN ? line.length - 1 : line.length;
    if (end > 0) this.#events.onLine(end === line.length ? line : line.subarray(0, end));
  }
}
