/*
 * Keeps everyone within limits: calls at once per principal and per server, and the time of each call.
 *
 * Counting comes after policy, so a denied call costs no quota. A call's time has two bounds: silence (`callTimeoutMs`,
 * started anew by progress) and the whole (`callTimeMaxMs`), so that endless progress ends too. While a person is asked,
 * silence does not count. Streams that are meant to stay open are counted by `streams.ts` instead.
 */
import type { MeteredCall, PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { grow, type Layer } from '../layer.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Gauge } from './gauge.ts';

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
      if (UNTIMED.has(call.message.method)) return next(grow(call, { touch: nothing, hold: holdNothing }));
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

function nothing(): void {}
function holdNothing(): () => void {
  return nothing;
}

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
  next: (call: MeteredCall) => ReturnType<ReturnType<ReturnType<typeof meter>>>,
) {
  const endMs = wheel.now() + limits.callTimeMaxMs;
  const deadline = wheel.arm(Math.min(limits.callTimeoutMs, limits.callTimeMaxMs), () =>
    call.cancellation.cancel(new GatewayError('upstream_timeout', { internal: { target: call.target?.key } })),
  );
  let held = 0;
  const touch = () => {
    if (held === 0) deadline.dueMs = Math.min(wheel.now() + limits.callTimeoutMs, endMs);
  };
  const hold = () => {
    held += 1;
    deadline.dueMs = Math.max(endMs, wheel.now() + limits.questionTimeoutMs);
    return () => {
      held -= 1;
      touch();
    };
  };
  try {
    return await next(grow(call, { touch, hold }));
  } finally {
    deadline.dueMs = Number.POSITIVE_INFINITY;
  }
}
