/*
 * The keys of an issuer, fetched and kept (fault F32).
 *
 * What is known goes on working while the issuer is down, for a day; a key that it has taken back is gone with the next
 * set, which is asked for in the background when the one here is ten minutes old. A key that is not known makes us look,
 * at the pace of `pace.ts`. Who waits for a look waits shortly and is refused then; the look itself may take longer, and
 * the next one profits.
 */
import type { CryptoKey } from 'jose';
import type { KeySet, SignedHead } from './key-set.ts';
import type { KeySource } from './key-source.ts';
import type { Pace } from './pace.ts';

const STALE_MS = 600_000;
const KEPT_MS = 86_400_000;
/** Of a caller who presents an unknown key. */
const WAIT_MS = 700;
const NONE: readonly CryptoKey[] = [];

export interface RemoteKeysParts {
  /** Rejects when there is no set to be had. */
  readonly fetchSet: () => Promise<KeySet>;
  readonly pace: Pace;
  /** Monotonic. */
  readonly clock: () => number;
  readonly sleep: (ms: number) => { readonly done: Promise<void>; readonly wake: () => void };
  readonly onFailure: (error: unknown) => void;
}

export class RemoteKeys implements KeySource {
  readonly #parts: RemoteKeysParts;
  #set: KeySet | undefined;
  #fetchedMs = 0;
  #fetching: Promise<void> | undefined;

  constructor(parts: RemoteKeysParts) {
    this.#parts = parts;
  }

  async find(head: SignedHead): Promise<readonly CryptoKey[]> {
    const known = await this.#known(head);
    if (known) {
      if (this.#ageMs() > STALE_MS) this.#look('due');
      return [known];
    }
    const fetching = this.#look(this.#set && this.#ageMs() <= KEPT_MS ? 'missing' : 'due');
    if (!fetching) return NONE;
    await this.#shortly(fetching);
    const found = await this.#known(head);
    return found ? [found] : NONE;
  }

  warm(): void {
    this.#look('due');
  }

  #ageMs(): number {
    return this.#parts.clock() - this.#fetchedMs;
  }

  async #known(head: SignedHead): Promise<CryptoKey | undefined> {
    return this.#set && this.#ageMs() <= KEPT_MS ? this.#set.find(head) : undefined;
  }

  /** Undefined when none is on its way and it is too early for another one. */
  #look(why: 'missing' | 'due'): Promise<void> | undefined {
    if (this.#fetching) return this.#fetching;
    if (!this.#parts.pace.take(why)) return undefined;
    this.#fetching = this.#take().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #take(): Promise<void> {
    try {
      this.#set = await this.#parts.fetchSet();
      this.#fetchedMs = this.#parts.clock();
      this.#parts.pace.succeeded();
    } catch (error) {
      this.#parts.pace.failed();
      this.#parts.onFailure(error);
    }
  }

  async #shortly(fetching: Promise<void>): Promise<void> {
    const waiting = this.#parts.sleep(WAIT_MS);
    await Promise.race([fetching, waiting.done]);
    waiting.wake();
  }
}
