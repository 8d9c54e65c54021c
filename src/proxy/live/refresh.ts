/*
 * An operator's wish to have a server's lists read anew, now.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { ENTRY_KINDS } from '../../model/catalogue.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

export interface RefreshParts {
  readonly upstreams: Pick<Upstreams, 'of'>;
}

/** Resolves when the lists were read, or could not be. */
export function refreshed({ upstreams }: RefreshParts, server: string): Promise<void> | undefined {
  const upstream = upstreams.of(server);
  return upstream && (upstream.reachable ? reread(upstream) : tried(upstream));
}

async function reread({ offers }: Upstream): Promise<void> {
  await Promise.all(ENTRY_KINDS.map((kind) => offers.reread(kind)));
}

/** What is down is read when it is reached. */
async function tried(upstream: Upstream): Promise<void> {
  await upstream.ready(new Cancellation()).catch(() => {});
}
