/*
 * One server: its state, and the gateway's own conversation with it, which fills the catalogue.
 *
 *   starting ──▶ ready ──▶ down ──▶ ready …        down always has a reason; the wait between tries grows and ends
 *                  └──▶ stopped
 *
 * One loop owns the state. There is never more than one try to reach the server: the loop's and an impatient caller's are
 * the same. When the own link is lost, the links of clients stay: each finds out for itself, and heals for itself.
 */
import type { Cancellation } from '../../model/cancellation.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Revision } from '../../model/revision.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { type Codec, opensSession, sameEra } from '../../wire/codec.ts';
import { SESSIONFUL } from '../../wire/codecs.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Catalogues } from './catalogues.ts';
import { connect } from './connect.ts';
import { refusesOpening } from './handshake.ts';
import { Link } from './link.ts';
import { type Caller, type LinkPurpose, Links } from './links.ts';
import { Lists } from './lists.ts';
import type { ProcessGroups } from './process-groups.ts';
import { reasonOf } from './reason.ts';

export interface UpstreamParts {
  readonly definition: ServerDefinition;
  readonly catalogues: Catalogues;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  /** JSON text of the gateway's own `Implementation` object. */
  readonly identity: string;
  readonly groups: ProcessGroups;
}

/** After a failed try a call may cause the next one, but not more often than this. */
const EAGER_RETRY_MS = 1_000;
const FIRST_RETRY_MS = 500;

export class Upstream {
  readonly definition: ServerDefinition;
  readonly #parts: UpstreamParts;
  readonly #links: Links;
  readonly #lists: Lists;
  /** Own links that are on their way out. */
  readonly #leaving = new Set<Promise<void>>();
  /** Lists that changed while they were being read for the first time. */
  readonly #early = new Set<'tools' | 'prompts' | 'resources'>();
  #own: Link | undefined;
  #lost = Promise.withResolvers<string>();
  #reaching: Promise<void> | undefined;
  #triedMs = Number.NEGATIVE_INFINITY;
  /** The loop's wait for its next try. */
  #asleep: { readonly done: Promise<void>; readonly wake: () => void } | undefined;
  /** Whether a server found to speak the newer era speaks the older one too; undefined = not tried. */
  #alternate: boolean | undefined;
  /** The server ends its process when it is asked for a newer era. */
  #diesOfDiscover = false;
  #stopped = false;

  constructor(parts: UpstreamParts) {
    this.definition = parts.definition;
    this.#parts = parts;
    this.#links = new Links(parts.definition, (purpose) => this.#newLink(purpose));
    this.#lists = new Lists(parts, (link, why) => this.failed(link, why));
  }

  get name(): string {
    return this.definition.name;
  }

  get usable(): boolean {
    return this.#catalogue.state === 'ready';
  }

  start(): void {
    this.#run();
  }

