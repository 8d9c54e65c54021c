/*
 * How many requests the admin API works on at once, and for how long. The thread is that of the calls, so whoever asks too much
 * here is told to come again, and nobody waits for ever for something that does not answer.
 */
import { AdminError } from '../../model/admin-errors.ts';
import type { Limits } from '../../model/limits.ts';

export interface TurnsParts {
  readonly limits: () => Pick<Limits, 'adminRequestsMax' | 'adminRequestTimeoutMs'>;
  readonly onLimit: (limit: 'adminRequestsMax' | 'adminRequestTimeoutMs') => void;
}

export class Turns {
  readonly #parts: TurnsParts;
  #running = 0;

  constructor(parts: TurnsParts) {
    this.#parts = parts;
  }

  /** What `work` gives; throws `limited` before it begins, `timed_out` when it takes too long. It is not undone then. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const { limits, onLimit } = this.#parts;
    const { adminRequestsMax, adminRequestTimeoutMs } = limits();
    if (this.#running >= adminRequestsMax) {
      onLimit('adminRequestsMax');
      throw new AdminError('limited', { retryAfterSeconds: 1 });
    }
    this.#running += 1;
    const working = work().finally(() => {
      this.#running -= 1;
    });
    return within(working, adminRequestTimeoutMs, () => onLimit('adminRequestTimeoutMs'));
  }
}

function within<Result>(working: Promise<Result>, timeoutMs: number, onLate: () => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onLate();
      reject(new AdminError('timed_out'));
    }, timeoutMs);
    working.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
