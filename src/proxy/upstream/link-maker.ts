/*
 * Makes the links of one server: what each offers, when it may connect, who hears what it is told, and what its process
 * said. Nothing that was made here outlives `closed`.
 *
 * A process waits for its turn to start (start-queue.ts) until it has answered the handshake, or failed. Those that a
 * caller waits for go first: a caller's own always, the gateway's own from the moment that somebody wants the server.
 */
import type { GatewayError } from '../../model/errors.ts';
import type { TransportDefinition } from '../../model/snapshot.ts';
import { connect } from './connect.ts';
import { Link } from './link.ts';
import type { LinkPurpose } from './links.ts';
import { ProcessLogs } from './process-logs.ts';
import type { Place } from './start-queue.ts';
import type { TransportEvents } from './transport.ts';
import type { UpstreamParts } from './upstream.ts';

export interface LinkMakerEvents {
  readonly onListChanged: (kind: 'tools' | 'prompts' | 'resources', link: Link, purpose: LinkPurpose) => void;
  readonly onOpened: (purpose: LinkPurpose, link: Link) => void;
  readonly onReopened: (link: Link) => void;
  readonly onNotReopened: (link: Link, purpose: LinkPurpose, error: GatewayError) => Promise<void>;
  readonly onDoubt: (link: Link, purpose: LinkPurpose, refusesVersion: boolean) => Promise<boolean>;
  readonly onIdentity: (serverInfo: string) => void;
  readonly onLost: (link: Link, purpose: LinkPurpose, reason: string) => void;
  /** A process waits for its turn (`queued`), or its turn has come. */
  readonly onTurn: (purpose: LinkPurpose, queued: boolean) => void;
}

export class LinkMaker {
  readonly logs = new ProcessLogs();
  readonly #parts: UpstreamParts;
  readonly #events: LinkMakerEvents;
  readonly #made = new Set<Link>();
  /** Of the gateway's own process. */
  #place: Place | undefined;
  #waiting = 0;
  /** How the server is reached; another way than the definition's when that one was refused (own.ts). */
  transport: TransportDefinition;

  constructor(parts: UpstreamParts, events: LinkMakerEvents) {
    this.#parts = parts;
    this.#events = events;
    this.transport = parts.definition.transport;
  }

  make(purpose: LinkPurpose): Link {
    const { client } = purpose;
    const { definition, wheel, identity, emit } = this.#parts;
    const { onOpened, onReopened, onNotReopened, onLost, onDoubt, onIdentity } = this.#events;
    const server = definition.name;
    const link: Link = new Link({
      ...{ server, wheel, limits: definition.limits, shared: definition.shared, known: purpose.known },
      admit: () => this.#admit(purpose),
      connect: (events) => this.#connect(link, events),
      offer: { capabilities: client?.capabilities ?? '{}', info: client?.info ?? identity },
      events: {
        onListChanged: (kind) => this.#events.onListChanged(kind, link, purpose),
        onDoubt: (refuses) => onDoubt(link, purpose, refuses),
        onIdentity,
        onResourceUpdated: (uri, message) => link.watched.resources.updated(uri, message),
        onLimit: (limit) => emit({ type: 'limit_hit', limit, principal: '' }),
        onOddity: (what, internal, times = 1) => emit({ type: 'oddity', server, what, internal, times }),
        onOpened: () => onOpened(purpose, link),
        onReopened: () => onReopened(link),
        onNotReopened: (error) => onNotReopened(link, purpose, error),
        onLost: (reason) => {
          onLost(link, purpose, reason);
          link.close('upstream_lost').catch(() => {});
        },
      },
    });
    return this.#kept(link);
  }

  #kept(link: Link): Link {
    this.#made.add(link);
    link.gone.then(() => this.#made.delete(link));
    return link;
  }

  /** While `wait` lasts somebody wants the gateway's own process, so it goes before those that nobody waits for. */
  async hurried(wait: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    this.#place?.hurry();
    try {
      await wait();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Ends what is left; resolves when all of it is gone. */
  async closed(): Promise<void> {
    await Promise.all([...this.#made].map((link) => link.close('draining').catch(() => {})));
  }

  #connect(link: Link, events: TransportEvents) {
    const connection = connect({ ...this.#parts.definition, transport: this.transport }, events, this.#parts);
    const { process } = connection;
    if (process) this.logs.started(process);
    link.gone.then(() => process && this.logs.ended(process));
    return connection;
  }

  async #admit(purpose: LinkPurpose): Promise<() => void> {
    await purpose.after;
    const { definition, starts } = this.#parts;
    if (definition.transport.kind !== 'stdio') return nothing;
    const isOwn = purpose.key === '';
    const place = starts.enter(!isOwn || this.#waiting > 0);
    if (isOwn) this.#place = place;
    if (place.queued) this.#events.onTurn(purpose, true);
    await place.turn;
    this.#events.onTurn(purpose, false);
    return place.leave;
  }
}

function nothing(): void {}
