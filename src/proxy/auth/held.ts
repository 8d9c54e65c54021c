/*
 * What stays open longer than the request that opened it is open for a credential, and ends with it: streams, connections of
 * HTTP+SSE, calls that wait for their client.
 *
 *   its rules or rows changed, or it expired ─▶ verified anew ─▶ the same principal   goes on
 *                                                              └▶ refused, or another  ends
 *
 * So that a revoked credential reads on for a moment at most, what is held is looked at a few times a second; to look is to
 * compare two numbers, and a few rows when anything has changed. One credential is verified once, however many streams it holds. Until it is let go the credential
 * itself is kept here, as nothing less can be verified anew; it is in no log and leaves the process on no way.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Emit } from '../../model/event.ts';
import type { Principal } from '../../model/principal.ts';
import type { TimerWheel } from '../timer-wheel.ts';

/** A credential as it was verified for one endpoint. */
export interface Holding {
  /** Of credential and endpoint. */
  readonly key: string;
  readonly principal: Principal;
  /** Wall clock. */
  readonly expiresAtMs: number;
  /** Whether that by which it was found good is as it was. */
  readonly holds: () => boolean;
  /** Verifies it by the rules of now. Throws, or rejects, when it does not hold. */
  readonly again: () => Holding | Promise<Holding>;
}

export interface HeldParts {
  readonly wheel: Pick<TimerWheel, 'arm'>;
  /** Wall clock. */
  readonly now: () => number;
  readonly emit: Emit;
}

interface Group {
  readonly key: string;
  holding: Holding;
  readonly listeners: Set<() => void>;
  isAsked: boolean;
}

const LOOK_MS = 250;
/** An issuer is not asked about everybody at once when rules change: what it does not answer would end. */
const ASKED_AT_ONCE = 16;

export class HeldCredentials {
  readonly #parts: HeldParts;
  readonly #groups = new Map<string, Group>();
  readonly #due: Group[] = [];
  #asking = 0;
  #isLooking = false;

  constructor(parts: HeldParts) {
    this.#parts = parts;
  }

  /** Credentials that hold something open. */
  get size(): number {
    return this.#groups.size;
  }

  /** Returns the way to let go. */
  keep(holding: Holding, ended: () => void): () => void {
    const group = this.#groupOf(holding);
    const { key } = group;
    // A function of its own, so that one that is kept twice ends twice.
    const listener = () => ended();
    group.listeners.add(listener);
    this.#lookLater();
    return () => {
      group.listeners.delete(listener);
      if (group.listeners.size === 0 && this.#groups.get(key) === group) this.#groups.delete(key);
    };
  }

  /** Where it stands for somebody else by now than it did for what is open, the two are held apart. */
  #groupOf(holding: Holding): Group {
    for (let key = holding.key; ; key += ' again') {
      const known = this.#groups.get(key);
      if (known && !isDeepStrictEqual(known.holding.principal, holding.principal)) continue;
      const group = known ?? { key, holding, listeners: new Set(), isAsked: false };
      // The answer to a question that is under way is newer still.
      if (!group.isAsked) group.holding = holding;
      this.#groups.set(key, group);
      return group;
    }
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#parts.wheel.arm(LOOK_MS, () => {
      this.#isLooking = false;
      if (this.#groups.size === 0) return;
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const nowMs = this.#parts.now();
    for (const group of this.#groups.values()) {
      const { holding, isAsked } = group;
      if (isAsked || (holding.expiresAtMs > nowMs && holding.holds())) continue;
      group.isAsked = true;
      this.#due.push(group);
    }
    while (this.#asking < ASKED_AT_ONCE && this.#due.length > 0) void this.#askAll();
  }

  async #askAll(): Promise<void> {
    this.#asking += 1;
    for (let group = this.#due.pop(); group; group = this.#due.pop()) {
      if (group.listeners.size > 0) await this.#ask(group);
    }
    this.#asking -= 1;
  }

  async #ask(group: Group): Promise<void> {
    const { principal, expiresAtMs } = group.holding;
    try {
      const again = await group.holding.again();
      if (!isDeepStrictEqual(again.principal, principal)) throw new Error('somebody else');
      group.holding = again;
      group.isAsked = false;
    } catch {
      if (this.#groups.get(group.key) === group) this.#groups.delete(group.key);
      const why = expiresAtMs <= this.#parts.now() ? 'expired' : 'revoked';
      for (const ended of [...group.listeners]) {
        this.#parts.emit({ type: 'credential_ended', why, principal: principal.id });
        ended();
      }
    }
  }
}
