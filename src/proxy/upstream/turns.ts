/*
 * One at a time, in order of asking. Whoever waits can be cancelled.
 */
import type { Cancellation } from '../../model/cancellation.ts';

export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves with the way to end one's turn. Rejects with the cancellation's reason while still waiting. */
  async take(cancellation: Cancellation): Promise<() => void> {
    const before = this.#last;
    const mine = Promise.withResolvers<void>();
    this.#last = mine.promise;
    const cancelled = Promise.withResolvers<never>();
    const unlisten = cancellation.onCancel((reason) => cancelled.reject(reason));
    try {
      await Promise.race([before, cancelled.promise]);
    } catch (thrown) {
      // The next in line still waits for whoever is before us.
      before.then(mine.resolve);
      throw thrown;
    } finally {
      unlisten();
    }
    return mine.resolve;
  }
}
