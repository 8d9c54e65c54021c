/*
 * What is kept of something that is too long to keep: its first and its last bytes, for the id of an answer usually
 * stands in one of them, and how long it is.
 */

/** Bytes kept from either end. */
export const EDGE_BYTES = 1024;

const NOTHING = Buffer.alloc(0);

/** Short parts gather here before the last bytes of them are moved to the front. */
const ROOM_BYTES = 4 * EDGE_BYTES;

export class Edges {
  #head = NOTHING;
  #room = NOTHING;
  #used = 0;
  #bytes = 0;

  get head(): Buffer {
    return this.#head;
  }

  get tail(): Buffer {
    return this.#room.subarray(Math.max(0, this.#used - EDGE_BYTES), this.#used);
  }

  /** Of all that was added. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Copies what it keeps. */
  add(part: Buffer): void {
    if (this.#head.length < EDGE_BYTES) {
      this.#head = Buffer.concat([this.#head, part.subarray(0, EDGE_BYTES - this.#head.length)]);
    }
    this.#keepLast(part.subarray(-EDGE_BYTES));
    this.#bytes += part.length;
  }

  #keepLast(last: Buffer): void {
    if (this.#room.length === 0) this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES);
    if (this.#used + last.length > ROOM_BYTES) {
      this.#room.copyWithin(0, this.#used - EDGE_BYTES, this.#used);
      this.#used = EDGE_BYTES;
    }
    last.copy(this.#room, this.#used);
    this.#used += last.length;
  }

  /** More of the same, of which only the edges are known. */
  follow(more: Edges): void {
    const { bytes } = this;
    this.add(more.#head);
    if (more.#bytes > more.#head.length) this.add(more.tail);
    this.#bytes = bytes + more.#bytes;
  }

  /** The same without its first bytes, which the head must hold. */
  from(start: number): Edges {
    const rest = new Edges();
    const { tail } = this;
    rest.#head = this.#head.subarray(start);
    rest.#keepLast(tail.subarray(Math.max(0, start - (this.#bytes - tail.length))));
    rest.#bytes = this.#bytes - start;
    return rest;
  }
}
