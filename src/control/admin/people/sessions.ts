/*
 * Logins as they live: one begins with a password, goes on by refresh tokens that are good once, and ends by logout, by time, with
 * its user, or because a refresh token of it came a second time.
 *
 * A new login is always a new session; nothing that a client brings becomes its id (session fixation).
 */
import { hash } from 'node:crypto';
import { AdminError } from '../../../model/admin-errors.ts';
import type { LimitName, Limits } from '../../../model/limits.ts';
import type { Actor } from '../../actor.ts';
import { newId } from '../../store/ids.ts';
import {
  endSessions,
  insertSession,
  rotateSession,
  type SessionFacts,
  type SessionRow,
  sessionFacts,
  sessionsOf,
  stillProven,
} from '../../store/queries/logins.ts';
import { removeOldSessions } from '../../store/queries/people.ts';
import type { Audited, Change, Store, Touched } from '../../store/store.ts';
import { readToken, type SigningKeys, signToken } from './session-tokens.ts';

export interface SessionParts {
  readonly store: Store;
  readonly keys: SigningKeys;
  readonly limits: () => Limits;
  readonly now: () => number;
  readonly onLimit: (limit: LimitName) => void;
}

/** Whom a login is for. */
export interface LoggedIn {
  readonly userId: string;
  readonly username: string;
  readonly organisation: string;
}

export interface Tokens {
  readonly token: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
}

/** Sessions that are over are kept for a while, for whoever looks after what happened. */
const KEPT_MS = 7 * 86_400_000;

export class Sessions {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * `asked`: who it was before the password was looked at. `provenBy`: what it was compared with; throws `conflict` when that is
   * not the user's any more.
   */
  async open(asked: Actor, whom: LoggedIn, provenBy?: string): Promise<Tokens> {
    const { store, now } = this.#parts;
    const atMs = now();
    const id = newId('sessions');
    const expiresAtMs = this.#endOf(atMs, atMs);
    const { refreshToken, ...tokens } = await this.#sign(id, whom.userId, { nowMs: atMs, expiresAtMs });
    const row: SessionRow = {
      ...{ id, organisation: whom.organisation, version: 1, createdAtMs: atMs, updatedAtMs: atMs },
      ...{ userId: whom.userId, refreshSha256: sha256(refreshToken), usedSha256: '', expiresAtMs, revokedAtMs: null },
    };
    const over = await this.#tooMany(whom.userId, atMs);
    const ends = over.map((each) => ({ statement: endSessions({ userId: whom.userId, id: each, atMs }) }));
    const proof = provenBy === undefined ? [] : [proofOf(whom.userId, provenBy)];
    const forget = removeOldSessions(atMs - KEPT_MS);
    await store.write(actorOf(asked, whom, id), {
      changes: [
        ...proof,
        ...ends,
        { statement: forget },
        { statement: insertSession(row), rows: { count: 1, as: 'conflict' } },
      ],
      touched: [...over, id].map((each) => touchedSession(each, whom.organisation)),
      audit: [audited('session.login', { id, username: whom.username })],
    });
    return { ...tokens, refreshToken };
  }

  /** Throws `not_authenticated`. */
  async refresh(asked: Actor, refreshToken: string): Promise<Tokens & LoggedIn> {
    const { store, keys, now } = this.#parts;
    const nowMs = now();
    const words = await readToken(keys, refreshToken, { kind: 'refresh', nowMs });
    if (!words) throw new AdminError('not_authenticated');
    const [facts] = await store.read(sessionFacts(words.sessionId));
    if (!facts || facts.userId !== words.userId || !this.isLive(facts)) throw new AdminError('not_authenticated');
    const { userId, username, organisation } = facts;
    const whom = { userId, username, organisation };
    const id = words.sessionId;
    const from = sha256(refreshToken);
    // It was good once, for it is signed: somebody else has had it, or has it now.
    if (facts.refreshSha256 !== from) throw await this.#replayed(asked, whom, id);
    const expiresAtMs = this.#endOf(facts.createdAtMs, nowMs);
    const tokens = await this.#sign(id, userId, { nowMs, expiresAtMs });
    const next = { id, fromSha256: from, toSha256: sha256(tokens.refreshToken), expiresAtMs, atMs: nowMs };
    const rows = { count: 1, as: 'changed_meanwhile' } as const;
    const touched = [touchedSession(id, organisation)];
    try {
      await store.write(actorOf(asked, whom, id), {
        changes: [{ statement: rotateSession(next), rows }],
        touched,
        audit: [],
      });
    } catch (error) {
      const isRace = error instanceof AdminError && error.kind === 'changed_meanwhile';
      throw isRace ? await this.#replayed(asked, whom, id) : error;
    }
    return { ...tokens, ...whom };
  }

