/*
 * The conversations with one server on behalf of clients, and whose is whose.
 *
 *   key = (principal and organisation, fingerprint of the capabilities offered, era where the server speaks two)
 *
 * `''` is the gateway's own link: it offers no capabilities, and the local user's clients that offer none either share it,
 * as do all clients of a server that keeps nothing about the conversation, or is said to (`isolation: shared`).
 *
 * There is room for so many, and one principal gets no more than half of it: when it has that, or nothing is free, the
 * conversation that was used least lately ends, if it is idle; else there is no room. A process that keeps ending is
 * started again for its caller only as often as the server's own would be.
 */
import type { ClientFacts } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { LimitName } from '../../model/limits.ts';
import type { ListContext } from '../../model/list-context.ts';
import { holderOf, LOCAL_HOLDER, type Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { ExitCount } from './exit-count.ts';
import type { Link } from './link.ts';

/** Who calls, as far as the choice of a link goes. */
export interface Caller {
  readonly principal: Principal;
  readonly client: ClientFacts;
  readonly codec: Codec;
}

/** What a new link is for. */
export interface LinkPurpose {
  readonly key: string;
  /** Whose it is; `''` for everybody's. */
  readonly holder: string;
  /** Whose capabilities are offered; undefined for none. */
  readonly client: ClientFacts | undefined;
  readonly known: Revision | undefined;
  /** In whose eyes lists are read over it; undefined where they are everybody's. */
  readonly context?: ListContext | undefined;
  /** What must be gone first: a process that made room still counts while it ends. */
  readonly after?: Promise<void> | undefined;
}

export interface LinksParts {
  readonly definition: ServerDefinition;
  readonly wheel: Pick<TimerWheel, 'now'>;
  readonly make: (purpose: LinkPurpose) => Link;
  /** The last one has ended. */
  readonly onNone: () => void;
}

type Held = { readonly link: Link; readonly holder: string };

/** Ends the key of a session at a server that speaks otherwise to newer clients. */
const IN_SESSION = '\nsession';

export class Links {
  readonly #parts: LinksParts;
  readonly #definition: ServerDefinition;
  readonly #byKey = new Map<string, Held>();
  readonly #exits = new Map<string, ExitCount>();

  constructor(parts: LinksParts) {
    this.#parts = parts;
    this.#definition = parts.definition;
  }

  /** `otherEra` = the server also speaks the caller's era, which is not the one of its own link. */
  keyOf(caller: Caller, own: Codec, otherEra: boolean): string {
    const { transport, shared } = this.#definition;
    const keepsNothing = transport.kind === 'http' && !opensSession(own);
    if (!otherEra && (shared || keepsNothing)) return '';
    // A server that hears with each request what its client can do needs no conversation for each kind of client.
    const opens = opensSession(otherEra ? caller.codec : own);
    const kind = opens && this.#offers(caller.client) ? caller.client.fingerprint : '';
    // A call that is parked has its turn for as long as a person takes; nobody waits for it whose session this is.
    const offered = kind === '' || caller.codec.asks === 'requests' ? kind : `${kind}\nparks`;
    const who = shared ? '' : holderOf(caller.principal);
    if (otherEra) return `${who}\n${offered}${IN_SESSION}`;
    return who === LOCAL_HOLDER && offered === '' ? '' : `${who}\n${offered}`;
  }

  /** Whether any conversation is open. */
  get some(): boolean {
    return [...this.#byKey.values()].some(({ link }) => link.handshake !== undefined && !link.closed);
  }

  get count(): number {
    return [...this.#byKey.values()].filter(({ link }) => link.handshake !== undefined && !link.closed).length;
  }

  get busy(): boolean {
    return [...this.#byKey.values()].some(({ link }) => link.busy);
  }

  /** Whoever watched something over one of them is told, and watches it elsewhere. */
  unwatch(): void {
    for (const { link } of this.#byKey.values()) link.watched.end();
  }

  known(key: string): Link | undefined {
    const link = this.#byKey.get(key)?.link;
    return link?.closed ? undefined : link;
  }

  /**
   * The link under this key, opened when first used; or the first `beside` it on which no call is parked. Throws
   * `over_limit` and `upstream_crashed`.
   */
  get(under: string, { principal, client, codec }: Caller, known: Revision | undefined, beside = false): Link {
    const key = beside ? this.#besideKey(under) : under;
    const holder = this.#definition.shared ? '' : holderOf(principal);
    const offers = (!known || opensSession(codecOf(known))) && this.#offers(client);
    const context = beside ? undefined : this.#contextOf(key, { principal, client, codec }, known);
    return this.known(key) ?? this.make({ key, holder, client: offers ? client : undefined, known, context });
  }

  /** Lists of newer servers are the same for all of one credential, and do not change with a conversation (Tools). */
  #contextOf(key: string, { principal, client, codec }: Caller, known?: Revision): ListContext | undefined {
    if (this.#definition.shared || !known || !opensSession(codecOf(known))) return undefined;
    const [server, capabilities] = [this.#definition.name, this.#offers(client) ? client.fingerprint : ''];
    // Clients of both eras look alike here, and only one of them is shown what a server of both says in sessions.
    if (capabilities === '' && key.endsWith(IN_SESSION)) return undefined;
    return { server, credential: '', capabilities, holder: holderOf(principal), asks: codec.asks };
  }

  /** Whether one more is opened without ending another. */
  hasRoom(holder: string): boolean {
    const max = this.#definition.limits[this.#limit];
    const own = [...this.#byKey.values()].filter((held) => held.holder === holder).length;
    return own < shareOf(holder, max) && this.#byKey.size < max;
  }

  get #limit(): LimitName {
    return this.#definition.transport.kind === 'stdio' ? 'processesMax' : 'upstreamSessionsMax';
  }

  #besideKey(key: string): string {
    for (let n = 1; ; n++) if (this.known(`${key}\n${n}`)?.isHeldUp !== true) return `${key}\n${n}`;
  }

  make(purpose: LinkPurpose): Link {
    const known = this.known(purpose.key);
    if (known) return known;
    this.#refuseCrashing(purpose.key);
    const link = this.#parts.make({ ...purpose, after: this.#makeRoom(purpose.holder) });
    this.#byKey.set(purpose.key, { link, holder: purpose.holder });
    return link;
  }

  /** False when another link has taken its place. */
  forget(key: string, link: Link): boolean {
    if (this.#byKey.get(key)?.link !== link) return false;
    this.#byKey.delete(key);
    if (this.#byKey.size === 0) this.#parts.onNone();
    return true;
  }

  /** It ended by itself. */
  lost(key: string, link: Link): boolean {
    if (!this.forget(key, link)) return false;
    if (this.#definition.transport.kind === 'stdio') this.#countExit(key);
    return true;
  }

  /** Ends what was not used for so long; gives how many those were. */
  endIdle(idleMs: number): number {
    const sinceMs = this.#parts.wheel.now() - idleMs;
    const idle = [...this.#byKey].filter(([, { link }]) => !link.busy && link.lastUsedMs < sinceMs);
    for (const [key, { link }] of idle) void this.#end(key, link);
    if (idle.length > 0 && this.#byKey.size === 0) this.#parts.onNone();
    return idle.length;
  }

  /** New calls get new ones. */
  retireAll(): void {
    const links = [...this.#byKey.values()];
    this.#byKey.clear();
    this.#exits.clear();
    for (const { link } of links) link.retire().catch(() => {});
  }

  async closeAll(code: 'draining' | 'upstream_lost'): Promise<void> {
    const links = [...this.#byKey.values()];
    this.#byKey.clear();
    this.#exits.clear();
    await Promise.all(links.map(({ link }) => link.close(code)));
  }

  /** A shared server is offered no client capabilities: what one client can do is nothing to the next. */
  #offers(client: ClientFacts): boolean {
    return !this.#definition.shared && client.fingerprint !== '';
  }

  #countExit(key: string): void {
    const nowMs = this.#parts.wheel.now();
    for (const [other, exits] of this.#exits) if (exits.recent(nowMs) === 0) this.#exits.delete(other);
    const exits = this.#exits.get(key) ?? new ExitCount(this.#definition.limits);
    exits.add(nowMs);
    this.#exits.set(key, exits);
  }

  #refuseCrashing(key: string): void {
    if (!this.#exits.get(key)?.tooMany(this.#parts.wheel.now())) return;
    const internal = { server: this.#definition.name, why: 'the process of one caller' };
    throw new GatewayError('upstream_crashed', { internal, limit: 'restartsMax' });
  }

  #makeRoom(holder: string): Promise<void> | undefined {
    const { name, limits } = this.#definition;
    const limit = this.#limit;
    const own = [...this.#byKey].filter(([, held]) => held.holder === holder);
    const hasShare = own.length >= shareOf(holder, limits[limit]);
    if (!hasShare && this.#byKey.size < limits[limit]) return undefined;
    const idle = leastUsed(own) ?? (hasShare ? undefined : leastUsed([...this.#byKey]));
    if (!idle)
      throw new GatewayError('over_limit', { retryAfterSeconds: 1, limit, internal: { server: name, holder } });
    return this.#end(...idle);
  }

  #end(key: string, link: Link): Promise<void> {
    this.#byKey.delete(key);
    return link.close('upstream_lost').catch(() => {});
  }
}

/** Where everyone is the local user, or nobody in particular, there is nobody to leave room for. */
function shareOf(holder: string, max: number): number {
  return holder === '' || holder === LOCAL_HOLDER ? max : Math.ceil(max / 2);
}

function leastUsed(held: readonly (readonly [string, Held])[]): [string, Link] | undefined {
  const idle = held
    .filter(([, { link }]) => !link.busy)
    .sort(([, a], [, b]) => a.link.lastUsedMs - b.link.lastUsedMs)[0];
  return idle && [idle[0], idle[1].link];
}
