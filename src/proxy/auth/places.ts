/*
 * What each endpoint asks of its callers: for which URL a credential must have been made, and what the server behind it says
 * about credentials.
 *
 * A server may have a token list of its own, which then counts at its own endpoint instead of the gateway's list, or be open
 * to whoever comes. Both are said of the server's endpoint alone: an aggregate that has the server among others asks for
 * what the gateway asks for, and what a caller reaches there is limited by the credential (`Reach`).
 */
import { isDeepStrictEqual } from 'node:util';
import type { IdentityDefinition } from '../../model/identity.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import { resourceUrl } from './resource.ts';

export interface Place {
  readonly resource: string;
  /** The static tokens that are taken here, as principals; undefined for all that the gateway knows. */
  readonly ownTokens: ReadonlySet<string> | undefined;
  /** Who comes without a credential; undefined where there is no coming without. */
  readonly anonymous: Principal | undefined;
}

export class Places {
  readonly #base: string;
  readonly #known: ReadonlyMap<string, Place>;

  constructor({ endpoints, identity }: Snapshot, base: string) {
    this.#base = base;
    this.#known = new Map(
      [...endpoints.values()].map((endpoint) => [endpoint.name, placeOf(endpoint, identity, base)]),
    );
  }

  /** Undefined for a path that is of no endpoint. An endpoint that does not exist asks for what any other asks for. */
  of(endpoint = ''): Place {
    return this.#known.get(endpoint) ?? plain(endpoint, this.#base);
  }

  isKnown(endpoint = ''): boolean {
    return this.#known.has(endpoint);
  }

  /** Whether every endpoint asks for the same as before. */
  equals(other: Places): boolean {
    return this.#base === other.#base && isDeepStrictEqual(this.#known, other.#known);
  }
}

function placeOf({ name, naming, servers }: EndpointDefinition, identity: IdentityDefinition, base: string): Place {
  const place = plain(name, base);
  const [server] = servers;
  if (naming !== 'transparent' || server === undefined) return place;
  const own = identity.ownTokens.get(server);
  return {
    ...place,
    ownTokens: own && new Set(own.map((token) => `token:${token}`)),
    anonymous: identity.openServers.includes(server) ? anonymousAt(server, name) : undefined,
  };
}

function plain(endpoint: string, base: string): Place {
  return { resource: resourceUrl(base, endpoint), ownTokens: undefined, anonymous: undefined };
}

/** The operator has opened this server, so nothing more has to grant it; nothing else is within reach. */
function anonymousAt(server: string, endpoint: string): Principal {
  const reach = { servers: [server], endpoints: [endpoint], tools: undefined, exceptServers: [] };
  return { ...NOBODY, id: `anonymous:${server}`, kind: 'anonymous', grants: 'all', reach };
}
