/*
 * Streams that are meant to stay open (GET, listen): counted per principal, and ended in order when the gateway drains or
 * the credential that opened them does not hold any more.
 */
import type { Credential } from '../../model/call.ts';
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Principal } from '../../model/principal.ts';
import { nextReportId, type Opened } from '../live/opening.ts';
import { Gauge } from './gauge.ts';

export class Streams {
  readonly #open = new Gauge();
  readonly #limits: () => Limits;
  readonly #onDrain = new Set<() => void>();
  readonly #listed = new Set<Opened>();
  #draining = false;

  constructor(limits: () => Limits) {
    this.#limits = limits;
  }

  /** Returns the way to leave. Throws `too_many_streams`, and `draining` when nobody would end the stream any more. */
  enter(principal: Principal): () => void {
    if (this.#draining) throw new GatewayError('draining', { retryAfterSeconds: 10 });
    if (!this.#open.enter(principal.id, this.#limits().streamsPerPrincipalMax)) {
      throw new GatewayError('too_many_streams', { retryAfterSeconds: 10 });
    }
    return () => this.#open.leave(principal.id);
  }

  /** For operators: those that belong to no session. */
  opened(): Iterable<Opened> {
    return this.#listed;
  }

  /** Told to operators while it is kept, and ended by them. */
  listed(about: Omit<Opened, 'reportId' | 'kind' | 'streamCount' | 'callCount' | 'end'>): Credential {
    return {
      keep: (end) => {
        const opened: Opened = {
          ...about,
          reportId: nextReportId(),
          kind: 'stream',
          streamCount: 1,
          callCount: 0,
          end,
        };
        this.#listed.add(opened);
        return () => this.#listed.delete(opened);
      },
    };
  }

  /** Resolves when the gateway drains, or what the stream stands on has ended; rejects when the client ends it. */
  async drained(cancellation: Cancellation, ...on: readonly (Credential | undefined)[]): Promise<void> {
    if (this.#draining) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const unlisten = cancellation.onCancel(reject);
    const letGo = on.map((each) => each?.keep(resolve));
    this.#onDrain.add(resolve);
    try {
      await promise;
    } finally {
      unlisten();
      for (const stop of letGo) stop?.();
      this.#onDrain.delete(resolve);
    }
  }

  onDrain(listener: () => void): () => void {
    this.#onDrain.add(listener);
    return () => this.#onDrain.delete(listener);
  }

  drain(): void {
    this.#draining = true;
    for (const listener of [...this.#onDrain]) listener();
  }
}
