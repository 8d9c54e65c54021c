/*
 * Tells listeners that lists changed: legacy sessions on their GET stream, newer clients on their listen stream.
 *
 * Every notice makes every client read a list anew, so changes that come close together are told once: when nothing has
 * changed for a moment, or when the first of them has waited long enough. A hundred servers that come up are few notices.
 *
 * Only what exists for a listener is told to it. With another snapshot that may be more, or less: who has lists that are not
 * what they were is told, and whoever holds something by a right that it had looks whether it has that still.
 */
import { setImmediate } from 'node:timers/promises';
import type { EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { Differs, Views } from '../policy/view.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { CatalogueChange, Catalogues } from '../upstream/catalogues.ts';

/** Nothing has changed for so long. */
export const QUIET_MS = 50;
/** However much goes on, nobody waits longer. */
export const PATIENCE_MS = 1_000;
/** Nobody else waits longer for those who are looked after one after the other. */
export const TURN_MS = 5;

export type ChangedKind = 'tools' | 'prompts' | 'resources';

export interface Listener {
  readonly endpoint: string;
  readonly principal: Principal;
  /** Who listens: some lists are one viewer's alone. */
  readonly viewer: string;
  readonly changed: (kind: ChangedKind) => void;
}

interface Listening extends Listener {
  /** How many changes there had been when it began: it is told of later ones only. */
  readonly since: number;
}

type LastChanges = ReadonlyMap<ChangedKind, number>;

export class Hub {
  readonly #views: Pick<Views, 'serversAt'>;
  readonly #wheel: Pick<TimerWheel, 'now' | 'arm'>;
  readonly #listeners = new Set<Listening>();
  readonly #holders = new Set<() => unknown>();
  /** By viewer (`''` for all), then by server, for each kind the number of its last change. */
  readonly #pending = new Map<string, Map<string, Map<ChangedKind, number>>>();
  #changes = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(views: Pick<Views, 'serversAt'>, catalogues: Catalogues, wheel: Pick<TimerWheel, 'now' | 'arm'>) {
    this.#views = views;
    this.#wheel = wheel;
    catalogues.onChange((change) => this.#collect(change));
  }

  /** Returns the way to stop listening. */
  listen(listener: Listener): () => void {
    const listening = { ...listener, since: this.#changes };
    this.#listeners.add(listening);
    return () => this.#listeners.delete(listening);
  }

  /** `look` is called whenever rights may be others than they were, and waited for when it takes its time. Returns the way to stop that. */
  onRenewal(look: () => unknown): () => void {
    // A function of its own, so that what is held twice is looked at twice.
    const holder = () => look();
    this.#holders.add(holder);
    return () => this.#holders.delete(holder);
  }

  /**
   * There is another snapshot. Resolves when everybody was told, one after the other; `differs` is undefined where there is
   * nothing to tell. What holds now holds for whoever calls meanwhile: only the telling takes its time. One who fails keeps
   * no other from being looked after; rejects afterwards.
   */
  async renewed(differs: Differs | undefined): Promise<void> {
    if (!differs) return;
    const faults: unknown[] = [];
    const failed = (fault: unknown) => void faults.push(fault);
    await this.#look(failed);
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      await this.#compare(listener, differs).catch(failed);
      // To compare lists takes a while, and there may be many.
      await setImmediate();
    }
    if (faults.length > 0) throw faults[0];
  }

  async #compare(listener: Listening, differs: Differs): Promise<void> {
    const kinds = await differs(listener.endpoint, listener.principal);
    if (!this.#listeners.has(listener)) return;
    for (const kind of new Set(Array.from(kinds, changedKind))) listener.changed(kind);
  }

  async #look(failed: (fault: unknown) => void): Promise<void> {
    let sinceMs = this.#wheel.now();
    for (const look of [...this.#holders]) {
      try {
        const looking = look();
        if (looking instanceof Promise) await looking;
      } catch (fault) {
        failed(fault);
      }
      if (this.#wheel.now() - sinceMs < TURN_MS) continue;
      await setImmediate();
      sinceMs = this.#wheel.now();
    }
  }

  #collect({ server, kinds, viewer = '' }: CatalogueChange): void {
    this.#changes += 1;
    this.#lastMs = this.#wheel.now();
    if (this.#pending.size === 0) {
      this.#firstMs = this.#lastMs;
      this.#wheel.arm(QUIET_MS, () => this.#tellOrWait());
    }
    const servers = this.#pending.get(viewer) ?? new Map<string, Map<ChangedKind, number>>();
    const pending = servers.get(server) ?? new Map<ChangedKind, number>();
    for (const kind of kinds) pending.set(changedKind(kind), this.#changes);
    this.#pending.set(viewer, servers.set(server, pending));
  }

  #tellOrWait(): void {
    const dueMs = Math.min(this.#lastMs + QUIET_MS, this.#firstMs + PATIENCE_MS);
    const waitMs = dueMs - this.#wheel.now();
    if (waitMs > 0) this.#wheel.arm(waitMs, () => this.#tellOrWait());
    else this.#tell();
  }

  #tell(): void {
    // Callers with the same rights have the same array.
    const changed = new Map<readonly string[], LastChanges>();
    for (const { endpoint, principal, viewer, since, changed: tell } of this.#listeners) {
      const servers = this.#views.serversAt(endpoint, principal);
      const kinds = changed.get(servers) ?? this.#changedAt(servers, '', new Map());
      changed.set(servers, kinds);
      const own = this.#pending.has(viewer) ? this.#changedAt(servers, viewer, kinds) : kinds;
      for (const [kind, change] of own) if (change > since) tell(kind);
    }
    this.#pending.clear();
  }

  /** With what had changed before. */
  #changedAt(servers: readonly string[], viewer: string, before: LastChanges): LastChanges {
    const last = new Map(before);
    for (const server of servers) {
      for (const [kind, change] of this.#pending.get(viewer)?.get(server) ?? []) {
        last.set(kind, Math.max(change, last.get(kind) ?? 0));
      }
    }
    return last;
  }
}

function changedKind(kind: EntryKind): ChangedKind {
  return kind === 'templates' ? 'resources' : kind;
}
