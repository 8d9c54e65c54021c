/*
 * One server: its state, the gateway's own conversation with it, and the conversations on behalf of clients.
 *
 *   starting ──▶ ready ──▶ down ──▶ ready …        down always has a reason; the wait between tries grows and ends
 *                  └──▶ stopped
 *
 * The own link offers no capabilities and fills the catalogue. A client that offered none either, and is the local user,
 * shares it; every other (principal, capabilities) gets a link of its own, except to a server that keeps no state about
 * the conversation at all (design §7).
 */

import type { ClientFacts } from '../../model/call.ts';
import type { Cancellation } from '../../model/cancellation.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import { LOCAL_USER, type Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { type Codec, opensSession, sameEra } from '../../wire/codec.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Catalogues } from './catalogues.ts';
import { connect } from './connect.ts';
import { Link } from './link.ts';
import { Lists } from './lists.ts';

export interface UpstreamParts {
  readonly definition: ServerDefinition;
  readonly catalogues: Catalogues;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  /** JSON text of the gateway's own `Implementation` object. */
  readonly identity: string;
}

/** Who calls, as far as the choice of a link goes. */
export interface Caller {
  readonly principal: Principal;
  readonly client: ClientFacts;
  readonly codec: Codec;
}

/** After a failed try a call may cause the next one, but not more often than this. */
const EAGER_RETRY_MS = 1_000;
const FIRST_RETRY_MS = 500;

export class Upstream {
  readonly definition: ServerDefinition;
  readonly #parts: UpstreamParts;
  readonly #links = new Map<string, Link>();
  readonly #lists: Lists;
  #own: Link | undefined;
  #lost = Promise.withResolvers<string>();
  #attempt: Promise<void> = Promise.resolve();
  #attemptedMs = Number.NEGATIVE_INFINITY;
  #wake = () => {};
  /** Whether a server found to speak the newer era speaks the older one too; undefined = not tried. */
  #alternate: boolean | undefined;
  #stopped = false;

  constructor(parts: UpstreamParts) {
    this.definition = parts.definition;
    this.#parts = parts;
    this.#lists = new Lists(parts);
  }

  get name(): string {
    return this.definition.name;
  }

  get usable(): boolean {
    return this.#state === 'ready';
  }

  /** What the server speaks, as far as it is known. */
  get codec(): Codec | undefined {
    return this.#own?.codec;
  }

  start(): void {
    this.#attempt = this.#try();
    this.#run();
  }

  /** Resolves when the server has been reached or the first try has failed. */
  settled(): Promise<void> {
    return this.#attempt;
  }