  /** One session of a user, or all but one. Nothing is said of sessions that are not theirs. */
  async end(actor: Actor, which: { readonly userId: string; readonly id: string }): Promise<void> {
    const { userId, id } = which;
    await this.#parts.store.write(actor, {
      changes: [
        { statement: endSessions({ userId, id, atMs: this.#parts.now() }), rows: { count: 1, as: 'not_found' } },
      ],
      touched: [touchedSession(id, actor.organisation)],
      audit: [audited('session.logout', { id, username: actor.username ?? '' })],
    });
  }

  /** Whether it is good now, apart from what it is shown with. */
  isLive(facts: SessionFacts): boolean {
    const nowMs = this.#parts.now();
    const { revokedAtMs, expiresAtMs, createdAtMs, sessionsNotBeforeMs, disabled, rolesJson } = facts;
    const isOver = revokedAtMs !== null || expiresAtMs <= nowMs || this.#endOf(createdAtMs, nowMs) <= nowMs;
    return !isOver && createdAtMs >= sessionsNotBeforeMs && disabled === 0 && rolesJson !== null;
  }

  #endOf(createdAtMs: number, nowMs: number): number {
    const { loginTimeMaxMs, loginIdleMs } = this.#parts.limits();
    return Math.min(createdAtMs + loginTimeMaxMs, nowMs + loginIdleMs);
  }

  async #sign(sessionId: string, userId: string, time: { readonly nowMs: number; readonly expiresAtMs: number }) {
    const { keys, limits } = this.#parts;
    const { nowMs, expiresAtMs } = time;
    const whole = expiresAtMs - nowMs;
    const accessMs = Math.min(limits().accessTokenMs, whole);
    const words = { sessionId, userId, nowMs };
    const [token, refreshToken] = await Promise.all([
      signToken(keys, { ...words, kind: 'access', timeMs: accessMs }),
      signToken(keys, { ...words, kind: 'refresh', timeMs: whole }),
    ]);
    return { token, refreshToken, expiresInSeconds: Math.floor(accessMs / 1000) };
  }

  /** Ids of the oldest, so that there is room for one more. */
  async #tooMany(userId: string, nowMs: number): Promise<readonly string[]> {
    const open = await this.#parts.store.read(sessionsOf({ userId, nowMs }));
    const over = open.slice(this.#parts.limits().loginsPerUserMax - 1).map(({ id }) => id);
    if (over.length > 0) this.#parts.onLimit('loginsPerUserMax');
    return over;
  }

  async #replayed(asked: Actor, whom: LoggedIn, id: string): Promise<AdminError> {
    const reason = 'A refresh token was used a second time, so the session was ended.';
    await this.#parts.store.write(actorOf(asked, whom, id), {
      changes: [{ statement: endSessions({ userId: whom.userId, id, atMs: this.#parts.now() }) }],
      touched: [touchedSession(id, whom.organisation)],
      audit: [{ ...audited('session.replayed', { id, username: whom.username }), outcome: 'denied', reason }],
    });
    return new AdminError('not_authenticated');
  }
}

export function actorOf(asked: Actor, { userId, username, organisation }: LoggedIn, sessionId: string): Actor {
  return { ...asked, id: `user:${username}`, userId, username, organisation, by: 'session', sessionId };
}

function proofOf(userId: string, passwordHash: string): Change {
  return { statement: stillProven({ userId, passwordHash }), rows: { count: 1, as: 'conflict' } };
}

export function touchedSession(id: string, organisation: string): Touched {
  return { kind: 'sessions', id, organisation };
}

function audited(action: string, { id, username }: { readonly id: string; readonly username: string }): Audited {
  return { action, outcome: 'done', kind: 'sessions', targetId: id, targetName: username, ...NOTHING };
}

const NOTHING = { before: null, after: null, reason: '' } as const;

function sha256(text: string): string {
  return hash('sha256', text);
}
