/*
 * The servers, and what is known of them, put together.
 */
import type { Limits } from '../../model/limits.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { Catalogues } from './catalogues.ts';
import { type ListFiles, ListMemory } from './list-memory.ts';
import { type GroupWitness, ProcessGroups } from './process-groups.ts';
import { Reaper } from './reaper.ts';
import type { Seat } from './seat.ts';
import { StartQueue } from './start-queue.ts';
import { Upstream, type UpstreamParts } from './upstream.ts';
import { Upstreams } from './upstreams.ts';

type Own = 'definition' | 'catalogues' | 'groups' | 'starts' | 'after' | 'egressRules';

export interface ServersParts extends Omit<UpstreamParts, Own> {
  readonly snapshot: () => Pick<Snapshot, 'egress'>;
  readonly limits: () => Limits;
  readonly files: ListFiles;
  /** Whoever else must know which process groups are alive. */
  readonly witness: GroupWitness;
}

export interface Servers {
  readonly catalogues: Catalogues;
  readonly upstreams: Upstreams;
  readonly memory: ListMemory;
  /** One that is none of them, and tells nobody of itself. */
  readonly upstreamFor: (definition: ServerDefinition, catalogues: Seat) => Upstream;
}

/** There are none until `upstreams.follow` is told of them. */
export function buildServers(parts: ServersParts): Servers {
  const { limits, wheel, emit, files } = parts;
  const catalogues = new Catalogues();
  const onOddity = (what: string, internal: object) => emit({ type: 'oddity', server: '', what, internal });
  const groups = new ProcessGroups([new Reaper({ wheel, onOddity }), parts.witness]);
  const starts = new StartQueue(() => limits().startingMax);
  const egressRules = () => parts.snapshot().egress;
  const all = { ...parts, groups, starts, egressRules };
  return {
    catalogues,
    upstreams: new Upstreams({
      ...{ catalogues, groups, limits },
      make: (own) => new Upstream({ ...all, ...own }),
    }),
    upstreamFor: (definition, seat) => new Upstream({ ...all, definition, catalogues: seat, emit: () => {} }),
    memory: new ListMemory({ catalogues, files, wheel, emit }),
  };
}
