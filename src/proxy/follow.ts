/*
 * From one snapshot to the next, without a call that notices: everything that may take time is done before, then all of it
 * is swapped in one step, and what is let go ends its calls behind it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '../model/snapshot.ts';
import type { Current } from './current.ts';
import type { Hub } from './session/hub.ts';
import type { Servers } from './upstream/servers.ts';
import type { Followed } from './upstream/upstreams.ts';

export interface FollowParts extends Servers {
  readonly current: Current;
  readonly hub: Pick<Hub, 'reloaded'>;
}

const NOTHING: Followed = { added: [], removed: [], replaced: [] };

export async function follow({ current, hub, memory, upstreams }: FollowParts, next: Snapshot): Promise<Followed> {
  const before = current.now;
  if (next === before) return NOTHING;
  await memory.recall([...next.servers.values()].filter(({ name }) => !before.servers.has(name)));
  current.swap(next);
  memory.follow(next.servers);
  const followed = next.servers === before.servers ? NOTHING : upstreams.follow(next.servers);
  if (mayShowOthers(before, next)) hub.reloaded();
  return followed;
}

/** Whether anybody's lists may be others now. */
function mayShowOthers(before: Snapshot, next: Snapshot): boolean {
  const shown = ({ servers, endpoints, access, identity }: Snapshot) => [servers, endpoints, access, identity];
  return !isDeepStrictEqual(shown(before), shown(next));
}
