/*
 * The servers and endpoints of the snapshot with where each was defined, for those who manage them.
 */
import type { Config } from '../../config/config.ts';
import { DEFAULT_ENDPOINT } from '../../config/endpoint-rules.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import type { Known } from './publisher.ts';

interface Of {
  readonly config: Config;
  readonly snapshot: Snapshot;
}

type Rows = ReadonlyMap<string, { readonly id: string; readonly name: string }>;

/** By name in the snapshot. */
export function knownServers({ snapshot }: Of, rows: Rows): ReadonlyMap<string, Known<ServerDefinition>> {
  return new Map([...snapshot.servers].map(([name, each]) => [name, known('server', name, each, rows.get(name))]));
}

/** Those that somebody defined: `/mcp` where the file says something of it, but not the own ones of servers. */
export function knownEndpoints({ config, snapshot }: Of, rows: Rows): ReadonlyMap<string, Known<EndpointDefinition>> {
  const ofFile = config.endpoints.map(({ name }) => name);
  return new Map(
    [...ofFile, ...rows.keys()].flatMap((name) => {
      const definition = snapshot.endpoints.get(name);
      return definition === undefined ? [] : [[name, known('endpoint', name, definition, rows.get(name))]];
    }),
  );
}

function known<Definition extends { readonly organisation: string }>(
  kind: 'server' | 'endpoint',
  key: string,
  definition: Definition,
  row: { readonly id: string; readonly name: string } | undefined,
): Known<Definition> {
  const { organisation } = definition;
  if (row) return { id: row.id, origin: 'store', organisation, name: row.name, definition };
  const name = key === '' ? DEFAULT_ENDPOINT : key;
  return { id: `file.${kind}.${name}`, origin: 'file', organisation, name, definition };
}