  /** Resolves when the try under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.#reaching;
  }

  /** Resolves when the server is usable; rejects with why it is not. */
  async ready(cancellation: Cancellation): Promise<void> {
    if (this.usable) return;
    if (this.#asleep && this.#parts.wheel.now() - this.#triedMs > EAGER_RETRY_MS) {
      this.#asleep.wake();
      // The loop was waiting for this first, so its try has begun when we go on.
      await this.#asleep.done;
    }
    await cancellation.race(this.settled());
    if (this.usable) return;
    throw new GatewayError('upstream_down', { internal: { server: this.name, reason: this.#catalogue.reason } });
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
      this.#links.forget(this.#keyOf(caller), link);
      this.#leave(link, 'upstream_lost');
      if (!refusesOpening(toGatewayError(thrown))) throw thrown;
      this.#alternate = false;
    }
  }

  /** The link for calls of this client, in its own era where the server speaks that, else in the server's. */
  linkFor(caller: Caller): Link {
    const own = this.#own;
    if (!own || !this.usable) throw new GatewayError('upstream_down', { internal: { server: this.name } });
    const key = this.#keyOf(caller);
    if (key === '') return own;
    return this.#links.get(key, caller, this.#inOtherEra(caller) ? caller.codec.revision : own.codec.revision);
  }

  /** The link this client already has; never makes one. */
  knownLink(caller: Caller): Link | undefined {
    return this.#own && this.#links.known(this.#keyOf(caller));
  }

  /** Nobody was there: on the own link that makes the server down; on another it is reason to look. */
  failed(link: Link, reason: string): void {
    if (link === this.#own) this.#lost.resolve(reason);
    else this.nudge(['tools']);
  }

  /** Somebody asked for a name that the list does not have: perhaps the list is old. */
  nudge(kinds: readonly EntryKind[]): void {
    if (this.#own && this.usable) this.#lists.refreshSoon(this.#own, kinds);
  }

  /** A list was served: if the server said it is good for a while only, and the while is over, it is read anew. */
  served(kind: EntryKind): void {
    if (this.#own && this.usable) this.#lists.refreshIfExpired(this.#own, kind);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#put('stopped', 'the gateway is stopping');
    this.#lost.resolve('stopped');
    this.#asleep?.wake();
    this.#lists.stop();
    if (this.#own) this.#leave(this.#own, 'draining');
    await Promise.all([this.#links.closeAll('draining'), ...this.#leaving]);
  }

  get #catalogue() {
    return this.#parts.catalogues.of(this.name);
  }

  #put(state: 'ready' | 'down' | 'stopped', reason: string): void {
    this.#parts.catalogues.put(this.name, { state, reason });
    this.#parts.emit({ type: 'server_state', server: this.name, state, reason });
  }

  async #run(): Promise<void> {
    let waitMs = FIRST_RETRY_MS;
    while (!this.#stopped) {
      this.#reaching = this.#reach();
      await this.#reaching;
      if (this.usable) {
        waitMs = FIRST_RETRY_MS;
        this.#down(await this.#lost.promise);
      }
      if (this.#stopped) return;
      this.#asleep = this.#parts.wheel.sleep(waitMs);
      await this.#asleep.done;
      this.#asleep = undefined;
      waitMs = Math.min(waitMs * 2, this.definition.limits.reconnectMaxMs);
    }
  }

  #down(reason: string): void {
    if (this.#stopped) return;
    this.#put('down', reason);
    this.#lists.stop();
    const own = this.#own;
    this.#own = undefined;
    if (own) this.#leave(own, 'upstream_lost');
  }

  /** Ends a link without waiting for it, but not without `stop` waiting for it. */
  #leave(link: Link, code: 'draining' | 'upstream_lost'): void {
    const leaving = link.close(code).catch(() => {});
    this.#leaving.add(leaving);
    leaving.finally(() => this.#leaving.delete(leaving));
  }

  /** One try to reach the server. Never rejects: how it went is the state. */
  async #reach(): Promise<void> {
    this.#lost = Promise.withResolvers();
    this.#early.clear();
    const known = this.definition.revision ?? (this.#diesOfDiscover ? SESSIONFUL[0] : undefined);
    const link = this.#newLink({ key: '', client: undefined, known });
    try {
      await this.#fill(link);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.limit !== undefined) this.#parts.emit({ type: 'limit_hit', limit: error.limit, principal: '' });
      await link.close('upstream_lost');
      if (this.#shouldSkipDiscover(link, error, known)) return this.#reach();
      if (!this.#stopped) this.#put('down', reasonOf(error, link.lastWords));
    } finally {
      this.#triedMs = this.#parts.wheel.now();
    }
  }

  /** Some servers end on anything that comes before `initialize`; those are begun with that from then on. */
  #shouldSkipDiscover(link: Link, error: GatewayError, known: Revision | undefined): boolean {
    if (known !== undefined || link.handshake || this.#stopped) return false;
    this.#diesOfDiscover = this.definition.transport.kind === 'stdio' && error.code === 'upstream_lost';
    return this.#diesOfDiscover;
  }

  async #fill(link: Link): Promise<void> {
    const { revision, capabilities, serverInfo, instructions } = await link.open();
    const lists = await this.#lists.readAll(link);
    if (this.#stopped || link.closed) throw new GatewayError('upstream_lost');
    const changed = this.#catalogue.revision !== revision;
    if (changed) await this.#links.closeAll('upstream_lost');
    this.#own = link;
    this.#alternate = undefined;
    const found = { alternate: undefined, revision, capabilities, serverInfo, instructions, lists };
    this.#parts.catalogues.put(this.name, found);
    this.#put('ready', '');
    this.#lists.keepFresh(link);
    for (const kind of this.#early) this.#lists.changed(link, kind);
  }

  #keyOf(caller: Caller): string {
    return this.#own ? this.#links.keyOf(caller, this.#own.codec, this.#inOtherEra(caller)) : '';
  }

  #inOtherEra({ codec }: Caller): boolean {
    return this.#own !== undefined && !sameEra(codec, this.#own.codec) && this.speaks(codec) !== false;
  }

  #newLink(purpose: LinkPurpose): Link {
    const { key, client, known } = purpose;
    const { definition, wheel, identity, emit, groups } = this.#parts;
    const server = this.name;
    const link: Link = new Link({
      server,
      connect: (events) => connect(definition, events, groups),
      offer: { capabilities: client?.capabilities ?? '{}', info: client?.info ?? identity },
      known,
      subscriptions: this.#links.subscriptionsOf(key),
      shared: definition.shared,
      limits: definition.limits,
      wheel,
      events: {
        onListChanged: (kind) => (this.#own ? this.#lists.changed(this.#own, kind) : this.#early.add(kind)),
        onResourceUpdated: (uri, message) => link.subscriptions.updated(uri, message),
        onLimit: (limit) => emit({ type: 'limit_hit', limit, principal: '' }),
        onOddity: (what, internal) => emit({ type: 'oddity', server, what, internal }),
        onReopened: () => this.#forgot(link),
        onLost: (reason) => this.#linkLost(link, purpose, reason),
      },
    });
    return link;
  }

  /** A server that forgot one session has most likely been restarted: its lists may be other ones. */
  #forgot(link: Link): void {
    if (!this.#own || !this.usable) return;
    for (const kind of ['tools', 'prompts', 'resources'] as const) this.#lists.changed(this.#own, kind);
    if (link !== this.#own) return;
    const { capabilities, serverInfo, instructions } = link.handshake ?? {};
    if (capabilities && serverInfo) {
      this.#parts.catalogues.put(this.name, { capabilities, serverInfo, instructions });
    }
  }

  #linkLost(link: Link, purpose: LinkPurpose, reason: string): void {
    const words = link.lastWords;
    if (link === this.#own) this.#lost.resolve(words === '' ? reason : `${reason}: ${words}`);
    else if (this.#links.forget(purpose.key, link) && link.handshake && link.subscriptions.size > 0)
      this.#resume(purpose);
  }

  /** A client that watches resources waits for no call of its own to hear of them again. */
  async #resume(purpose: LinkPurpose): Promise<void> {
    await this.#parts.wheel.sleep(FIRST_RETRY_MS).done;
    if (this.#stopped || !this.usable) return;
    await this.#links
      .make(purpose)
      .open()
      .catch(() => {});
  }
}
