/*
 * What one server offers, as those see it who show it to clients or miss something in it.
 *
 * Looking wakes nobody: while the gateway's own process rests, its lists are what they were. One thing is opened by it: the
 * conversation of a client that can be asked, with an older server that may show it more than others. On the server's own
 * endpoint it is waited for, beside other servers it is opened only where that is cheap or has been seen to be worth it.
 */
import type { CacheHint, EntryKind } from '../../model/catalogue.ts';
import { viewerOf } from '../../model/list-context.ts';
import { holderOf } from '../../model/principal.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Contexts } from './contexts.ts';
import type { Said } from './freshness.ts';
import type { Link } from './link.ts';
import type { Caller, Links } from './links.ts';
import type { Lists } from './lists.ts';
import type { Own } from './own.ts';

export interface OffersParts {
  readonly definition: ServerDefinition;
  readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>;
  readonly lists: Lists;
  readonly contexts: Contexts;
  readonly own: () => Own;
  readonly links: () => Links;
  /** Whether clients like this one have sessions of their own at the server. */
  readonly opensSessions: (caller: Caller) => boolean;
  /** Throws when there is no room. */
  readonly linkFor: (caller: Caller) => Link | undefined;
}

/** A conversation that could not be opened is not tried again with each list. */
const REOPEN_GAP_MS = 30_000;
const FAILURES_MAX = 1_000;

export class Offers {
  readonly #parts: OffersParts;
  readonly #failedMs = new Map<string, number>();

  constructor(parts: OffersParts) {
    this.#parts = parts;
  }

  /** A caller asked for a name that it does not see: perhaps the list is old, or the server shows it more than others. */
  missed(kind: EntryKind, caller: Caller): void {
    this.nudge([kind]);
    void this.dueFor(caller, true);
  }

  /** Perhaps the lists are old. */
  nudge(kinds: readonly EntryKind[]): void {
    const { link } = this.#parts.own();
    if (link) this.#parts.lists.refreshSoon(link, kinds);
  }

  /** Somebody found a list to be wrong. Resolves when it was read anew. */
  async reread(kind: EntryKind): Promise<void> {
    const { link } = this.#parts.own();
    if (link) await this.#parts.lists.reread(link, kind);
  }

  /**
   * A list is to be shown. Undefined when it may be as it is, though it may be read anew meanwhile; else resolves when it
   * was read, or when the server is known not to be there.
   */
  due(kind: EntryKind): Promise<void> | undefined {
    const { link } = this.#parts.own();
    return link && this.#parts.lists.due(link, kind);
  }

  /**
   * The same for what this caller alone may see. `alone`: it asks for this server and for no other one, so it is worth
   * waiting for; what comes of it later is told as a change.
   */
  dueFor(caller: Caller, alone: boolean): Promise<void> | undefined {
    const { contexts, definition, links } = this.#parts;
    if (definition.shared) return undefined;
    const { principal, client, codec } = caller;
    const capabilities = client.fingerprint;
    const viewer = viewerOf({ credential: '', capabilities, holder: holderOf(principal), asks: codec.asks });
    const reading = contexts.reading(viewer);
    if (contexts.isLearnt(viewer)) return reading;
    if (capabilities === '' || !this.#parts.opensSessions(caller) || this.#failedLately(viewer)) return undefined;
    if (alone) return this.#waitBriefly(reading ?? this.#learn(caller, viewer));
    const isWorthIt = definition.transport.kind !== 'stdio' || contexts.varies;
    if (!reading && isWorthIt && links().hasRoom(holderOf(principal))) void this.#learn(caller, viewer);
    return undefined;
  }

  /** What is left of what the server said of how long something is good. */
  hintOf(what: Said): CacheHint {
    return this.#parts.lists.freshness.hintOf(what);
  }

  /** Never rejects: who cannot have a conversation of its own sees what everybody does. */
  async #learn(caller: Caller, viewer: string): Promise<void> {
    const { contexts, wheel } = this.#parts;
    try {
      await this.#parts.linkFor(caller)?.open();
      await contexts.learn(viewer);
    } catch {
      // Said by whoever opens it for a call.
    }
    if (contexts.isLearnt(viewer)) return;
    if (this.#failedMs.size >= FAILURES_MAX) this.#failedMs.clear();
    this.#failedMs.set(viewer, wheel.now());
  }

  #failedLately(viewer: string): boolean {
    const failedMs = this.#failedMs.get(viewer);
    return failedMs !== undefined && this.#parts.wheel.now() - failedMs < REOPEN_GAP_MS;
  }

  async #waitBriefly(done: Promise<void>): Promise<void> {
    const { wheel, definition } = this.#parts;
    const sleep = wheel.sleep(definition.limits.connectTimeoutMs);
    await Promise.race([done, sleep.done]);
    sleep.wake();
  }
}
