/*
 * Who makes this request? Found out from its head alone, before any body is read.
 *
 *   presented ─▶ warm? ─▶ may this address try? ─▶ the scheme that takes it ─▶ its endpoint? expired? ─▶ warm
 *
 * Without configured authentication the caller is the local user (the listener is then on loopback only, see `config/`), unless
 * he presents a key of ours, which the store may know: that is judged, and a bad one ends the request.
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
import { Basis, refusalOf } from './basis.ts';
import { HeldCredentials } from './held.ts';
import { Identified } from './identified.ts';
import { LastUse } from './last-use.ts';
import { isOurKey, namesOurKey } from './our-key.ts';
import { isSamePlace, type Place } from './places.ts';
import { type Presented, presentedIn } from './presented.ts';
import { type Rules, type RulesParts, rulesOf } from './rules.ts';
import type { Found, Refused, Verified } from './scheme.ts';
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
  readonly #lastUse: LastUse;
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
    this.#lastUse = new LastUse({ max: () => limits().credentialsCachedMax, emit });
    this.held = new HeldCredentials({ wheel, now, emit });
  }

  /** Throws, or rejects with, `token_missing`, `token_invalid`, `too_many_failures`. */
  verify(request: IncomingMessage, endpoint: string | undefined, from: From): Identified | Promise<Identified> {
    const rules = this.#rules();
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const isPlain = apiKey === undefined && !rules.identity.queryToken;
    const last = isPlain ? this.#last.get(request.socket) : undefined;
    if (last && last.authorization === authorization && last.endpoint === endpoint && this.#isWarm(last.warm, rules))
      return last.identified;
    if (!rules.asks && !namesOurKey(request.headers)) return this.identify({ presented: undefined, endpoint, from });
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
    const guest = rules.asks ? place.anonymous : LOCAL_USER;
    // Where nobody is asked, what is not written like a key of ours is not looked at.
    if (!presented || !(rules.asks || isOurKey(presented.credential))) return this.#guest(guest, asking, rules, place);
    const key = `${presented.isBare ? '-' : ''}${hash('sha256', presented.credential, 'base64url')} ${place.resource}`;
    const warm = this.#warm.of(key, rules, this.#parts.now());
    if (warm) this.#used(warm);
    if (warm) return new Identified(this, asking, warm);
    const running = this.#running.get(key);
    if (running) return running;
    const tookTurn = asking.from !== undefined && !this.#warm.isKnown(key);
    if (asking.from && tookTurn) this.#attempts.enter(asking.from.address);
    return this.#cold({ ...asking, presented, key, rules, place, tookTurn });
  }

  /** As the credential says that was verified last of those that are remembered; for operators. */
  lastSeen(id: string): Principal | undefined {
    return this.#warm.newestOf(id, this.#rules());
  }

  /** Whether that by which somebody was let in is as it was. */
  isAsItWas(basis: Basis): boolean {
    return basis.holds(this.#rules());
  }

  #isWarm(warm: Warm, rules: Rules): boolean {
    const nowMs = this.#parts.now();
    if (!isWarm(warm, rules, nowMs)) return false;
    if (nowMs >= warm.usedAgainMs) this.#used(warm);
    return true;
  }

  #used(warm: Warm): void {
    const nowMs = this.#parts.now();
    if (warm.storedKey !== undefined && nowMs >= warm.usedAgainMs)
      warm.usedAgainMs = this.#lastUse.used(warm.storedKey, nowMs);
  }

  #guest(principal: Principal | undefined, asking: Asking, rules: Rules, place: Place): Identified {
    if (!principal || refusalOf(principal, rules) !== undefined) throw new GatewayError('token_missing');
    return new Identified(this, asking, { basis: new Basis({ principal }, asking.endpoint, rules, place) });
  }

  #cold(cold: Cold): Identified | Promise<Identified> {
    const { key } = cold;
    const found = ask(cold);
    if (!(found instanceof Promise)) return this.#settled(cold, found);
    const settled = found
      .catch((): Found => ({ refused: 'failed' }))
      // What was found by other rules than those of now is found out again.
      .then((answer) => (this.#isAnswer(cold, answer) ? this.#settled(cold, answer) : this.#anew(cold)))
      .finally(() => this.#running.delete(key));
    this.#running.set(key, settled);
    return settled;
  }

  #isAnswer({ rules, place, endpoint }: Cold, found: Found): boolean {
    const now = this.#rules();
    if (now === rules) return true;
    if (now.number !== rules.number || !isSamePlace(place, now.places.of(endpoint))) return false;
    return !found || 'refused' in found || !found.rests || found.rests(now.people);
  }

  #anew(cold: Cold): Identified | Promise<Identified> {
    this.#running.delete(cold.key);
    return this.identify({ ...cold, from: undefined });
  }

  #settled(cold: Cold, found: Found): Identified {
    const { key, place, from, tookTurn, endpoint } = cold;
    const [nowMs, rules] = [this.#parts.now(), this.#rules()];
    const verified = goodHere(found, { rules, place, nowMs });
    if ('refused' in verified) {
      this.#warm.forget(key);
      throw this.#refused(verified.refused, from);
    }
    if (from && tookTurn) this.#attempts.passed(from.address);
    const believedUntilMs = Math.min(verified.expiresAtMs, nowMs + this.#parts.limits().credentialCacheMs);
    const basis = new Basis(verified, endpoint, rules, place);
    const usedAgainMs = verified.storedKey === undefined ? Number.POSITIVE_INFINITY : 0;
    const warm = { ...verified, believedUntilMs, basis, usedAgainMs };
    this.#used(warm);
    // A name that somebody made up would take the place of a credential that is used.
    if (rules.places.isKnown(endpoint)) this.#warm.keep(key, warm);
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

interface Here {
  readonly rules: Rules;
  readonly place: Place;
  readonly nowMs: number;
}

function goodHere(found: Found, { rules, place: { ownTokens }, nowMs }: Here): Verified | Refused {
  if (!found) return { refused: 'unknown' };
  if ('refused' in found) return found;
  const { principal, expiresAtMs } = found;
  const refused = refusalOf(principal, rules);
  if (refused) return { refused };
  if (principal.kind === 'token' && ownTokens && !ownTokens.has(principal.id)) return { refused: 'not_here' };
  // Not a number is no time at all.
  return expiresAtMs > nowMs ? found : { refused: 'expired' };
}
