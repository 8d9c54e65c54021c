/*
 * One server, as the rest of the data plane sees it: whether it can be called, over what, and what keeps its lists true.
 *
 *   life.ts    when the server is tried, sleeps, is given up       own.ts     the gateway's own conversation
 *   links.ts   the conversations of callers, and whose is whose    lists.ts   what the server offers
 *   healing.ts what is done when something of that does not hold any more
 *
 * The own conversation fills the catalogue and serves the local user's clients that offer nothing. When it is lost, those
 * of callers stay: each finds out and heals for itself. Behind a pipe it rests while callers have processes of their own,
 * which never wait for it, and nobody needs it (resting.ts).
 */
import type { Cancellation } from '../../model/cancellation.ts';
import type { ServerState } from '../../model/catalogue.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { ConnectParts } from './connect.ts';
import { Contexts } from './contexts.ts';
import { refusesOpening } from './handshake.ts';
import { Healing } from './healing.ts';
import { idle } from './letting-go.ts';
import { Life } from './life.ts';
import type { Link } from './link.ts';
import { LinkMaker } from './link-maker.ts';
import { type Caller, type LinkPurpose, Links } from './links.ts';
import type { ListKind } from './list-notices.ts';
import { Lists } from './lists.ts';
import { Offers } from './offers.ts';
import { Own } from './own.ts';
import { Resting } from './resting.ts';
import type { Seated } from './seat.ts';
import { Spoken } from './spoken.ts';
import type { StartQueue } from './start-queue.ts';

export interface UpstreamParts extends ConnectParts {
  readonly definition: ServerDefinition;
  readonly catalogues: Seated;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  /** JSON text of the gateway's own `Implementation` object. */
  readonly identity: string;
  /** Where processes wait for their turn to start. */
  readonly starts: StartQueue;
  /** What must be gone before this server is reached: one that it replaces may hold a port or a lock. */
  readonly after?: Promise<void> | undefined;
}

/** As a key of links: nobody's, and not the own one. */
const VISITOR = 'visitor';

export class Upstream {
  definition: ServerDefinition;
  /** Calls that wait for it on their way. */
  arriving = 0;
  readonly healing: Healing;
  readonly offers: Offers;
  readonly #parts: UpstreamParts;
  readonly #maker: LinkMaker;
  readonly #links: Links;
  readonly #lists: Lists;
  readonly #contexts: Contexts;
  readonly #own: Own;
  readonly #life: Life;
  readonly #resting: Resting;
  readonly #spoken: Spoken;
  #sinceMs: number;
  #isLetGo = false;

