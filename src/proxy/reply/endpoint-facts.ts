/*
 * What an endpoint says about itself: capabilities, identity, instructions.
 *
 * A transparent endpoint shows its server's own, as far as the gateway really carries it to a client of this revision;
 * an aggregate shows what its servers have together, of extensions those that the client has too (extensions.ts). Nothing is
 * advertised that would then be refused.
 */

import type { VisibleServer } from '../../model/call.ts';
import { isShown } from '../../model/catalogue.ts';
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import { type Codec, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { View } from '../policy/view.ts';
import { extensionsFor, type Introduced } from './extensions.ts';
import { instructionsOf } from './instructions.ts';

export interface EndpointFacts {
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** JSON text. */
  readonly serverInfo: string;
  readonly instructions: string | undefined;
}

export interface FactsParts {
  /** JSON text of the gateway's own `Implementation` object. */
  readonly identity: string;
  readonly limits: () => Limits;
  readonly emit: Emit;
}

export function endpointFacts(view: View, client: Introduced, parts: FactsParts): EndpointFacts {
  const serverInfo = identityOf(view, parts.identity);
  const [only] = view.servers;
  if (view.endpoint.naming === 'transparent' && only) {
    return { capabilities: carried(only, client, true), serverInfo, instructions: only.catalogue.instructions };
  }
  const { text, cut } = instructionsOf(view, parts.limits().instructionsBytesMax);
  if (cut) parts.emit({ type: 'limit_hit', limit: 'instructionsBytesMax', principal: '' });
  return { capabilities: union(view, client), serverInfo, instructions: text };
}

/** JSON text of the identity that results of this endpoint carry. */
export function identityOf(view: View, identity: string): string {
  const [only] = view.servers;
  if (view.endpoint.naming === 'transparent' && only) return only.catalogue.serverInfo;
  const { title } = view.endpoint;
  return title === undefined ? identity : JSON.stringify({ ...(JSON.parse(identity) as object), title });
}

function carried(server: VisibleServer, client: Introduced, alone: boolean): Record<string, unknown> {
  const { direct, capabilities } = spokenTo(server, client.codec);
  const shown: Record<string, unknown> = {};
  for (const kind of ['tools', 'prompts'] as const) {
    if (capabilities[kind] !== undefined) shown[kind] = flags(capabilities[kind], ['listChanged']);
  }
  if (capabilities.resources !== undefined) {
    shown.resources = flags(capabilities.resources, ['listChanged', 'subscribe']);
  }
  if (capabilities.completions !== undefined) shown.completions = {};
  if (capabilities.logging !== undefined) shown.logging = {};
  const extensions = extensionsFor(capabilities, client, { direct, alone });
  if (extensions) shown.extensions = extensions;
  if (isObject(capabilities.experimental) && direct && alone) shown.experimental = capabilities.experimental;
  return shown;
}

/** What the server declared in the client's own era, where it speaks that. */
export function spokenTo(server: VisibleServer, client: Codec) {
  const { capabilities, revision, alternate } = server.catalogue;
  if (revision !== undefined && sameEra(client, codecOf(revision))) return { direct: true, capabilities };
  if (alternate && sameEra(client, codecOf(alternate.revision)))
    return { direct: true, capabilities: alternate.capabilities };
  return { direct: false, capabilities };
}

/** Whether some server may have log lines for a client of this revision; one that nobody has met yet may have anything. */
export function mayLog(view: View, client: Codec): boolean {
  return view.servers.some((server) => !isMet(server) || spokenTo(server, client).capabilities.logging !== undefined);
}

function isMet({ catalogue }: VisibleServer): boolean {
  return isShown(catalogue) || catalogue.revision !== undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flags(declared: unknown, names: readonly string[]): Record<string, true> {
  const given = (declared ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.filter((name) => given[name] === true).map((name) => [name, true]));
}

/**
 * What any of the servers has. The lists of an aggregate change with its servers, so it always says so; and a server that
 * nobody has met yet may have anything.
 */
function union(view: View, client: Introduced): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const server of view.servers) {
    const one = isMet(server) ? carried(server, client, false) : ANYTHING;
    for (const kind of ['tools', 'prompts', 'resources'] as const) {
      if (one[kind] === undefined) continue;
      const subscribes = [one[kind], shown[kind]].some((flags) => (flags as { subscribe?: true })?.subscribe);
      shown[kind] = { listChanged: true, ...(subscribes ? { subscribe: true } : {}) };
    }
    if (one.completions) shown.completions = {};
    if (one.logging) shown.logging = {};
    if (one.extensions) shown.extensions = { ...one.extensions, ...(shown.extensions as object) };
  }
  return shown;
}
const ANYTHING: Readonly<Record<string, unknown>> = { tools: {}, prompts: {}, resources: {} };
