/*
 * What is kept of something that is too long to keep: its first and its last bytes, for the id of an answer usually
 * stands in one of them, and how long it is.
 */

/** Bytes kept from either end. */
export const EDGE_BYTES = 1024;

const NOTHING = Buffer.alloc(0);

export class Edges {
  #head = NOTHING;
  #tail = NOTHING;
  #bytes = 0;

  get head(): Buffer {
    return this.#head;
  }

  get tail(): Buffer {
    return this.#tail;
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
    const last = part.subarray(-EDGE_BYTES);
    const before = this.#tail.subarray(Math.max(0, this.#tail.length + last.length - EDGE_BYTES));
    this.#tail = Buffer.concat([before, last]);
    this.#bytes += part.length;
  }

  /** More of the same, of which only the edges are known. */
  follow(more: Edges): void {
    const { bytes } = this;
    this.add(more.#head);
    if (more.#bytes > more.#head.length) this.add(more.#tail);
    this.#bytes = bytes + more.#bytes;
  }

  /** The same without its first bytes, which the head must hold. */
  from(start: number): Edges {
    const rest = new Edges();
    rest.#head = this.#head.subarray(start);
    rest.#tail = this.#tail.subarray(Math.max(0, start - (this.#bytes - this.#tail.length)));
    rest.#bytes = this.#bytes - start;
    return rest;
  }
}
