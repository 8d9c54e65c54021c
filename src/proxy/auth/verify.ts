/*
 * Who makes this request? Found out from its head alone, before any body is read.
 *
 *   presented ─▶ warm? ─▶ may this address try? ─▶ the scheme that takes it ─▶ its endpoint? expired? ─▶ warm
 *
 * Without configured authentication the caller is the local user (the listener is then on loopback only, see `config/`).
 * Where there is some, a credential that is presented either holds or ends the request, also where none was needed: nobody
 * becomes a guest by presenting a bad one. Whatever goes wrong on the way refuses (invariant I10), and all that is refused
 * looks the same from outside; why it was, goes to the log and a counter.
 *
 * A warm credential costs no promise, and on a connection that presents the same one again not even its digest.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestFacts } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit, RefusedWhy } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import { LOCAL_USER, type Principal } from '../../model/principal.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Attempts } from './attempts.ts';
import { HeldCredentials } from './held.ts';
import { Identified } from './identified.ts';
import type { Place } from './places.ts';
import { type Presented, presentedIn } from './presented.ts';
import { type Rules, type RulesParts, rulesOf } from './rules.ts';
import type { Found, Verified } from './scheme.ts';
import { isWarm, type Warm, WarmCredentials } from './warm.ts';

export interface VerifierParts extends RulesParts {
  readonly limits: () => Limits;
  readonly wheel: Pick<TimerWheel, 'arm' | 'now'>;
  /** Wall clock. */
  readonly now: () => number;
  readonly emit: Emit;
}

/** Looked at when it is needed, which for a warm credential it is not. */
type From = Pick<RequestFacts, 'address'>;

/** What was presented, where, and by whom; `from` nobody when the gateway asks by itself. */
export interface Asking {
  readonly presented: Presented | undefined;
  readonly endpoint: string | undefined;
  readonly from: From | undefined;
}

interface Cold extends Asking {
  readonly presented: Presented;
  readonly key: string;
  readonly rules: Rules;
  readonly place: Place;
  /** Whether it took a turn of its address. */
  readonly tookTurn: boolean;
}

/** What a connection has presented last. */
interface Last {
  readonly authorization: string | undefined;
  readonly endpoint: string | undefined;
  readonly warm: Warm;
  readonly identified: Identified;
}

export class Verifier {
  readonly held: HeldCredentials;
  readonly #parts: VerifierParts;
  readonly #rules: () => Rules;
  readonly #warm: WarmCredentials;
  readonly #attempts: Attempts;
  /** Of credentials that are being verified: who presents one of them meanwhile waits for the same answer. */
  readonly #running = new Map<string, Promise<Identified>>();
  readonly #last = new WeakMap<object, Last>();

