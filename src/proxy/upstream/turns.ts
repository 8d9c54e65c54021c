/*
 * One at a time, in order of asking. Whoever waits can be cancelled, and may want to go elsewhere when the turn before its own
 * turns out to take long.
 */
import type { Cancellation } from '../../model/cancellation.ts';

export class Turns {
  #last: Promise<void> = Promise.resolve();
  readonly #movable = new Set<() => void>();

  /**
   * Resolves with the way to end one's turn; with undefined when the wait became long, for one that is `movable`. Rejects
   * with the cancellation's reason while still waiting.
   */
  async take(cancellation: Cancellation, movable = false): Promise<(() => void) | undefined> {
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    const left = Promise.withResolvers<'moved'>();
    const unlisten = cancellation.onCancel((reason) => left.reject(reason));
    const move = () => left.resolve('moved');
    if (movable) this.#movable.add(move);
    let isMine = false;
    try {
      isMine = (await Promise.race([before, left.promise])) !== 'moved';
      return isMine ? mine.resolve : undefined;
    } finally {
      unlisten();
      this.#movable.delete(move);
      // The next in line still waits for whoever is before us.
      if (!isMine) before.then(mine.resolve);
    }
  }

  /** Whoever has the turn will have it for long. */
  takesLong(): void {
    for (const move of this.#movable) move();
  }
}
