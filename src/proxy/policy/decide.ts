/*
 * The one decision: may this principal use this entry of this server? List, call, read, get, complete and subscribe all
 * ask here (invariant I12), so what is not callable is not listed.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { matchesPattern } from './pattern.ts';

export interface Decision {
  readonly allow: boolean;
  /** Names the rule that decided; for logs, events and `explain`. */
  readonly rule: string;
}

/** Names what a principal may do: two with the same name get the same view. Today tool filters are all there is. */
export function rightsOf(_principal: Principal): string {
  return 'everyone';
}

const ALLOWED: Decision = { allow: true, rule: 'default' };

export function decide(_principal: Principal, server: ServerDefinition, kind: EntryKind, key: string): Decision {
  if (kind !== 'tools') return ALLOWED;
  const blocked = server.tools.block.find((pattern) => matchesPattern(pattern, key));
  if (blocked !== undefined) return { allow: false, rule: `servers.${server.name}.tools.block:${blocked}` };
  if (!server.tools.allow) return ALLOWED;
  const allowed = server.tools.allow.find((pattern) => matchesPattern(pattern, key));
  if (allowed === undefined) return { allow: false, rule: `servers.${server.name}.tools.allow` };
  return { allow: true, rule: `servers.${server.name}.tools.allow:${allowed}` };
}
