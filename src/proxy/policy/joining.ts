/*
 * Names of several servers that can meet, claimed one after the other.
 *
 * Names that an operator gave come first; then the servers in the endpoint's order, each in its own. A later server's name
 * is withheld when an earlier one has it (`merged`: it becomes a further owner), when it looks like an earlier one's, or
 * when it passes itself off as `other__tool` of a server that is here (threat T21). Whether a server is up changes nothing
 * about that, so that no name falls to another server with an outage.
 */
import { isShown } from '../../model/catalogue.ts';
import { DEFAULT_SEPARATOR, type EndpointDefinition } from '../../model/snapshot.ts';
import type { Offered } from './chunk.ts';
import type { Refusal } from './decide.ts';
import type { Names, Source } from './join.ts';
import { skeletonOf } from './look-alike.ts';
import { type Admitted, conflict, type Share, type Withheld } from './share.ts';
import { namesMeet } from './stock.ts';

export class Joining {
  readonly withheld: Withheld[] = [];
  readonly #merges: boolean;
  readonly #meets: boolean;
  readonly #owners = new Map<string, Offered>();
  /** `merged` only: all owners of the names that have several. */
  readonly #shared = new Map<string, Offered[]>();
  /** Skeleton → the server that has such a name. */
  readonly #skeletons = new Map<string, string>();
  readonly #kept: Offered[] = [];
  readonly #servers: ReadonlyMap<string, string>;

  constructor(endpoint: EndpointDefinition) {
    this.#merges = endpoint.naming === 'merged';
    this.#meets = namesMeet(endpoint, 'tools');
    this.#servers = new Map(endpoint.servers.map((server) => [skeletonOf(server), server]));
  }

  claim(offered: Offered): void {
    const owner = this.#owners.get(offered.key);
    const given = offered.change?.name !== undefined;
    if (owner) this.#meet(offered, owner);
    else {
      const fault = given ? undefined : this.#fault(offered.skeleton, offered.target.server);
      if (fault === undefined) this.#take(offered, given);
      else this.#withhold(offered, fault);
    }
  }

  isTaken(name: string, server: string): boolean {
    return this.#fault(skeletonOf(name), server) !== undefined;
  }

  /** Why this server may not have a name like that. */
  #fault(skeleton: string, server: string): string | undefined {
    if (!this.#meets) return undefined;
    const taken = this.#skeletons.get(skeleton);
    if (taken !== undefined && taken !== server) return `looks like a name of ${taken}`;
    // A server's name holds no underscore, so the first separator ends what would be one.
    const end = skeleton.indexOf(DEFAULT_SEPARATOR);
    const imitated = end < 0 ? undefined : this.#servers.get(skeleton.slice(0, end));
    return imitated === undefined || imitated === server ? undefined : `passes for a name of ${imitated}`;
  }

  #take(offered: Offered, given: boolean): void {
    this.#owners.set(offered.key, offered);
    if (!this.#meets) return;
    if (!given) this.#skeletons.set(offered.skeleton, offered.target.server);
    if (offered.key !== offered.target.key) this.#skeletons.set(skeletonOf(offered.key), offered.target.server);
  }

  #meet(offered: Offered, owner: Offered): void {
    if (!this.#merges || owner.target.server === offered.target.server) {
      this.#withhold(offered, `${owner.target.server} has this name`);
      return;
    }
    const owners = this.#shared.get(offered.key) ?? [owner];
    this.#shared.set(offered.key, owners);
    owners.push(offered);
  }

  #withhold(offered: Offered, why: string): void {
    this.withheld.push(conflict(offered, why));
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

  names(sources: readonly Source[]): Names {
    return new NamesTogether(sources, this.#owners, this.#shared);
  }
}

/** Names that do not say their server. */
class NamesTogether implements Names {
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #owners: ReadonlyMap<string, Offered>;
  readonly #shared: ReadonlyMap<string, readonly Offered[]>;

  constructor(
    sources: readonly Source[],
    owners: ReadonlyMap<string, Offered>,
    shared: ReadonlyMap<string, readonly Offered[]>,
  ) {
    this.#sources = new Map(sources.map((source) => [source.share.server, source]));
    this.#owners = owners;
    this.#shared = shared;
  }

  get(name: string): Admitted | undefined {
    const owner = this.#owners.get(name);
    const owners = this.#shared.get(name);
    if (!owners) return owner && this.#shareOf(owner)?.admitted(owner);
    const admitted = owners.flatMap((each) => this.#shareOf(each)?.admitted(each) ?? []);
    const first = this.#usableOf(admitted);
    return first && { ...first, owners: admitted };
  }

  refused(name: string): Refusal | undefined {
    for (const { share } of this.#sources.values()) {
      const refusal = share.refused(name);
      if (refusal) return refusal;
    }
    return undefined;
  }

  *[Symbol.iterator](): Iterator<readonly [string, Admitted]> {
    for (const name of this.#owners.keys()) {
      const admitted = this.get(name);
      if (admitted) yield [name, admitted];
    }
  }

  #shareOf({ target }: Offered): Share | undefined {
    return this.#sources.get(target.server)?.share;
  }

  /** Who is called of several owners: the first that is there, else the first that a call may wait for. */
  #usableOf(owners: readonly Admitted[]): Admitted | undefined {
    const catalogueOf = ({ target }: Admitted) => this.#sources.get(target.server)?.catalogue;
    const there = owners.find((owner) => {
      const state = catalogueOf(owner)?.state;
      return state === 'ready' || state === 'idle';
    });
    const waiting = owners.find((owner) => {
      const catalogue = catalogueOf(owner);
      return catalogue !== undefined && isShown(catalogue);
    });
    return there ?? waiting ?? owners[0];
  }
}
