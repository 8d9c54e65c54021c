/*
 * What is under way now: counted per principal and per server, and within reach of the kill switch.
 *
 * Who is switched off has his calls cancelled, and so has a killed tool. That a server is disabled ends none: the calls that
 * are under way there may end by themselves for a while (upstreams.ts).
 */
import type { PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { refusalOf } from '../auth/basis.ts';
import { toolAddress } from '../policy/filter.ts';
import { Gauge } from './gauge.ts';

export class InFlight {
  readonly principals = new Gauge();
  readonly servers = new Gauge();
  readonly #calls = new Set<PermittedCall>();

  /** Until it is said that it `left`. */
  entered(call: PermittedCall): void {
    this.#calls.add(call);
  }

  left(call: PermittedCall): void {
    this.#calls.delete(call);
  }

  /** There is another snapshot. */
  endKilled(now: Snapshot): void {
    for (const call of [...this.#calls]) {
      if (isKilled(call, now)) call.cancellation.cancel(new GatewayError('call_cancelled'));
    }
  }
}

function isKilled({ principal, target }: PermittedCall, now: Snapshot): boolean {
  if (refusalOf(principal, now) !== undefined) return true;
  const { tools } = now.overlay;
  return target?.kind === 'tools' && tools.size > 0 && tools.has(toolAddress(target.server, target.key));
}
