/*
 * What is written down, joined: states of servers, and jumps of the clock.
 */
import type { Event } from '../../model/event.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Actor } from '../actor.ts';
import type { Audited, Store } from '../store/store.ts';
import { watchClock } from './clock-jumps.ts';
import { Collect } from './collect.ts';
import { stateEventsInto } from './state-events.ts';

export interface WrittenDown {
  /** Takes events of the data plane; never waits, never throws. */
  readonly take: (event: Event) => void;
  /** Events that wait for the store. */
  readonly waiting: () => number;
  /** Those that could not be written. */
  readonly lost: () => number;
  /** Writes what is left. Gives how many events were lost by that. */
  close(timeoutMs: number): Promise<number>;
}

export interface WritingParts {
  readonly store: Store;
  readonly snapshot: () => Snapshot;
  /** Which gateway this is. */
  readonly node: string;
  /** Wall clock. */
  readonly now: () => number;
  /** Never set. */
  readonly clock: () => number;
  readonly emit: (event: Event) => void;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** Acts by itself: the gateway. */
const GATEWAY: Actor = {
  ...{ id: '', userId: undefined, username: undefined, organisation: 'default', roles: [], rights: new Set() },
  ...{ by: 'nobody', sessionId: undefined, requestId: '', address: '' },
};

export function writeDown({ store, snapshot, node, now, clock, emit, onFailure }: WritingParts): WrittenDown {
  const collect = new Collect({
    ...{ node, now, onFailure, append: stateEventsInto(store), limits: () => snapshot().limits },
    organisationOf: (server) => snapshot().servers.get(server)?.organisation ?? 'default',
    onLimit: (limit) => emit({ type: 'limit_hit', limit, principal: '' }),
  });
  const onJump = (row: Audited) => {
    const failed = (error: unknown) => onFailure('a jump of the clock could not be written', error);
    store.write(GATEWAY, { changes: [], touched: [], audit: [row] }).catch(failed);
  };
  const forget = store.onWritten(watchClock({ now, clock, onJump }));
  return {
    take: collect.take,
    waiting: () => collect.waiting,
    lost: () => collect.lost,
    close: (timeoutMs) => {
      forget();
      return collect.close(timeoutMs);
    },
  };
}
