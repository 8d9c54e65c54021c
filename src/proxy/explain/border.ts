/*
 * What of a snapshot an organisation is told about: its own servers and those that are shared, and the endpoints where they
 * are. `undefined` is the operator of the gateway, who is told about all of it.
 */
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';

export type Border = string | undefined;

export function isShownTo(border: Border, { organisation, visibility }: ServerDefinition): boolean {
  return border === undefined || organisation === border || visibility === 'shared';
}

export function shownTo(border: Border, snapshot: Snapshot): Snapshot {
  if (border === undefined) return snapshot;
  const servers = [...snapshot.servers].filter(([, server]) => isShownTo(border, server));
  return { ...snapshot, servers: new Map(servers) };
}

/** A server's own endpoint goes with its server (design §5). */
export function endpointIn(border: Border, { endpoints, servers }: Snapshot, name: string) {
  const endpoint = endpoints.get(name);
  if (!endpoint || border === undefined || name === '') return endpoint;
  return isOwn(border, endpoint, servers) ? endpoint : undefined;
}

function isOwn(
  border: string,
  { naming, organisation, servers }: EndpointDefinition,
  all: Snapshot['servers'],
): boolean {
  if (naming !== 'transparent') return organisation === border;
  return servers.some((name) => {
    const server = all.get(name);
    return server !== undefined && isShownTo(border, server);
  });
}
