/*
 * What an endpoint says about itself: capabilities, identity, instructions.
 *
 * A transparent endpoint shows its server's own, as far as the gateway really carries it to a client of this revision;
 * an aggregate shows what its servers have together. Nothing is advertised that would then be refused.
 */

import type { VisibleServer } from '../../model/call.ts';
import { type Codec, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { View } from '../policy/view.ts';

export interface EndpointFacts {
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** JSON text. */
  readonly serverInfo: string;
  readonly instructions: string | undefined;
}

export function endpointFacts(view: View, client: Codec, identity: string): EndpointFacts {
  const [only] = view.servers;
  if (view.endpoint.naming === 'transparent' && only) {
    const { catalogue } = only;
    const capabilities = carried(only, client);
    return { capabilities, serverInfo: catalogue.serverInfo, instructions: catalogue.instructions };
  }
  return { capabilities: union(view, client), serverInfo: identity, instructions: undefined };
}

/** JSON text of the identity that results of this endpoint carry. */
export function identityOf(view: View, identity: string): string {
  const [only] = view.servers;
  return view.endpoint.naming === 'transparent' && only ? only.catalogue.serverInfo : identity;
}

function carried(server: VisibleServer, client: Codec): Record<string, unknown> {
  const { direct, capabilities } = spokenTo(server, client);
  const shown: Record<string, unknown> = {};
  for (const kind of ['tools', 'prompts'] as const) {
    if (capabilities[kind] !== undefined) shown[kind] = flags(capabilities[kind], ['listChanged']);
  }
  if (capabilities.resources !== undefined) {
    shown.resources = flags(capabilities.resources, direct ? ['listChanged', 'subscribe'] : ['listChanged']);
  }
  if (capabilities.completions !== undefined) shown.completions = {};
  if (capabilities.logging !== undefined && direct) shown.logging = {};
  return shown;
}

/** What the server declared in the client's own era, where it speaks that. */
function spokenTo(server: VisibleServer, client: Codec) {
  const { capabilities, revision, alternate } = server.catalogue;
  if (revision !== undefined && sameEra(client, codecOf(revision))) return { direct: true, capabilities };
  if (alternate && sameEra(client, codecOf(alternate.revision)))
    return { direct: true, capabilities: alternate.capabilities };
  return { direct: false, capabilities };
}

function flags(declared: unknown, names: readonly string[]): Record<string, true> {
  const given = (declared ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.filter((name) => given[name] === true).map((name) => [name, true]));
}

/** Servers come and go behind an aggregate, so its lists exist, and change, whoever is there now. */
function union(view: View, client: Codec): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true },
  };
  for (const server of view.servers) {
    const one = carried(server, client);
    if (one.completions) shown.completions = {};
    if (one.logging) shown.logging = {};
    if ((one.resources as { subscribe?: true } | undefined)?.subscribe) {
      shown.resources = { listChanged: true, subscribe: true };
    }
  }
  return shown;
}
