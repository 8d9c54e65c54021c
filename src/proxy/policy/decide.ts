/*
 * The one decision: may this principal use this entry of this server here? List, call, read, get, complete and subscribe
 * all ask here (invariant I12), so what is not callable is not listed.
 *
 * Each filter only narrows: what the server's own withholds, no endpoint brings back.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, ServerDefinition } from '../../model/snapshot.ts';
import { filterTool } from './filter.ts';

export { toolAddress } from './filter.ts';

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

export function decide(place: Place, kind: EntryKind, key: string): Decision {
  return filterTool(place, kind, key);
}
