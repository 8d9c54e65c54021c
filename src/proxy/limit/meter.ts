/*
 * Keeps everyone within limits: calls at once per principal and per server, and the time of each call.
 *
 * Counting comes after policy, so a denied call costs no quota. A call's time has two bounds: silence (`callTimeoutMs`,
 * started anew by progress) and the whole (`callTimeMaxMs`), so that endless progress ends too. While a person is asked,
 * silence does not count. Streams that are meant to stay open are counted by `streams.ts` instead.
 */
import type { CallTimer, MeteredCall, PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LimitName } from '../../model/limits.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { grow, type Layer } from '../layer.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { InFlight } from './in-flight.ts';
import { Timer } from './timer.ts';

export interface MeterParts {
  readonly snapshot: () => Snapshot;
  readonly wheel: TimerWheel;
  readonly inFlight: InFlight;
}

const UNTIMED = new Set(['subscriptions/listen']);

export const meter =
  (parts: MeterParts): Layer<PermittedCall, MeteredCall> =>
  (next) =>
    async function meterLayer(call) {
      if (UNTIMED.has(call.message.method)) return next(grow(call, { timer: NO_TIMER }));
      const snapshot = parts.snapshot();
      const server = call.target && snapshot.servers.get(call.target.server);
      const limits = server?.limits ?? snapshot.limits;
      admit(parts, call, snapshot.limits.callsPerPrincipalMax, server);
      const timer = new Timer(parts.wheel, limits, call);
      parts.inFlight.entered(call);
      try {
        return await next(grow(call, { timer }));
      } finally {
        timer.disarm();
        parts.inFlight.left(call);
        parts.inFlight.principals.leave(call.principal.id);
        if (server) parts.inFlight.servers.leave(server.name);
      }
    };

const NO_TIMER: CallTimer = { touch: () => {}, hold: () => () => {} };

/** Counts the call, or throws `over_limit` and counts nothing. */
function admit(
  parts: MeterParts,
  call: PermittedCall,
  principalMax: number,
  server: ServerDefinition | undefined,
): void {
  const { principals, servers } = parts.inFlight;
  if (!principals.enter(call.principal.id, principalMax)) refuse(call, 'callsPerPrincipalMax');
  if (!server || servers.enter(server.name, server.limits.callsPerServerMax)) return;
  principals.leave(call.principal.id);
  refuse(call, 'callsPerServerMax');
}

function refuse(call: PermittedCall, limit: LimitName): never {
  throw new GatewayError('over_limit', { retryAfterSeconds: 1, limit, internal: { target: call.target?.server } });
}
