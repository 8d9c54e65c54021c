/*
 * Keeps everyone within limits: calls at once per principal and per server, and the time of each call.
 *
 * Counting comes after policy, so a denied call costs no quota. A call's time has two bounds: silence (`callTimeoutMs`,
 * started anew by progress) and the whole (`callTimeMaxMs`), so that endless progress ends too. While a person is asked,
 * silence does not count. Streams that are meant to stay open are counted by `streams.ts` instead.
 */
import type { CallTimer, MeteredCall, PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Reply } from '../../model/reply.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { grow, type Handler, type Layer } from '../layer.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Gauge } from './gauge.ts';
import { Timer } from './timer.ts';

export interface MeterParts {
  readonly snapshot: () => Snapshot;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  readonly inFlight: { readonly principals: Gauge; readonly servers: Gauge };
}

export function inFlightGauges(): MeterParts['inFlight'] {
  return { principals: new Gauge(), servers: new Gauge() };
}

const UNTIMED = new Set(['subscriptions/listen']);

export const meter =
  (parts: MeterParts): Layer<PermittedCall, MeteredCall> =>
  (next) =>
    async function meterLayer(call) {
      const snapshot = parts.snapshot();
      const { principals, servers } = parts.inFlight;
      if (UNTIMED.has(call.message.method)) return next(grow(call, { timer: NO_TIMER }));
      const server = call.target ? snapshot.servers.get(call.target.server) : undefined;
      const limits = server?.limits ?? snapshot.limits;
      enter(parts, principals, call, {
        name: 'callsPerPrincipalMax',
        key: call.principal.id,
        max: snapshot.limits.callsPerPrincipalMax,
      });
      try {
        if (!server) return await timed(parts.wheel, limits, call, next);
        enter(parts, servers, call, { name: 'callsPerServerMax', key: server.name, max: limits.callsPerServerMax });
        try {
          return await timed(parts.wheel, limits, call, next);
        } finally {
          servers.leave(server.name);
        }
      } finally {
        principals.leave(call.principal.id);
      }
    };

const NO_TIMER: CallTimer = { touch: () => {}, hold: () => () => {} };

function enter(
  parts: MeterParts,
  gauge: Gauge,
  call: PermittedCall,
  limit: { readonly name: LimitName; readonly key: string; readonly max: number },
): void {
  if (gauge.enter(limit.key, limit.max)) return;
  parts.emit({ type: 'limit_hit', limit: limit.name, principal: call.principal.id });
  throw new GatewayError('over_limit', { retryAfterSeconds: 1, internal: { limit: limit.name, key: limit.key } });
}

async function timed(
  wheel: TimerWheel,
  limits: Limits,
  call: PermittedCall,
  next: Handler<MeteredCall>,
): Promise<Reply> {
  const timer = new Timer(wheel, limits, call);
  try {
    return await next(grow(call, { timer }));
  } finally {
    timer.disarm();
  }
}
