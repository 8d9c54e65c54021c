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

type Decided = Pick<Snapshot, 'endpoints' | 'identity'>;

export class Places {
  readonly #base: string;
  readonly #decided: Decided;
  /** Those that somebody has asked for. */
  readonly #known = new Map<string, Place>();

  constructor({ endpoints, identity }: Decided, base: string) {
    this.#base = base;
    this.#decided = { endpoints, identity };
  }

  /** Undefined for a path that is of no endpoint. An endpoint that does not exist asks for what any other asks for. */
  of(endpoint = ''): Place {
    const known = this.#known.get(endpoint);
    if (known) return known;
    const { endpoints, identity } = this.#decided;
    const definition = endpoints.get(endpoint);
    if (!definition) return plain(endpoint, this.#base);
    const place = placeOf(definition, identity, this.#base);
    this.#known.set(endpoint, place);
    return place;
  }

  isKnown(endpoint = ''): boolean {
    return this.#decided.endpoints.has(endpoint);
  }

  /** Whether they are those of this snapshot; the identity is known to be the same. */
  isFor({ endpoints }: Pick<Decided, 'endpoints'>, base: string): boolean {
    return this.#base === base && this.#decided.endpoints === endpoints;
  }
}

/** Whether they ask for the same. */
export function isSamePlace(one: Place, other: Place): boolean {
  return one === other || (one.resource === other.resource && isDeepStrictEqual(one, other));
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
