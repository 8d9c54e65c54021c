/*
 * A server is tried out: connected to, met, its lists counted, and left again. It is the same road that servers of the
 * gateway take, rules for addresses included, so that what passes here is what will work; and it touches none of them.
 *
 * Whoever may name an address is not told what is behind it: a closed port, silence and what is no HTTP are one answer.
 */
import { isShown } from '../../model/catalogue.ts';
import type { GatewayError } from '../../model/errors.ts';
import type { Trial, TrialFailure } from '../../model/live.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { EgressError } from '../egress/egress-error.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { Seat } from '../upstream/seat.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { countsOf } from './upstreams.ts';

export interface TrialParts {
  /** As servers of the gateway are made, but for where what they say goes. */
  readonly upstreamFor: (definition: ServerDefinition, catalogues: Seat) => Upstream;
  readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>;
}

/** A slow server is slow for its users, too. */
const TRIAL_MS_MAX = 15_000;

export async function triedOut(parts: TrialParts, wanted: ServerDefinition, signal: AbortSignal): Promise<Trial> {
  if (wanted.transport.kind === 'stdio') return failure('refused', 'Commands are not tried out.');
  if (signal.aborted) return failure('cancelled');
  const catalogues = new Catalogues();
  const upstream = parts.upstreamFor(impatient(wanted), new Seat(catalogues));
  const startedMs = parts.wheel.now();
  try {
    upstream.start();
    if (!(await settled(upstream, parts.wheel, signal))) return failure(signal.aborted ? 'cancelled' : 'unreachable');
    const catalogue = catalogues.of(wanted.name);
    const { revision, transport = wanted.transport.kind, serverInfo } = catalogue;
    if (!isShown(catalogue) || revision === undefined) return failureOf(upstream.facts.failure);
    const said = JSON.parse(serverInfo) as Readonly<Record<string, unknown>>;
    const durationMs = Math.round(parts.wheel.now() - startedMs);
    return { ok: true, transport, revision, serverInfo: said, counts: countsOf(catalogue), durationMs };
  } catch {
    return failure('invalid');
  } finally {
    void upstream.stop().catch(() => {});
  }
}

function impatient(definition: ServerDefinition): ServerDefinition {
  const { limits } = definition;
  const callTimeoutMs = Math.min(limits.callTimeoutMs, limits.connectTimeoutMs);
  return { ...definition, limits: { ...limits, callTimeoutMs, refreshIntervalMs: 0 } };
}

/** Whether it came to an end in time. */
async function settled(upstream: Upstream, wheel: Pick<TimerWheel, 'sleep'>, signal: AbortSignal): Promise<boolean> {
  const patience = wheel.sleep(TRIAL_MS_MAX);
  signal.addEventListener('abort', patience.wake);
  try {
    return await Promise.race([upstream.settled().then(() => true), patience.done.then(() => false)]);
  } finally {
    signal.removeEventListener('abort', patience.wake);
    patience.wake();
  }
}

const SAY: Readonly<Record<TrialFailure, string>> = {
  refused: 'This address may not be reached.',
  unreachable: 'No MCP server answers at this address.',
  credentials: 'The server wants other credentials.',
  invalid: 'What answers at this address is no MCP server, or one that is not understood.',
  cancelled: 'It was given up.',
};

function failureOf(error: GatewayError | undefined): Trial {
  if (error?.cause instanceof EgressError && error.cause.failure.kind === 'refused')
    return failure('refused', error.cause.message);
  if (error?.code === 'upstream_auth') return failure('credentials');
  const answered = error?.code === 'upstream_refused' || error?.code === 'upstream_too_large';
  return failure(answered ? 'invalid' : 'unreachable');
}

function failure(reason: TrialFailure, say = SAY[reason]): Trial {
  return { ok: false, reason, say };
}
