/*
 * Has this object had this key before? Asked for every key of every object, so it has to cost next to nothing.
 *
 * Most objects have a few keys without escapes: those are compared by a four-byte fingerprint and then byte by byte,
 * on a stack that nested objects share. From `KEYS_COMPARED_MAX` keys on, or from the first escaped key, an object gets
 * a Set of its keys as text, so that the cost stays linear whatever a stranger sends.
 */

export const KEYS_COMPARED_MAX = 16;

export class KeyStack {
  #starts = new Int32Array(0);
  #ends = new Int32Array(0);
  #prints = new Int32Array(0);
  #bytes: Buffer = Buffer.alloc(0);
  /** How many keys of the objects being read are on the stack. An object puts it back when it ends. */
  top = 0;

  begin(bytes: Buffer, depthMax: number): void {
    this.#bytes = bytes;
    this.top = 0;
    const room = (depthMax + 2) * KEYS_COMPARED_MAX;
    if (this.#starts.length >= room) return;
    this.#starts = new Int32Array(room);
    this.#ends = new Int32Array(room);
    this.#prints = new Int32Array(room);
  }

  /** Adds the key between `start` and `end` to those from `base` on. False when it is there already. */
  add(base: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const print = fingerprint(bytes, start, end);
    const top = this.top;
    for (let i = base; i < top; i++) {
      if (this.#prints[i] === print && this.#equals(i, start, end)) return false;
    }
    this.#starts[top] = start;
    this.#ends[top] = end;
    this.#prints[top] = print;
    this.top = top + 1;
    return true;
  }

  /** The keys from `base` on as text. None of them has an escape. */
  texts(base: number): Set<string> {
    const texts = new Set<string>();
    for (let i = base; i < this.top; i++) {
      texts.add(keyText(this.#bytes, this.#starts[i] as number, this.#ends[i] as number, false));
    }
    return texts;
  }

  #equals(i: number, start: number, end: number): boolean {
    const other = this.#starts[i] as number;
    if ((this.#ends[i] as number) - other !== end - start) return false;
    const bytes = this.#bytes;
    for (let at = start, there = other; at < end; at++, there++) if (bytes[at] !== bytes[there]) return false;
    return true;
  }
}

function fingerprint(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length === 0) return 0;
  const middle = bytes[start + (length >> 1)] as number;
  return (length << 24) | ((bytes[start] as number) << 16) | (middle << 8) | (bytes[end - 1] as number);
}

/** The key between the quotes at `start` − 1 and `end`, unescaped. Its bytes are a valid JSON string. */
export function keyText(bytes: Buffer, start: number, end: number, escaped: boolean): string {
  const text = bytes.toString('utf8', start, end);
  return escaped ? (JSON.parse(`"${text}"`) as string) : text;
}
