/*
 * The conversations with one server on behalf of clients, and whose is whose.
 *
 *   key = (principal, fingerprint of the capabilities offered, era where the server speaks two)
 *
 * `''` is the gateway's own link: it offers no capabilities, and the local user's clients that offer none either share it,
 * as do all clients of a server that keeps nothing about the conversation, or is said to (`isolation: shared`).
 */
import type { ClientFacts } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER, type Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import type { Link } from './link.ts';
import { Subscriptions } from './subscriptions.ts';

/** Who calls, as far as the choice of a link goes. */
export interface Caller {
  readonly principal: Principal;
  readonly client: ClientFacts;
  readonly codec: Codec;
}

/** What a new link is for. */
export interface LinkPurpose {
  readonly key: string;
  /** Whose capabilities are offered; undefined for none. */
  readonly client: ClientFacts | undefined;
  readonly known: Revision | undefined;
}

export class Links {
  readonly #definition: ServerDefinition;
  readonly #make: (purpose: LinkPurpose) => Link;
  readonly #byKey = new Map<string, Link>();
  readonly #subscriptions = new Map<string, Subscriptions>();

  constructor(definition: ServerDefinition, make: (purpose: LinkPurpose) => Link) {
    this.#definition = definition;
    this.#make = make;
  }

  /** `otherEra` = the server also speaks the caller's era, which is not the one of its own link. */
  keyOf(caller: Caller, own: Codec, otherEra: boolean): string {
    const { transport, shared } = this.#definition;
    const keepsNothing = transport.kind === 'http' && !opensSession(own);
    if (!otherEra && (shared || keepsNothing)) return '';
    const offered = this.#offers(caller.client) ? caller.client.fingerprint : '';
    const who = shared ? '' : caller.principal.id;
    if (otherEra) return `${who}\n${offered}\nsession`;
    return who === LOCAL_USER.id && offered === '' ? '' : `${who}\n${offered}`;
  }

  known(key: string): Link | undefined {
    const link = this.#byKey.get(key);
    return link?.closed ? undefined : link;
  }

  /** The link under this key, opened when first used. Throws `over_limit`. */
  get(key: string, caller: Caller, known: Revision | undefined): Link {
    return this.make({ key, client: this.#offers(caller.client) ? caller.client : undefined, known });
  }

  make(purpose: LinkPurpose): Link {
    const known = this.known(purpose.key);
    if (known) return known;
    this.#makeRoom();
    const made = this.#make(purpose);
    this.#byKey.set(purpose.key, made);
    return made;
  }

  /** False when another link has taken its place. */
  forget(key: string, link: Link): boolean {
    if (this.#byKey.get(key) !== link) return false;
    return this.#byKey.delete(key);
  }

  /** What clients of this key watch, over whichever link. */
  subscriptionsOf(key: string): Subscriptions {
    for (const [other, { size }] of this.#subscriptions) {
      if (size === 0 && other !== '' && !this.#byKey.has(other)) this.#subscriptions.delete(other);
    }
    const subscriptions = this.#subscriptions.get(key) ?? new Subscriptions();
    this.#subscriptions.set(key, subscriptions);
    return subscriptions;
  }

  async closeAll(code: 'draining' | 'upstream_lost'): Promise<void> {
    const links = [...this.#byKey.values()];
    this.#byKey.clear();
    await Promise.all(links.map((link) => link.close(code)));
  }

  /** A shared server is offered no client capabilities: what one client can do is nothing to the next. */
  #offers(client: ClientFacts): boolean {
    return !this.#definition.shared && client.fingerprint !== '';
  }

  /** The one that was used least lately goes, if it is idle; else there is no room. */
  #makeRoom(): void {
    const { name, limits, transport } = this.#definition;
    const limit = transport.kind === 'stdio' ? 'processesMax' : 'upstreamSessionsMax';
    if (this.#byKey.size < limits[limit]) return;
    const idle = [...this.#byKey]
      .filter(([, link]) => !link.busy)
      .sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs)[0];
    if (!idle) throw new GatewayError('over_limit', { retryAfterSeconds: 1, limit, internal: { server: name } });
    this.#byKey.delete(idle[0]);
    idle[1].close('upstream_lost').catch(() => {});
  }
}
