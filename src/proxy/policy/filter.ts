/*
 * Tool filters: what operators keep out for everybody, per server and per endpoint. Each only narrows: what the server's own
 * withholds, no endpoint brings back.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import { matchIn } from '../../model/pattern.ts';
import type { EndpointDefinition, ServerDefinition, ToolFilter } from '../../model/snapshot.ts';
import type { RightsPlace } from './decision.ts';

export interface Filtered {
  readonly allow: boolean;
  /** Names the filter that decided. */
  readonly rule: string;
}

const ALLOWED: Filtered = { allow: true, rule: 'default' };

export function filterTool({ endpoint, server }: RightsPlace, kind: EntryKind, key: string): Filtered {
  if (kind !== 'tools') return ALLOWED;
  const own = byFilter(server.tools, key, 'servers', server.name);
  if (!own.allow || !endpoint.tools) return own;
  const here = byFilter(endpoint.tools.filter, toolAddress(server.name, key), 'endpoints', endpoint.name || 'default');
  return here === ALLOWED ? own : here;
}

/** Whether anything here may keep something of the server from a caller. */
export function isFiltered(endpoint: EndpointDefinition, server: ServerDefinition): boolean {
  const filters = endpoint.tools ? [server.tools, endpoint.tools.filter] : [server.tools];
  return filters.some(({ allow, block }) => allow !== undefined || block.length > 0);
}

/** What patterns and changes of an endpoint call a tool; a server's name holds no dot. */
export function toolAddress(server: string, tool: string): string {
  return `${server}.${tool}`;
}

function byFilter(filter: ToolFilter, name: string, section: string, of: string): Filtered {
  const blocked = matchIn(filter.block, name);
  if (blocked !== undefined) return { allow: false, rule: `${section}.${of}.tools.block:${blocked}` };
  if (!filter.allow) return ALLOWED;
  const allowed = matchIn(filter.allow, name);
  if (allowed === undefined) return { allow: false, rule: `${section}.${of}.tools.allow` };
  return { allow: true, rule: `${section}.${of}.tools.allow:${allowed}` };
}
