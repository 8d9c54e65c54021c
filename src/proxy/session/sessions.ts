/*
 * Legacy sessions (2025-11-25 and before, Transports › Session Management): what a client said once and the gateway
 * remembers.
 *
 * A session is a small object: ids of 128 random bits, the principal it belongs to, the client's facts, and maps that
 * are made when first needed, so that an idle one costs about 1 KiB. It grants nothing: each use is authenticated, and
 * a session of another principal or endpoint does not exist for the caller. It ends when the credential that it was used with
 * last is taken back.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Accepted } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import { holderOf, type Principal } from '../../model/principal.ts';
import { Gauge } from '../limit/gauge.ts';
import { nextReportId, type Opened } from '../live/opening.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { TURN_MS } from './hub.ts';
import { Session, type SessionOpening } from './session.ts';

export interface SessionsParts {
  readonly limits: () => Limits;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
}

type Asking = Pick<Accepted, 'principal' | 'credential'>;

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #byId = new Map<string, Session>();
  readonly #perPrincipal = new Gauge();
  #stopped = false;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
    this.#sweepLater();
  }

  get size(): number {
    return this.#byId.size;
  }

  open(opening: SessionOpening): Session {
    const limits = this.#parts.limits();
    const full = this.#byId.size >= limits.sessionsMax;
    if (full || !this.#perPrincipal.enter(opening.principal.id, limits.sessionsPerPrincipalMax)) {
      const limit = full ? 'sessionsMax' : 'sessionsPerPrincipalMax';
      throw new GatewayError('too_many_sessions', { retryAfterSeconds: 60, limit });
    }
    const names = { id: randomBytes(16).toString('base64url'), reportId: nextReportId() };
    const session = new Session(names, opening, this.#parts.wheel.now());
    this.#byId.set(session.id, session);
    session.standOn(opening.credential, () => this.end(session));
    return session;
  }

  /** Undefined also for a session of somebody else: whose it is, is nobody's business. */
  of(id: string, { principal, credential }: Asking, endpoint: string): Session | undefined {
    const session = this.#byId.get(id);
    if (!session || session.endpoint !== endpoint) return undefined;
    if (holderOf(session.principal) !== holderOf(principal)) return undefined;
    session.lastUsedMs = this.#parts.wheel.now();
    session.principal = principal;
    session.standOn(credential, () => this.end(session));
    return session;
  }

  /** For rings that have only the call; `''` is no session. */
  byId(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  end(session: Session): void {
    if (!this.#byId.delete(session.id)) return;
    this.#perPrincipal.leave(session.principal.id);
    session.end();
  }

  /** Ends those whose endpoint exists for their principal no more, and lets others have their turn meanwhile. */
  async endWithout(exists: (endpoint: string, principal: Principal) => boolean): Promise<void> {
    const { wheel } = this.#parts;
    let sinceMs = wheel.now();
    for (const session of [...this.#byId.values()]) {
      if (!exists(session.endpoint, session.principal)) this.end(session);
      if (wheel.now() - sinceMs < TURN_MS) continue;
      await setImmediate();
      sinceMs = wheel.now();
    }
  }

  /** For operators: all of them, each with the way to end it. */
  *opened(): Generator<Opened> {
    for (const session of this.#byId.values()) {
      const { reportId, principal, endpoint, door, revision, client, openedMs, lastUsedMs } = session;
      const { streamCount, callCount } = session;
      yield {
        ...{ kind: 'session', reportId, principal, endpoint, door, revision, client, openedMs, lastUsedMs },
        ...{ streamCount, callCount, end: () => this.end(session) },
      };
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const session of [...this.#byId.values()]) this.end(session);
  }

  #sweepLater(): void {
    const { sessionIdleMs } = this.#parts.limits();
    this.#parts.wheel.arm(Math.max(50, Math.min(sessionIdleMs / 4, 60_000)), () => {
      if (this.#stopped) return;
      this.#sweep(this.#parts.wheel.now() - sessionIdleMs);
      this.#sweepLater();
    });
  }

  /** A session with an open stream or a call in flight is in use, however long it has been silent. */
  #sweep(olderThanMs: number): void {
    for (const session of this.#byId.values()) {
      if (session.lastUsedMs >= olderThanMs || session.busy) continue;
      this.#parts.emit({ type: 'limit_hit', limit: 'sessionIdleMs', principal: session.principal.id });
      this.end(session);
    }
  }
}
