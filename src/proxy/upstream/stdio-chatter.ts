/*
 * How much a child says that answers nobody, so that one that talks without end does not keep the gateway from the others.
 *
 * A little is free, for notifications belong to every call. Beyond that each chunk costs the child a rest, in which what
 * it writes waits in its pipe; answers earn talk back. Nothing is lost: whoever talks too much is heard later.
 */

const FREE_BYTES = 256 * 1024;
const EARNED_BY_ANSWER_BYTES = 4 * 1024;
/** As much as one read of a pipe brings, so that a child without end is read once per rest. */
const EARNED_BY_REST_BYTES = 64 * 1024;

/** A chunk of the worst kind takes about 10 ms, so others have at least three quarters of the time. */
export const REST_MS = 40;

const NEWLINE = 0x0a;

export class Chatter {
  #bytes = 0;

  /** Lines that have ended; a long answer comes in many chunks and is not talk. */
  heard(chunk: Buffer): void {
    this.#bytes += chunk.lastIndexOf(NEWLINE) + 1;
  }

  answered(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes - EARNED_BY_ANSWER_BYTES);
  }

  /** Asked once per chunk; the rest that follows is paid with. */
  isTooMuch(): boolean {
    if (this.#bytes <= FREE_BYTES) return false;
    this.#bytes = Math.max(FREE_BYTES, this.#bytes - EARNED_BY_REST_BYTES);
    return true;
  }
}
