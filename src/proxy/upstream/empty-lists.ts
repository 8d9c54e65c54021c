/*
 * A server that says it has tools and lists none may still be starting, and not every server tells when that has changed.
 * So it is asked again, ever more rarely, until it lists something.
 */
import type { Limits } from '../../model/limits.ts';
import type { Deadline, TimerWheel } from '../timer-wheel.ts';
import type { Link } from './link.ts';

/** What a server that has it lists at least one of. Resources may all be templates, or come and go. */
const SOME = ['tools', 'prompts'] as const;
type SomeKind = (typeof SOME)[number];

export interface EmptyListsParts {
  readonly wheel: Pick<TimerWheel, 'arm'>;
  readonly limits: Pick<Limits, 'refreshIntervalMs'>;
  readonly isEmpty: (kind: SomeKind) => boolean;
  readonly read: (link: Link, kind: SomeKind) => void;
}

const FIRST_MS = 1_000;
/** Where lists are not read anew without a notice, that is where this ends, too. */
const LAST_MS = 300_000;

export class EmptyLists {
  readonly #parts: EmptyListsParts;
  #next: Deadline | undefined;

  constructor(parts: EmptyListsParts) {
    this.#parts = parts;
  }

  /** From now on, until there is something, the usual reading comes as often, or `stop`. */
  watch(link: Link, waitMs = FIRST_MS): void {
    const { wheel, limits, isEmpty, read } = this.#parts;
    const empty = SOME.filter((kind) => link.handshake?.capabilities[kind] !== undefined && isEmpty(kind));
    if (empty.length === 0 || waitMs > (limits.refreshIntervalMs || LAST_MS)) return;
    this.#next = wheel.arm(waitMs, () => {
      for (const kind of empty) read(link, kind);
      this.watch(link, waitMs * 2);
    });
  }

  stop(): void {
    this.#next?.disarm();
  }
}
