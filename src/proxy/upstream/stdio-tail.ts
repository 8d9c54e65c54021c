/*
 * The last bytes that a child wrote to stderr: a ring, so that a chatty child costs no more than a silent one.
 *
 *   room:  [ e f g h | a b c d ]
 *                    ^ at: the oldest byte once the ring has gone round
 */

export const STDERR_BYTES_MAX = 64 * 1024;

export class ByteTail {
  readonly #bytesMax: number;
  #room: Buffer | undefined;
  #at = 0;
  #full = false;

  constructor(bytesMax: number = STDERR_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    this.#room ??= Buffer.allocUnsafe(this.#bytesMax);
    let rest = chunk.length > this.#bytesMax ? chunk.subarray(chunk.length - this.#bytesMax) : chunk;
    while (rest.length > 0) {
      const taken = rest.copy(this.#room, this.#at);
      this.#at += taken;
      if (this.#at === this.#bytesMax) {
        this.#at = 0;
        this.#full = true;
      }
      rest = rest.subarray(taken);
    }
  }

  /** What was kept, oldest first. Where the ring cut a character in two, the replacement character stands. */
  text(): string {
    if (!this.#room) return '';
    const newest = this.#room.subarray(0, this.#at);
    return (this.#full ? Buffer.concat([this.#room.subarray(this.#at), newest]) : newest).toString('utf8');
  }
}