  constructor(parts: UpstreamParts) {
    const { definition, wheel, emit } = parts;
    this.definition = definition;
    this.#sinceMs = wheel.now();
    this.#parts = parts;
    this.#spoken = new Spoken(definition.revision);
    this.#maker = this.#newMaker();
    this.#lists = new Lists(parts, {
      onUnreachable: (link, why) => this.healing.failed(link, why),
      look: () => this.healing.look(),
    });
    this.#contexts = new Contexts(parts);
    this.offers = this.#newOffers();
    this.#links = new Links({
      ...{ definition, wheel },
      make: (purpose) => this.#maker.make(purpose),
      onNone: () => this.#resting.noCallers(),
    });
    this.#own = this.#newOwn();
    this.#life = this.#newLife();
    this.healing = new Healing({
      ...{ ...parts, links: this.#links, own: this.#own, life: this.#life, spoken: this.#spoken },
      reachable: () => this.reachable,
    });
    this.#resting = new Resting({
      ...{ definition, wheel, emit, links: this.#links, life: this.#life, own: this.#own },
      put: (state, reason) => this.#put(state, reason),
    });
  }

  #newOffers(): Offers {
    return new Offers({
      ...{ ...this.#parts, lists: this.#lists, contexts: this.#contexts },
      own: () => this.#own,
      links: () => this.#links,
      opensSessions: ({ codec }) =>
        this.#spoken.inOtherEra(codec) || (this.#spoken.codec !== undefined && opensSession(this.#spoken.codec)),
      linkFor: (caller) => this.linkFor(caller),
    });
  }

  #newMaker(): LinkMaker {
    return new LinkMaker(this.#parts, {
      onListChanged: (kind, link, purpose) => this.#listChanged(kind, link, purpose),
      onOpened: (purpose, link) => this.#opened(purpose, link),
      onReopened: (link) => void this.healing.reopened(link),
      onNotReopened: (link, purpose, error) => this.healing.notReopened(link, purpose, error),
      onDoubt: (link, purpose, refusesVersion) => this.healing.doubted(link, purpose, refusesVersion),
      onIdentity: (serverInfo) => void this.healing.heard(serverInfo),
      onLost: (link, purpose, reason) => this.#linkLost(link, purpose, reason),
      onTurn: (purpose, queued) => this.#turn(purpose, queued),
    });
  }

  #newOwn(): Own {
    return new Own({
      ...{ ...this.#parts, lists: this.#lists },
      newLink: (known) => this.#maker.make({ key: '', holder: '', client: undefined, known, after: this.#parts.after }),
      newVisitor: (known) => this.#maker.make({ key: VISITOR, holder: '', client: undefined, known }),
      onFailed: (link, reason) => this.healing.failed(link, reason),
      reachBy: (transport) => {
        this.#maker.transport = transport;
      },
      onOtherRevision: () => this.#links.retireAll(),
    });
  }

  #newLife(): Life {
    const { definition, wheel, emit } = this.#parts;
    return new Life({
      ...{ wheel, limits: definition.limits, process: definition.transport.kind === 'stdio' },
      reach: () => this.#reach(),
      leave: () => this.#own.leave('upstream_lost'),
      retire: () => this.#own.retire(),
      put: (state, reason) => this.#put(state, reason),
      restingAs: () => this.#resting.shownAs(),
      onCrash: () => emit({ type: 'limit_hit', limit: 'restartsMax', principal: '' }),
    });
  }

  get name(): string {
    return this.definition.name;
  }

  /** It is there, or its own process rests: then what its callers have of it works, and more can be had. */
  get reachable(): boolean {
    return this.#own.link !== undefined || this.#life.phase === 'resting';
  }

  /** Processes of this server that run now. */
  get processes(): number {
    return this.#maker.logs.running;
  }

  /** For operators: conversations that are open, since when it is as it is (monotonic), why it last failed. */
  get facts() {
    const conversations = this.#links.count + (this.#own.link ? 1 : 0);
    return { conversations, sinceMs: this.#sinceMs, failure: this.#own.failure };
  }

  start(): void {
    this.#put('starting', this.#catalogue.reason);
    this.#life.start();
    this.#resting.watch();
  }

  /** Resolves when the try under way, if there is one, has ended. */
  async settled(): Promise<void> {
    await this.#life.settled();
  }

  /** Resolves when the gateway's own conversation is open, which a call may cause; rejects with why it is not. */
  async ready(cancellation: Cancellation): Promise<void> {
    if (this.#own.link) return;
    await this.#maker.hurried(() => this.#life.tried(cancellation));
    if (this.#own.link) return;
    const { state, reason } = this.#catalogue;
    const code = state === 'crashed' ? 'upstream_crashed' : 'upstream_down';
    throw new GatewayError(code, { internal: { server: this.name, reason } });
  }

  /** Whether the server speaks the client's era; undefined when that is still to be found out by `meet`. */
  speaks(client: Codec): boolean | undefined {
    return this.#spoken.speaks(client);
  }

  /** Finds out whether a newer server still opens sessions for older clients, by opening this client's. */
  async meet(caller: Caller): Promise<void> {
    if (this.speaks(caller.codec) !== undefined) return;
    const link = this.linkFor(caller);
    if (!link) throw new GatewayError('upstream_down', { internal: { server: this.name } });
    try {
      const { revision, capabilities } = await link.open();
      this.#spoken.met(true);
      this.#parts.catalogues.put(this.name, { alternate: { revision, capabilities } });
    } catch (thrown) {
      this.#links.forget(this.#keyOf(caller), link);
      link.close('upstream_lost').catch(() => {});
      if (!refusesOpening(toGatewayError(thrown))) throw thrown;
      this.#spoken.met(false);
    }
  }

  /**
   * The link for calls of this client, in its own era where the server speaks that; `beside`: one without parked calls.
   * Undefined when `ready` must be waited for, for the gateway's own is needed. Throws when there is no room.
   */
  linkFor(caller: Caller, beside = false): Link | undefined {
    const { codec } = this.#spoken;
    if (!codec || !this.reachable) return undefined;
    const key = this.#keyOf(caller);
    const { revision } = this.#spoken.inOtherEra(caller.codec) ? caller.codec : codec;
    return key === '' ? this.#own.link : this.#links.get(key, caller, revision, beside);
  }

  /** The link this client already has; never makes one. */
  knownLink(caller: Caller): Link | undefined {
    return this.#links.known(this.#keyOf(caller));
  }

  /** Ends everything that runs or is open for this server and tries it anew, also when it was given up as crashed. */
  async restart(): Promise<void> {
    await Promise.all([this.#links.closeAll('upstream_lost'), this.#life.restart()]);
  }

  /** What the server's processes said on stderr: of each the last 64 KiB, and of the last one that ended; newest last. */
  logs(): string {
    return this.#maker.logs.text();
  }

  /** Whether a call is on its way over it. */
  get busy(): boolean {
    return this.arriving > 0 || this.#links.busy || this.#own.busy;
  }

  /** No new calls come. Resolves when those that are here have ended, or their time has, and nothing of it is left. */
  async letGo(withinMs: number): Promise<void> {
    this.#isLetGo = true;
    this.#contexts.clear();
    this.#links.unwatch();
    this.#own.link?.watched.end();
    await idle(this, this.#parts, withinMs);
    await this.stop('upstream_lost');
  }

  async stop(code: 'draining' | 'upstream_lost' = 'draining'): Promise<void> {
    this.#resting.stop();
    this.#life.stop();
    await Promise.all([this.#links.closeAll(code), this.#own.leave(code), this.#maker.closed()]);
  }

  get #catalogue() {
    return this.#parts.catalogues.of(this.name);
  }

  #put(state: ServerState, reason: string): void {
    if (this.#isLetGo) return;
    if (state !== this.#catalogue.state) this.#sinceMs = this.#parts.wheel.now();
    this.#parts.catalogues.put(this.name, { state, reason });
    this.#parts.emit({ type: 'server_state', server: this.name, state, reason });
  }

  async #reach(): Promise<string | undefined> {
    const failure = await this.#own.reach();
    if (this.#own.link) this.#spoken.reached(this.#own.link.codec);
    return failure;
  }

  #turn({ key }: LinkPurpose, queued: boolean): void {
    const { state, revision } = this.#catalogue;
    if (key !== '' || state !== 'starting') return;
    const lists = revision === undefined ? '' : '; its lists are those of last time';
    this.#put('starting', `${queued ? 'waits for its turn to start' : 'starting'}${lists}`);
  }

  #keyOf(caller: Caller): string {
    const { codec } = this.#spoken;
    return codec ? this.#links.keyOf(caller, codec, this.#spoken.inOtherEra(caller.codec)) : '';
  }

  #opened({ key, context }: LinkPurpose, link: Link): void {
    if (key !== '') this.#resting.callerCame();
    if (context) this.#contexts.opened(link, context);
    this.healing.openings.opened(link, key === '');
  }

  /** A process of a caller says so too: everybody's lists are always read by the gateway's own, whose lists they are. */
  #listChanged(kind: ListKind, link: Link, { context }: LinkPurpose): void {
    if (context) this.#contexts.changed(link, context, kind === 'resources' ? ['resources', 'templates'] : [kind]);
    this.#own.changed(kind);
    this.#life.wake();
  }

  #linkLost(link: Link, purpose: LinkPurpose, reason: string): void {
    const words = link.lastWords;
    if (this.#own.isOwn(link)) this.#life.lost(words === '' ? reason : `${reason}: ${words}`);
    else this.#links.lost(purpose.key, link);
  }
}
