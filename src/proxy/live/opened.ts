/*
 * What clients have open: sessions of older ones, listen streams of newer ones, which have no sessions. Each has a name for
 * operators that is not the one by which its client knows it.
 */
import type { LiveFilter, SessionReport, SessionsFilter, SessionsReport } from '../../model/live.ts';
import type { Streams } from '../limit/streams.ts';
import type { Sessions } from '../session/sessions.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Opened } from './opening.ts';

export interface OpenedParts {
  readonly sessions: Pick<Sessions, 'opened'>;
  readonly streams: Pick<Streams, 'opened'>;
  readonly wheel: Pick<TimerWheel, 'now'>;
  /** Wall clock. */
  readonly now: () => number;
}

const TOLD_MAX = 1_000;

export function openedNow(parts: OpenedParts, filter: SessionsFilter): SessionsReport {
  const { limit = TOLD_MAX } = filter;
  const found = allOf(parts)
    .filter((one) => isMeant(one, filter))
    .sort((a, b) => b.openedMs - a.openedMs);
  const sinceMs = parts.now() - parts.wheel.now();
  return { total: found.length, sessions: found.slice(0, Math.min(limit, TOLD_MAX)).map((one) => told(one, sinceMs)) };
}

/** False when there is no such one that is meant. */
export function endOpened(parts: OpenedParts, id: string, filter: LiveFilter): boolean {
  const found = allOf(parts).find((one) => one.reportId === id && isMeant(one, filter));
  found?.end();
  return found !== undefined;
}

function allOf({ sessions, streams }: OpenedParts): Opened[] {
  return [...sessions.opened(), ...streams.opened()];
}

function isMeant({ principal, endpoint }: Opened, filter: SessionsFilter): boolean {
  return (
    (filter.organisation === undefined || principal.organisation === filter.organisation) &&
    (filter.principal === undefined || principal.id === filter.principal) &&
    (filter.endpoint === undefined || endpoint === filter.endpoint)
  );
}

/** `sinceMs`: when the monotonic clock began, by the wall's. */
function told(one: Opened, sinceMs: number): SessionReport {
  const { reportId, kind, principal, endpoint, door, revision, openedMs, lastUsedMs, streamCount, callCount } = one;
  return {
    ...{ id: reportId, kind, endpoint, door, revision, client: namedIn(one.client.info) },
    ...{ principal: principal.id, user: principal.user, organisation: principal.organisation },
    ...{ openedAtMs: Math.round(sinceMs + openedMs), usedAtMs: Math.round(sinceMs + lastUsedMs) },
    ...{ streams: streamCount, callsInFlight: callCount },
  };
}

const NAME_LENGTH_MAX = 100;

function namedIn(info: string | undefined): SessionReport['client'] {
  if (info === undefined) return undefined;
  const { name, version } = JSON.parse(info) as { readonly name?: unknown; readonly version?: unknown };
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, NAME_LENGTH_MAX) : '');
  return { name: text(name), version: text(version) };
}