  constructor(parts: VerifierParts) {
    const { limits, wheel, now, emit } = parts;
    const hit = (limit: 'credentialsCachedMax' | 'failedAddressesMax') => () =>
      emit({ type: 'limit_hit', limit, principal: '' });
    this.#parts = parts;
    this.#rules = rulesOf(parts);
    this.#warm = new WarmCredentials(() => limits().credentialsCachedMax, hit('credentialsCachedMax'));
    this.#attempts = new Attempts({ limits, clock: () => wheel.now(), onFull: hit('failedAddressesMax') });
    this.held = new HeldCredentials({ wheel, now, emit, rules: () => this.#rules().number });
  }

  /** Throws, or rejects with, `token_missing`, `token_invalid`, `too_many_failures`. */
  verify(request: IncomingMessage, endpoint: string | undefined, from: From): Identified | Promise<Identified> {
    const rules = this.#rules();
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const isPlain = apiKey === undefined && !rules.identity.queryToken;
    const last = isPlain ? this.#last.get(request.socket) : undefined;
    if (last && last.authorization === authorization && last.endpoint === endpoint && this.#isWarm(last.warm, rules))
      return last.identified;
    if (!rules.asks) return this.identify({ presented: undefined, endpoint, from });
    const presented = presentedIn(request, rules.identity.queryToken);
    if (typeof presented === 'string') {
      this.#attempts.enter(from.address);
      throw this.#refused(presented, from);
    }
    const identified = this.identify({ presented, endpoint, from });
    if (isPlain && identified instanceof Identified && identified.warm)
      this.#last.set(request.socket, { authorization, endpoint, warm: identified.warm, identified });
    return identified;
  }

  /** The same for what was read before. */
  identify(asking: Asking): Identified | Promise<Identified> {
    const rules = this.#rules();
    const place = rules.places.of(asking.endpoint);
    const { presented } = asking;
    const { number } = rules;
    if (!rules.asks) return new Identified(this, asking, { principal: LOCAL_USER, rules: number });
    if (!presented) {
      if (!place.anonymous) throw new GatewayError('token_missing');
      return new Identified(this, asking, { principal: place.anonymous, rules: number });
    }
    const key = `${presented.isBare ? '-' : ''}${hash('sha256', presented.credential, 'base64url')} ${place.resource}`;
    const warm = this.#warm.of(key, number, this.#parts.now());
    if (warm) return new Identified(this, asking, warm);
    const running = this.#running.get(key);
    if (running) return running;
    const tookTurn = asking.from !== undefined && !this.#warm.isKnown(key);
    if (asking.from && tookTurn) this.#attempts.enter(asking.from.address);
    return this.#cold({ ...asking, presented, key, rules, place, tookTurn });
  }

  /** As the credential says that was verified last of those that are remembered; for operators. */
  lastSeen(id: string): Principal | undefined {
    return this.#warm.newestOf(id, this.#rules().number);
  }

  #isWarm(warm: Warm, rules: Rules): boolean {
    return isWarm(warm, rules.number, this.#parts.now());
  }

  #cold(cold: Cold): Identified | Promise<Identified> {
    const { key } = cold;
    const found = ask(cold);
    if (!(found instanceof Promise)) return this.#settled(cold, found);
    const settled = found
      .catch((): Found => ({ refused: 'failed' }))
      // What was found by other rules than those of now is found out again.
      .then((answer) => (cold.rules === this.#rules() ? this.#settled(cold, answer) : this.#anew(cold)))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, settled);
    return settled;
  }

  #anew(cold: Cold): Identified | Promise<Identified> {
    this.#running.delete(cold.key);
    return this.identify({ ...cold, from: undefined });
  }

  #settled(cold: Cold, found: Found): Identified {
    const { key, rules, place, from, tookTurn } = cold;
    const nowMs = this.#parts.now();
    const verified = goodHere(found, place, nowMs);
    if ('refused' in verified) {
      this.#warm.forget(key);
      throw this.#refused(verified.refused, from);
    }
    if (from && tookTurn) this.#attempts.passed(from.address);
    const believedUntilMs = Math.min(verified.expiresAtMs, nowMs + this.#parts.limits().credentialCacheMs);
    const warm = { ...verified, believedUntilMs, rules: rules.number };
    // A name that somebody made up would take the place of a credential that is used.
    if (rules.places.isKnown(cold.endpoint)) this.#warm.keep(key, warm);
    return new Identified(this, cold, warm);
  }

  #refused(why: RefusedWhy, from: From | undefined): GatewayError {
    if (from) {
      const { address } = from;
      const slowed = !NO_GUESS.has(why) && this.#attempts.failed(address);
      this.#parts.emit({ type: 'credential_refused', why, address, slowed });
    }
    return new GatewayError('token_invalid', { internal: { why } });
  }
}

/** Whoever has what was good once, or is good elsewhere, does not guess; nor does he whom we could not ask about. */
const NO_GUESS: ReadonlySet<RefusedWhy> = new Set(['expired', 'denied', 'not_here', 'failed']);

function ask({ rules, presented: { credential, isBare }, place }: Cold): Found | Promise<Found> {
  try {
    const scheme = rules.schemes.find(
      ({ takes, takesBare }) => takes(credential) && (!isBare || takesBare?.(credential)),
    );
    return scheme?.verify(credential, place.resource);
  } catch {
    return { refused: 'failed' };
  }
}

function goodHere(found: Found, { ownTokens }: Place, nowMs: number): Verified | { readonly refused: RefusedWhy } {
  if (!found) return { refused: 'unknown' };
  if ('refused' in found) return found;
  const { principal, expiresAtMs } = found;
  if (principal.kind === 'token' && ownTokens && !ownTokens.has(principal.id)) return { refused: 'not_here' };
  // Not a number is no time at all.
  return expiresAtMs > nowMs ? found : { refused: 'expired' };
}
