/*
 * Calls of one link that go one at a time, because a question of the server does not say which of them it is about.
 *
 * A call may have the turn for as long as a person takes to answer (`parking`), and one that was given up may still be asked
 * about for a while. A call that can go over another link does so then; the others wait.
 */
import type { Abandoned } from './abandoned.ts';
import type { LinkCall } from './outgoing.ts';
import type { Answer } from './transport.ts';
import { Turns } from './turns.ts';

export interface InTurnParts {
  readonly abandoned: Abandoned;
  readonly run: (call: LinkCall) => Promise<Answer>;
}

export class InTurn {
  readonly #parts: InTurnParts;
  readonly #turns = new Turns();
  #holder: LinkCall | undefined;

  constructor(parts: InTurnParts) {
    this.#parts = parts;
  }

  /** Nobody knows how long a call of a client without a session would wait here, for its turn or until it can be asked. */
  get isHeldUp(): boolean {
    return this.#holder?.parking?.isParked === true || !this.#parts.abandoned.canOnlyBe('');
  }

  async call(call: LinkCall): Promise<Answer> {
    const beside = this.isHeldUp ? call.beside?.() : undefined;
    if (beside) return beside.call(call);
    const done = await this.#turns.take(call.cancellation, call.beside !== undefined);
    if (!done) return this.call(call);
    this.#holder = call;
    if (call.parking) call.parking.onParked = () => this.#turns.takesLong();
    try {
      return await this.#parts.run(call);
    } finally {
      this.#holder = undefined;
      this.#parts.abandoned.passTurn(done);
    }
  }
}
