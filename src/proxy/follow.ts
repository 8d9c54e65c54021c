/*
 * From one snapshot to the next, without a call that notices: everything that may take time is done before, then all of it
 * is swapped in one step, and what is let go ends its calls behind it.
 */
import type { Emit } from '../model/event.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Current } from './current.ts';
import { isRefused } from './egress/way-to.ts';
import type { InFlight } from './limit/in-flight.ts';
import { servedIn } from './policy/switched.ts';
import type { Views } from './policy/view.ts';
import type { Hub } from './session/hub.ts';
import type { Servers } from './upstream/servers.ts';
import type { Followed } from './upstream/upstreams.ts';

export interface FollowParts extends Servers {
  readonly current: Current;
  readonly views: Pick<Views, 'renewed' | 'expect'>;
  readonly hub: Pick<Hub, 'renewed'>;
  readonly inFlight: Pick<InFlight, 'endKilled'>;
  readonly emit: Emit;
}

const NOTHING: Followed = { added: [], removed: [], replaced: [] };

/** The snapshot that everything follows, where the last step ended in the middle: the next one begins from there. */
const unfinished = new WeakMap<Current, Snapshot>();

/** Resolves when `next` holds; who is to be told of it is told meanwhile. */
export async function follow(parts: FollowParts, next: Snapshot): Promise<Followed> {
  const { current, views, hub, memory, catalogues, upstreams } = parts;
  const before = unfinished.get(current) ?? current.now;
  if (next === before) return NOTHING;
  unfinished.set(current, before);
  const [then, now] = [servedIn(before), servedIn(next)];
  const added = [...now.values()].filter(({ name }) => !then.has(name));
  // One of that name that has just been removed may have been another one.
  for (const { name } of added) if (!before.servers.has(name)) catalogues.remove(name);
  await memory.recall(added);
  current.swap(next);
  if (before.overlay !== next.overlay || before.people !== next.people) parts.inFlight.endKilled(next);
  const told = hub.renewed(views.renewed());
  void views.expect();
  memory.follow(now);
  const followed = now === then ? NOTHING : upstreams.follow(now);
  if (before.egress !== next.egress) leaveRefused(parts, now, next.egress);
  unfinished.delete(current);
  void forgetting(told, followed.removed, parts);
  return followed;
}

/** Connections that are open were opened by other rules: where nobody may go any more, they end. */
function leaveRefused({ upstreams }: FollowParts, servers: Snapshot['servers'], rules: Snapshot['egress']): void {
  for (const { name, transport } of servers.values())
    if (transport.kind !== 'stdio' && isRefused(transport, rules)) void upstreams.of(name)?.restart();
}

/** What was said of servers that went is needed until everybody was compared with what there was. */
async function forgetting(told: Promise<void>, removed: readonly string[], parts: FollowParts): Promise<void> {
  const { current, catalogues, emit } = parts;
  try {
    await told;
  } catch (thrown) {
    emit({ type: 'oddity', server: '', what: 'not everybody was told of a reload', internal: { why: String(thrown) } });
  }
  for (const name of removed) {
    if (!current.now.servers.has(name)) catalogues.remove(name);
    else if (!servedIn(current.now).has(name)) catalogues.put(name, STOPPED);
  }
}

/** What it has is needed again when it is enabled. */
const STOPPED = { state: 'stopped', reason: 'disabled' } as const;

/** From now on the servers of the first snapshot run. */
export function begin({ current, memory, upstreams }: Pick<FollowParts, 'current' | 'memory' | 'upstreams'>): void {
  const servers = servedIn(current.now);
  memory.follow(servers);
  upstreams.follow(servers);
}
