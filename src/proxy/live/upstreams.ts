/*
 * How each server behind the gateway is, and what is open with it.
 */
import { ENTRY_KINDS, type EntryKind, type ServerCatalogue } from '../../model/catalogue.ts';
import type { LiveFilter, UpstreamReport } from '../../model/live.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Gauge } from '../limit/gauge.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

export interface UpstreamFactsParts {
  readonly snapshot: () => Snapshot;
  readonly catalogues: { of(server: string): ServerCatalogue };
  readonly upstreams: Pick<Upstreams, 'of'>;
  readonly inFlight: { readonly servers: Pick<Gauge, 'of'> };
  readonly wheel: Pick<TimerWheel, 'now'>;
  /** Wall clock. */
  readonly now: () => number;
}

export function upstreamFacts(parts: UpstreamFactsParts, { organisation }: LiveFilter): readonly UpstreamReport[] {
  const all = [...parts.snapshot().servers.values()];
  const asked = organisation === undefined ? all : all.filter((each) => each.organisation === organisation);
  return asked.map((definition) => factsOf(parts, definition));
}

function factsOf(parts: UpstreamFactsParts, definition: ServerDefinition): UpstreamReport {
  const { name, organisation, owner, transport } = definition;
  const upstream = parts.upstreams.of(name);
  const catalogue = parts.catalogues.of(name);
  const held = parts.snapshot().overlay.servers.get(name);
  const { now, wheel } = parts;
  const facts = upstream?.facts;
  const sinceMs = Math.round(now() - (facts === undefined ? 0 : wheel.now() - facts.sinceMs));
  return {
    ...{ server: name, organisation, owner, transport: catalogue.transport ?? transport.kind },
    ...{ state: held?.state ?? catalogue.state, reason: held?.reason ?? catalogue.reason, sinceMs },
    ...{ revision: catalogue.revision, callsInFlight: parts.inFlight.servers.of(name) },
    ...{ conversations: facts?.conversations ?? 0, processes: upstream?.processes ?? 0 },
    counts: countsOf(catalogue),
  };
}

export function countsOf({ lists }: Pick<ServerCatalogue, 'lists'>): Readonly<Record<EntryKind, number>> {
  return Object.fromEntries(ENTRY_KINDS.map((kind) => [kind, lists[kind].entries.length])) as Record<EntryKind, number>;
}
