/*
 * What one server speaks: the revision of the gateway's own conversation with it, and whether it opens sessions for
 * clients of the other era too, which is found out when the first of them comes.
 */
import type { Revision } from '../../model/revision.ts';
import { type Codec, opensSession, sameEra } from '../../wire/codec.ts';

export class Spoken {
  readonly #pinned: Revision | undefined;
  #codec: Codec | undefined;
  #alternate: boolean | undefined;

  /** `pinned`: the operator's word, which leaves nothing to be found out. */
  constructor(pinned: Revision | undefined) {
    this.#pinned = pinned;
  }

  /** Of the gateway's own conversation; stays when that ends. */
  get codec(): Codec | undefined {
    return this.#codec;
  }

  reached(codec: Codec): void {
    this.#codec = codec;
    this.#alternate = undefined;
  }

  /** What was found out about clients of the other era may not be so any more. */
  unmet(): void {
    this.#alternate = undefined;
  }

  met(opens: boolean): void {
    this.#alternate = opens;
  }

  /** Whether the server speaks the client's era; undefined when that is still to be found out. */
  speaks(client: Codec): boolean | undefined {
    if (!this.#codec || sameEra(client, this.#codec)) return true;
    // The own link asked for the newer era first, so a server that it found older is older.
    return this.#pinned !== undefined || !opensSession(client) ? false : this.#alternate;
  }

  /** Whether the client is spoken to in its own era, which is not that of the own conversation. */
  inOtherEra(client: Codec): boolean {
    return this.#codec !== undefined && !sameEra(client, this.#codec) && this.speaks(client) !== false;
  }
}