  /** Resolves when the server is usable; rejects with why it is not. */
  async ready(cancellation: Cancellation): Promise<void> {
    if (this.usable) return;
    if (this.#state === 'down' && this.#parts.wheel.now() - this.#attemptedMs > EAGER_RETRY_MS) {
      this.#attempt = this.#try();
      this.#wake();
    }
    await raced(this.#attempt, cancellation);
    if (!this.usable)
      throw new GatewayError('upstream_down', { internal: { server: this.name, reason: this.#reason } });
  }

  /** Whether the server speaks the client's era; undefined when that is still to be found out by `meet`. */
  speaks(client: Codec): boolean | undefined {
    const own = this.#own?.codec;
    if (!own || sameEra(client, own)) return true;
    // The own link asked for the newer era first, so a server that it found older is older.
    return this.definition.revision !== undefined || !opensSession(client) ? false : this.#alternate;
  }

  /** Finds out whether a newer server still opens sessions for older clients, by opening this client's. */
  async meet(caller: Caller): Promise<void> {
    if (this.speaks(caller.codec) !== undefined) return;
    const link = this.linkFor(caller);
    try {
      const { revision, capabilities } = await link.open();
      this.#alternate = true;
      this.#parts.catalogues.put(this.name, { alternate: { revision, capabilities } });
    } catch (thrown) {
      const { code } = toGatewayError(thrown);
      if (!NO_SESSIONS.has(code)) throw thrown;
      this.#alternate = false;
      this.#links.delete(this.#keyOf(caller));
      await link.close();
    }
  }

  /** The link for calls of this client, in its own era where the server speaks that, else in the server's. */
  linkFor(caller: Caller): Link {
    const own = this.#own;
    if (!own || this.#state !== 'ready') throw new GatewayError('upstream_down', { internal: { server: this.name } });
    const key = this.#keyOf(caller);
    if (key === '') return own;
    const known = this.#links.get(key);
    if (known && !known.closed) return known;
    this.#makeRoom();
    const other = this.#inOtherEra(caller) ? caller.codec.revision : undefined;
    const link = this.#newLink(key, isOffered(caller.client, this.definition) ? caller.client : undefined, other);
    this.#links.set(key, link);
    return link;
  }

  /** The link this client already has; never makes one. */
  knownLink(caller: Caller): Link | undefined {
    return this.#own && this.#links.get(this.#keyOf(caller));
  }

  #inOtherEra({ codec }: Caller): boolean {
    return this.#own !== undefined && !sameEra(codec, this.#own.codec) && this.speaks(codec) !== false;
  }

  /** A call failed because nothing was there: the server is down until a try says otherwise. */
  failed(link: Link, reason: string): void {
    if (link === this.#own) this.#lost.resolve(reason);
  }

  /** Somebody asked for a name that the list does not have: perhaps the list is old. */
  nudge(kinds: readonly EntryKind[]): void {
    if (this.#own && this.#state === 'ready') this.#lists.refreshSoon(this.#own, kinds);
  }

  /** A list was served: if the server said it is good for a while only, and the while is over, it is read anew. */
  served(kind: EntryKind): void {
    if (this.#own && this.#state === 'ready') this.#lists.refreshIfExpired(this.#own, kind);
  }

  /** Every link that clients use, the own one included: for subscriptions. */
  get links(): readonly Link[] {
    return this.#own ? [this.#own, ...this.#links.values()] : [...this.#links.values()];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#put('stopped', 'the gateway is stopping');
    this.#lost.resolve('stopped');
    this.#wake();
    this.#lists.stop();
    await Promise.all(this.links.map((link) => link.close()));
  }

  get #state() {
    return this.#parts.catalogues.of(this.name).state;
  }

  get #reason(): string {
    return this.#parts.catalogues.of(this.name).reason;
  }

  #put(state: 'starting' | 'ready' | 'down' | 'stopped', reason: string): void {
    this.#parts.catalogues.put(this.name, { state, reason });
    this.#parts.emit({ type: 'server_state', server: this.name, state, reason });
  }

  async #run(): Promise<void> {
    let waitMs = FIRST_RETRY_MS;
    while (!this.#stopped) {
      await this.#attempt;
      if (this.#state === 'ready') {
        waitMs = FIRST_RETRY_MS;
        await this.#down(await this.#lost.promise);
      }
      if (this.#stopped) return;
      const sleep = this.#parts.wheel.sleep(waitMs);
      this.#wake = sleep.wake;
      const before = this.#attempt;
      await sleep.done;
      waitMs = Math.min(waitMs * 2, this.definition.limits.reconnectMaxMs);
      if (!this.#stopped && this.#attempt === before) this.#attempt = this.#try();
    }
  }

  async #down(reason: string): Promise<void> {
    if (this.#stopped) return;
    this.#put('down', reason);
    await this.#dropLinks();
  }

  async #dropLinks(): Promise<void> {
    const links = this.links;
    this.#own = undefined;
    this.#links.clear();
    this.#lists.stop();
    await Promise.all(links.map((link) => link.close()));
  }

  /** Never rejects: how it went is the state. */
  async #try(): Promise<void> {
    this.#lost = Promise.withResolvers();
    this.#alternate = undefined;
    const link = this.#newLink('', undefined, this.definition.revision);
    try {
      const handshake = await link.open();
      const lists = await this.#lists.readAll(link);
      if (this.#stopped) throw new GatewayError('draining');
      this.#own = link;
      const { revision, capabilities, serverInfo, instructions } = handshake;
      this.#parts.catalogues.put(this.name, {
        alternate: undefined,
        revision,
        capabilities,
        serverInfo,
        instructions,
        lists,
      });
      this.#put('ready', '');
      this.#lists.keepFresh(link);
    } catch (thrown) {
      const { limit } = toGatewayError(thrown);
      if (limit !== undefined) this.#parts.emit({ type: 'limit_hit', limit, principal: '' });
      await link.close();
      if (!this.#stopped) this.#put('down', reasonOf(thrown));
    }
    this.#attemptedMs = this.#parts.wheel.now();
  }

  #keyOf(caller: Caller): string {
    const { definition } = this;
    const other = this.#inOtherEra(caller);
    const spoken = other ? caller.codec : this.#own?.codec;
    const keepsNothing = definition.transport.kind === 'http' && spoken !== undefined && !opensSession(spoken);
    if (!other && (definition.shared || keepsNothing)) return '';
    const offered = isOffered(caller.client, definition) ? caller.client.fingerprint : '';
    const who = definition.shared ? '' : caller.principal.id;
    if (other) return `${who}\n${offered}\nsession`;
    return who === LOCAL_USER.id && offered === '' ? '' : `${who}\n${offered}`;
  }

  #newLink(key: string, client: ClientFacts | undefined, revision: Revision | undefined): Link {
    const { definition, wheel, identity } = this.#parts;
    const own = this.#parts.catalogues.of(this.name);
    const odd = (what: string, internal: Readonly<Record<string, unknown>>) =>
      this.#parts.emit({ type: 'oddity', server: this.name, what, internal });
    const link: Link = new Link({
      server: this.name,
      connect: (events) => connect(definition, events),
      offer: { capabilities: client?.capabilities ?? '{}', info: client?.info ?? identity },
      known: revision ?? (key === '' ? undefined : own.revision),
      limits: definition.limits,
      wheel,
      events: {
        onListChanged: (kind) => this.#own && this.#lists.changed(this.#own, kind),
        onResourceUpdated: (uri, message) => link.subscriptions.updated(uri, message),
        onLimit: (limit) => this.#parts.emit({ type: 'limit_hit', limit, principal: '' }),
        onOddity: odd,
        onLost: (reason) => this.#linkLost(link, key, reason),
      },
    });
    return link;
  }

  #linkLost(link: Link, key: string, reason: string): void {
    if (link === this.#own) this.#lost.resolve(reason);
    else if (this.#links.get(key) === link) this.#links.delete(key);
  }

  /** The one that was used least lately goes, if it is idle; else there is no room. */
  #makeRoom(): void {
    const limit = this.definition.transport.kind === 'stdio' ? 'processesMax' : 'upstreamSessionsMax';
    if (this.#links.size < this.definition.limits[limit]) return;
    const idle = [...this.#links]
      .filter(([, link]) => !link.busy)
      .sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs)[0];
    if (!idle) throw new GatewayError('over_limit', { retryAfterSeconds: 1, limit, internal: { server: this.name } });
    this.#links.delete(idle[0]);
    idle[1].close();
  }
}

/** What a server says that has no sessions: it knows no `initialize`. */
const NO_SESSIONS: ReadonlySet<string> = new Set(['upstream_refused', 'upstream_invalid', 'upstream_session']);

/** A shared server is offered no client capabilities: what one client can do is nothing to the next. */
function isOffered(client: ClientFacts, definition: ServerDefinition): boolean {
  return !definition.shared && client.fingerprint !== '';
}

function reasonOf(thrown: unknown): string {
  const error = toGatewayError(thrown);
  const { internal } = error;
  const detail = typeof internal.detail === 'string' ? internal.detail : JSON.stringify(internal);
  return detail === '{}' ? error.message : `${error.message} (${detail.slice(0, 300)})`;
}

async function raced(promise: Promise<void>, cancellation: Cancellation): Promise<void> {
  const cancelled = Promise.withResolvers<never>();
  const unlisten = cancellation.onCancel((reason) => cancelled.reject(reason));
  try {
    await Promise.race([promise, cancelled.promise]);
  } finally {
    unlisten();
  }
}
