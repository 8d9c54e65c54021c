/*
 * What the store says of the session or the key that somebody shows, kept for some seconds: a page of a console asks for a dozen
 * things at once.
 *
 * Whatever is written about people on this node makes all of it forgotten before the write is answered, so a session that was
 * ended is not taken once more. Of what another node wrote this one hears when it follows the changes, and at the latest
 * when the time is over. While the store cannot be asked, who was known goes on being known: as on the data plane, and no longer
 * than a token lasts.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import type { Statement, Store, Touched } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';

interface Kept {
  readonly facts: unknown;
  readonly readAtMs: number;
}

const BELIEVED_MS = 3_000;
const KEPT_MAX = 10_000;
const ABOUT_PEOPLE: ReadonlySet<keyof Tables> = new Set([
  ...(['users', 'memberships', 'sessions', 'apiKeys', 'organisations'] as const),
]);

export interface LoginFactsParts {
  readonly store: Store;
  readonly now: () => number;
}

export class LoginFactsKept {
  readonly #parts: LoginFactsParts;
  readonly #kept = new Map<string, Kept>();
  /** Counts what was forgotten: what was asked for before that is old when it comes. */
  #round = 0;
  readonly close: () => void;

  constructor(parts: LoginFactsParts) {
    this.#parts = parts;
    this.close = parts.store.onWritten((touched) => this.#follow(touched));
  }

  /** Undefined when there is no such row. Throws `unavailable`. */
  async of<Row>(name: string, statement: () => Statement<Row>): Promise<Row | undefined> {
    const known = this.#kept.get(name);
    const nowMs = this.#parts.now();
    if (known && nowMs - known.readAtMs < BELIEVED_MS) return known.facts as Row;
    const round = this.#round;
    try {
      const [facts] = await this.#parts.store.read(statement());
      if (round === this.#round) this.#keep(name, facts, nowMs);
      return facts;
    } catch (error) {
      if (known && round === this.#round && error instanceof AdminError && error.kind === 'unavailable')
        return known.facts as Row;
      throw error;
    }
  }

  #keep(name: string, facts: unknown, readAtMs: number): void {
    this.#kept.delete(name);
    // Whoever makes names up finds no room here.
    if (facts === undefined) return;
    this.#kept.set(name, { facts, readAtMs });
    if (this.#kept.size <= KEPT_MAX) return;
    const [oldest = ''] = this.#kept.keys();
    this.#kept.delete(oldest);
  }

  #follow(touched: readonly Touched[]): void {
    // None named: it is not known what was written.
    if (touched.length > 0 && !touched.some(({ kind }) => ABOUT_PEOPLE.has(kind))) return;
    this.#round += 1;
    this.#kept.clear();
  }
}
