/*
 * The one decision: may this principal use this entry of this server here? List, call, read, get, complete and subscribe
 * all ask here (invariant I12), so what is not callable is not listed.
 *
 * Each filter only narrows: what the server's own withholds, no endpoint brings back.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, ServerDefinition, ToolFilter } from '../../model/snapshot.ts';
import { matchIn } from './pattern.ts';

export interface Decision {
  readonly allow: boolean;
  /** Names the rule that decided; for logs, events and `explain`. */
  readonly rule: string;
}

export interface Place {
  readonly principal: Principal;
  readonly endpoint: EndpointDefinition;
  readonly server: ServerDefinition;
}

/** Names what a principal may do: two with the same name get the same view. Today tool filters are all there is. */
export function rightsOf(_principal: Principal): string {
  return 'everyone';
}

/** Whether anything here may keep something of the server from a caller. */
export function isFiltered({ endpoint, server }: Pick<Place, 'endpoint' | 'server'>): boolean {
  const filters = endpoint.tools ? [server.tools, endpoint.tools.filter] : [server.tools];
  return filters.some(({ allow, block }) => allow !== undefined || block.length > 0);
}

const ALLOWED: Decision = { allow: true, rule: 'default' };

export function decide({ endpoint, server }: Place, kind: EntryKind, key: string): Decision {
  if (kind !== 'tools') return ALLOWED;
  const own = filtered(server.tools, key, 'servers', server.name);
  if (!own.allow || !endpoint.tools) return own;
  const here = filtered(endpoint.tools.filter, toolAddress(server.name, key), 'endpoints', endpoint.name || 'default');
  return here === ALLOWED ? own : here;
}

/** What patterns and changes of an endpoint call a tool; a server's name holds no dot. */
export function toolAddress(server: string, tool: string): string {
  return `${server}.${tool}`;
}

function filtered(filter: ToolFilter, name: string, section: string, of: string): Decision {
  const blocked = matchIn(filter.block, name);
  if (blocked !== undefined) return { allow: false, rule: `${section}.${of}.tools.block:${blocked}` };
  if (!filter.allow) return ALLOWED;
  const allowed = matchIn(filter.allow, name);
  if (allowed === undefined) return { allow: false, rule: `${section}.${of}.tools.allow` };
  return { allow: true, rule: `${section}.${of}.tools.allow:${allowed}` };
}
