/*
 * The data of one event while its lines come in.
 */

const NEWLINE = Buffer.from('\n');

/** The data lines of one event: the first as it came, several copied together. */
export class LinesOfData {
  #first: Buffer | undefined;
  readonly #joined = new GrowingBytes();

  /** False when there is no room for it. */
  add(line: Buffer, bytesMax: number): boolean {
    const before = this.#joined.length || (this.#first?.length ?? 0);
    if (before + line.length + 1 > bytesMax) return false;
    if (this.#first === undefined) {
      this.#first = line;
      return true;
    }
    if (this.#joined.length === 0) this.#joined.append(this.#first);
    this.#joined.append(NEWLINE);
    this.#joined.append(line);
    return true;
  }

  /** The data so far, undefined when no line came; the next event starts empty. */
  take(): Buffer | undefined {
    const data = this.#joined.length > 0 ? this.#joined.take() : this.#first;
    this.#first = undefined;
    return data;
  }
}

/** Bytes collected in one buffer that doubles, so that many small parts cost no more than a few large ones. */
export class GrowingBytes {
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
