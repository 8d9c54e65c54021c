/*
 * The calls that wait for their clients: found again by a name that nobody can guess, counted by principal.
 */
import { credentialOf, type PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import { Gauge } from '../limit/gauge.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Park } from './park.ts';

export interface ParksParts {
  /** Names this process in the states of its calls; a later one does not know them. */
  readonly node: string;
  readonly limits: () => Limits;
  readonly wheel: Pick<TimerWheel, 'arm' | 'soon'>;
  readonly emit: Emit;
}

export class Parks {
  readonly parts: ParksParts;
  readonly #byId = new Map<string, Park>();
  readonly #principals = new Gauge();
  readonly #waiting = new Set<{ readonly call: PermittedCall; readonly end: () => void }>();

  constructor(parts: ParksParts) {
    this.parts = parts;
  }

  /** Parked now. */
  get size(): number {
    let size = 0;
    for (const park of this.#byId.values()) if (park.parking.isParked) size += 1;
    return size;
  }

  of(id: string): Park | undefined {
    return this.#byId.get(id);
  }

  /** False when its principal has as many as it may have. */
  enter(park: Park): boolean {
    if (this.#byId.has(park.id)) return true;
    const max = this.parts.limits().parkedCallsPerPrincipalMax;
    if (!this.#principals.enter(park.principal.id, max)) return false;
    this.#byId.set(park.id, park);
    return true;
  }

  /** Waits for a client to come back, in time and with a credential that holds. Returns the way to stop waiting. */
  await(call: PermittedCall, gone: (isLate: boolean) => void): () => void {
    const expiry = this.parts.wheel.arm(this.parts.limits().questionTimeoutMs, () => gone(true));
    const letGo = credentialOf(call)?.keep(() => gone(false));
    const waiting = { call, end: () => gone(false) };
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
      expiry.disarm();
      letGo?.();
    };
  }

  /** Rights may be others than they were: ends what could not begin any more. `check` throws for that. */
  look(check: (call: PermittedCall) => void): void {
    for (const { call, end } of [...this.#waiting]) {
      try {
        check(call);
      } catch {
        end();
      }
    }
  }

  leave(park: Park): void {
    if (this.#byId.delete(park.id)) this.#principals.leave(park.principal.id);
  }
}

export function tooManyParked(): GatewayError {
  const say = 'Too many calls wait for answers of their clients: answer some of them, or let them expire.';
  return new GatewayError('over_limit', { limit: 'parkedCallsPerPrincipalMax', say, retryAfterSeconds: 1 });
}

export function tooManyRounds(max: number): GatewayError {
  const say = `The server still asked for more after ${max} rounds of answers.`;
  return new GatewayError('upstream_insists', { limit: 'questionRoundsMax', say });
}
