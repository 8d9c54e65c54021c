/*
 * The shares of all servers as one list: which name is whose, what is withheld, and the chunks in list order.
 *
 * Names that an operator gave come first; then the servers in the endpoint's order, each in its own. Where servers' own
 * names are shown, a later server's name is withheld when an earlier one has it (`merged`: it becomes a further owner),
 * when it looks like an earlier one's, or when it passes itself off as `other__tool` of a server that is here (threat
 * T21). Whether a server is up changes nothing about that, so that no name falls to another server with an outage.
 */
import type { Target } from '../../model/call.ts';
import { type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition } from '../../model/snapshot.ts';
import { skeletonOf } from './look-alike.ts';
import type { Admitted, Chunk, Offered, Share, Withheld } from './share.ts';

export interface Source {
  readonly share: Share;
  readonly catalogue: ServerCatalogue;
}

export interface ViewList {
  /** What a public name stands for, also of servers that are not there now. */
  readonly byKey: ReadonlyMap<string, Admitted>;
  /** The bytes of what is listed; the same array for as long as the list is the same. */
  readonly chunks: readonly Chunk[];
  readonly count: number;
  readonly withheld: readonly Withheld[];
  /** Whether a name looks like one of another server, where that matters. */
  readonly isTaken: (name: string, server: string) => boolean;
}

export function join(endpoint: EndpointDefinition, kind: EntryKind, sources: readonly Source[]): ViewList {
  const naming = new Joining(endpoint, kind);
  const all = sources.flatMap(({ share }) => share.offered);
  if (endpoint.tools) for (const offered of all) if (offered.change?.name !== undefined) naming.claim(offered);
  for (const offered of all) if (offered.change?.name === undefined) naming.claim(offered);
  const unlisted = naming.unlisted(sources);
  const chunks = sources.flatMap(({ share, catalogue }) =>
    isShown(catalogue) ? share.chunks(unlisted.get(share.server) ?? NOTHING) : [],
  );
  return {
    byKey: naming.byKey(sources),
    chunks,
    count: chunks.reduce((sum, chunk) => sum + chunk.count, 0),
    withheld: [...sources.flatMap(({ share }) => share.filtered), ...naming.withheld],
    isTaken: (name, server) => naming.faultOf(name, server) !== undefined,
  };
}
const NOTHING: ReadonlySet<Offered> = new Set();

class Joining {
  readonly withheld: Withheld[] = [];
  readonly #endpoint: EndpointDefinition;
  readonly #kind: EntryKind;
  /** Whether names of different servers can meet. */
  readonly #open: boolean;
  readonly #owners = new Map<string, Offered>();
  /** `merged` only: all owners of the names that have several. */
  readonly #shared = new Map<string, Offered[]>();
  readonly #skeletons = new Map<string, string>();
  readonly #kept: Offered[] = [];
  readonly #servers: ReadonlyMap<string, string>;

  constructor(endpoint: EndpointDefinition, kind: EntryKind) {
    this.#endpoint = endpoint;
    this.#servers = new Map(endpoint.servers.map((server) => [skeletonOf(server), server]));
    this.#kind = kind;
    const named = kind === 'tools' || kind === 'prompts';
    this.#open = named && (endpoint.naming === 'plain' || endpoint.naming === 'merged');
  }

  claim(offered: Offered): void {
    const owner = this.#owners.get(offered.key);
    if (owner) this.#meet(offered, owner);
    else {
      const fault =
        offered.change?.name === undefined ? this.faultOf(offered.target.key, offered.target.server) : undefined;
      if (fault !== undefined) this.#withhold(offered, fault);
      else this.#take(offered);
    }
  }

  /** Why this server may not have that name. */
  faultOf(name: string, server: string): string | undefined {
    if (!this.#open) return undefined;
    const skeleton = skeletonOf(name);
    const taken = this.#skeletons.get(skeleton);
    if (taken !== undefined && taken !== server) return `looks like a name of ${taken}`;
    // A server's name holds no underscore, so the first separator ends what would be one.
    const imitated = this.#servers.get(skeleton.slice(0, Math.max(0, skeleton.indexOf(DEFAULT_SEPARATOR))));
    return imitated === undefined || imitated === server ? undefined : `passes for a name of ${imitated}`;
  }

  #take(offered: Offered): void {
    this.#owners.set(offered.key, offered);
    if (!this.#open) return;
    this.#skeletons.set(skeletonOf(offered.key), offered.target.server);
    if (offered.change?.name === undefined) this.#skeletons.set(skeletonOf(offered.target.key), offered.target.server);
  }

  #meet(offered: Offered, owner: Offered): void {
    if (this.#endpoint.naming !== 'merged' || owner.target.server === offered.target.server) {
      this.#withhold(offered, `${owner.target.server} has this name`);
      return;
    }
    const owners = this.#shared.get(offered.key) ?? [owner];
    this.#shared.set(offered.key, owners);
    owners.push(offered);
  }

  #withhold(offered: Offered, why: string): void {
    const { server, key } = offered.target;
    this.withheld.push({ server, kind: this.#kind, key, reason: 'name_conflict', why });
    this.#kept.push(offered);
  }

  /** By server: what its share holds and the list does not. */
  unlisted(sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<Offered>> {
    const unlisted = new Map<string, Set<Offered>>();
    const leaveOut = (offered: Offered) => {
      const of = unlisted.get(offered.target.server) ?? new Set();
      unlisted.set(offered.target.server, of.add(offered));
    };
    this.#kept.forEach(leaveOut);
    const shown = new Set(sources.filter(({ catalogue }) => isShown(catalogue)).map(({ share }) => share.server));
    for (const owners of this.#shared.values()) {
      const first = owners.find(({ target }) => shown.has(target.server));
      for (const owner of owners) if (owner !== first) leaveOut(owner);
    }
    return unlisted;
  }

  byKey(sources: readonly Source[]): ReadonlyMap<string, Admitted> {
    if (this.#shared.size === 0) return this.#owners;
    const catalogues = new Map(sources.map(({ share, catalogue }) => [share.server, catalogue]));
    const byKey = new Map<string, Admitted>(this.#owners);
    for (const [key, owners] of this.#shared) byKey.set(key, usableOf(owners, catalogues));
    return byKey;
  }
}

/** Who is called of several owners: the first that is there, else the first that a call may wait for. */
function usableOf(owners: readonly Offered[], catalogues: ReadonlyMap<string, ServerCatalogue>): Admitted {
  const catalogueOf = (target: Target) => catalogues.get(target.server);
  const there = owners.find(({ target }) => {
    const state = catalogueOf(target)?.state;
    return state === 'ready' || state === 'idle';
  });
  const shown = owners.find(({ target }) => {
    const catalogue = catalogueOf(target);
    return catalogue !== undefined && isShown(catalogue);
  });
  const { target, rule } = there ?? shown ?? (owners[0] as Offered);
  return { target, rule, owners: owners.map((owner) => owner.target) };
}
