/*
 * What operators have switched off while the gateway runs, as decisions and lists see it.
 *
 *   disabled      there is no such server: no caller sees it, and it is let go of (follow.ts)
 *   maintenance   it is there and says so: its lists are those of a server that is away, its calls are refused for now
 *   a tool        nobody has it, whatever grants it
 */
import type { ServerCatalogue } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Overlay } from '../../model/overlay.ts';
import type { ServerDefinition, Snapshot } from '../../model/snapshot.ts';

type Servers = Snapshot['servers'];

const served = new WeakMap<Servers, { readonly switches: Overlay['servers']; readonly servers: Servers }>();

/** Those that are not disabled; the same map for as long as they are the same. */
export function servedIn({ servers, overlay: { servers: switches } }: Pick<Snapshot, 'servers' | 'overlay'>): Servers {
  const off = [...switches].filter(([name, { state }]) => state === 'disabled' && servers.has(name));
  if (off.length === 0) return servers;
  const known = served.get(servers);
  if (known?.switches === switches) return known.servers;
  const left = new Map(servers);
  for (const [name] of off) left.delete(name);
  served.set(servers, { switches, servers: left });
  return left;
}

export function isDisabled({ servers }: Overlay, { name }: ServerDefinition): boolean {
  return servers.size > 0 && servers.get(name)?.state === 'disabled';
}

/** How the server is, for whoever is told. */
export function asSwitched(catalogue: ServerCatalogue, { servers }: Overlay): ServerCatalogue {
  const held = servers.size > 0 ? servers.get(catalogue.server) : undefined;
  return held?.state === 'maintenance' ? { ...catalogue, state: held.state, reason: held.reason } : catalogue;
}

/** Throws for a server that is under maintenance. */
export function refuseMaintained({ servers }: Overlay, server: string): void {
  const held = servers.size > 0 ? servers.get(server) : undefined;
  if (held?.state === 'maintenance')
    throw new GatewayError('upstream_maintenance', { internal: { server, reason: held.reason } });
}
