/*
 * The body of an answer while it comes in, within a byte limit.
 *
 * One chunk, the usual case, is kept as it is. From the second on everything is copied into one growing buffer: a list
 * of chunks would let a server that sends single bytes make us hold a hundred times what it sent.
 */

const GROWTH_BYTES_MIN = 64 * 1024;

export class BoundedBody {
  readonly #bytesMax: number;
  readonly #expectedBytes: number;
  #buffer: Buffer | undefined;
  #length = 0;
  #owned = false;

  /** `expectedBytes` is the declared length, or 0 when none was declared. */
  constructor(bytesMax: number, expectedBytes: number) {
    this.#bytesMax = bytesMax;
    this.#expectedBytes = Math.min(expectedBytes, bytesMax);
  }

  /** False when the body has outgrown the limit; the chunk is then not kept. */
  push(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#bytesMax) return false;
    if (this.#buffer === undefined) this.#buffer = chunk;
    else this.#append(this.#buffer, chunk, length);
    this.#length = length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  #append(buffer: Buffer, chunk: Buffer, length: number): void {
    let target = buffer;
    if (!this.#owned || length > buffer.length) {
      target = Buffer.allocUnsafe(this.#capacityFor(length));
      buffer.copy(target, 0, 0, this.#length);
      this.#buffer = target;
      this.#owned = true;
    }
    chunk.copy(target, this.#length);
  }

  #capacityFor(length: number): number {
    if (length <= this.#expectedBytes) return this.#expectedBytes;
    return Math.min(Math.max(length * 2, GROWTH_BYTES_MIN), this.#bytesMax);
  }
}
