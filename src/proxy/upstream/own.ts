/*
 * The gateway's own conversation with one server: it offers no capabilities, finds out what the server speaks, and fills
 * the catalogue. The life of the server (life.ts) says when it is opened and ended; this is how.
 */
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Revision } from '../../model/revision.ts';
import type { TransportDefinition } from '../../model/snapshot.ts';
import { opensSession } from '../../wire/codec.ts';
import { codecOf, SESSIONFUL } from '../../wire/codecs.ts';
import type { Asking } from './freshness.ts';
import type { Handshake } from './handshake.ts';
import type { Link } from './link.ts';
import type { Lists } from './lists.ts';
import { reasonOf } from './reason.ts';
import type { UpstreamParts } from './upstream.ts';

export interface OwnParts extends Pick<UpstreamParts, 'definition' | 'catalogues' | 'emit'> {
  readonly lists: Lists;
  readonly newLink: (known: Revision | undefined) => Link;
  /** One that is told of nothing and ends at once. */
  readonly newVisitor: (known: Revision | undefined) => Link;
  /** The conversation does not serve any more. */
  readonly onFailed: (link: Link, reason: string) => void;
  /** From now on this server is reached so. */
  readonly reachBy: (transport: TransportDefinition) => void;
  /** The server speaks another revision than before: what is open with it is another conversation. */
  readonly onOtherRevision: () => void;
}

type ListKind = 'tools' | 'prompts' | 'resources';

export class Own {
  /** Why the last try failed that did. */
  failure: GatewayError | undefined;
  readonly #parts: OwnParts;
  /** On their way out. */
  readonly #leaving = new Set<Promise<void>>();
  /** Lists that changed while they were being read. */
  readonly #early = new Set<ListKind>();
  #link: Link | undefined;
  #opening: Link | undefined;
  /** The server ends its process when it is asked for a newer era. */
  #diesOfDiscover = false;
  #transport: TransportDefinition;
  /** Found out the long way: a slow starter that speaks the newer era when it is spoken to in that alone. */
  #newer: Revision | undefined;
  /** Found out, and so it may be found to be otherwise one day. */
  #isSseProven = false;

  constructor(parts: OwnParts) {
    this.#parts = parts;
    this.#transport = parts.definition.transport;
  }

  /** The conversation, once it is open and the lists are known. */
  get link(): Link | undefined {
    return this.#link?.closed ? undefined : this.#link;
  }

  get busy(): boolean {
    return this.link?.busy === true;
  }

  isOwn(link: Link): boolean {
    return link === this.#link;
  }

  /** A list changed, as some process or session of the server says. */
  changed(kind: ListKind): void {
    if (this.link) this.#parts.lists.changed(this.link, kind);
    else this.#early.add(kind);
  }

  /** One try to reach the server; gives why it failed. Never rejects. */
  async reach(): Promise<string | undefined> {
    this.#early.clear();
    const { definition, newLink, emit, lists } = this.#parts;
    if (this.#transport.kind === 'sse' && !mayBeSessionful(definition.revision)) {
      return `Revision ${definition.revision} is not spoken over HTTP+SSE: leave "revision" or "type" out.`;
    }
    const known = this.#known;
    const link = newLink(known);
    this.#opening = link;
    const asking = lists.freshness.asked('about');
    try {
      const { newer } = await link.open();
      if (newer) return await this.#reachAnew(link, newer);
      await this.#fill(link, asking);
      this.#opening = undefined;
      return undefined;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      this.failure = error;
      if (error.limit !== undefined) emit({ type: 'limit_hit', limit: error.limit, principal: '' });
      const givenUp = this.#opening !== link;
      this.#opening = undefined;
      this.#newer = undefined;
      await this.#leave(link, 'upstream_lost');
      if (!givenUp && this.#shouldSkipDiscover(link, error, known)) return this.reach();
      if (!givenUp && this.#shouldTrySse(link, error)) return this.#reachOverSse(reasonOf(error, ''));
      if (!givenUp && this.#shouldLeaveSse(link, error)) return this.reach();
      return reasonOf(error, link.lastWords);
    }
  }

  /** The revision in which the server is spoken to first; undefined when that is to be found out. */
  get #known(): Revision | undefined {
    const sessionful = this.#diesOfDiscover || this.#transport.kind === 'sse';
    return this.#parts.definition.revision ?? this.#newer ?? (sessionful ? SESSIONFUL[0] : undefined);
  }

  /** What the server says of itself to somebody new. Rejects with why it says nothing. */
  async introduce(): Promise<Handshake> {
    const link = this.#parts.newVisitor(this.#known);
    try {
      return await link.open();
    } finally {
      void this.#leave(link, 'upstream_lost');
    }
  }

  /** Has the conversation begin again, where it goes on with another session, version, or list of tools. */
  async reopen(): Promise<void> {
    await this.link?.reopen();
  }

  /** The conversation began again: what it said then, and the lists, all at once. */
  async refill(link: Link): Promise<void> {
    const { lists } = this.#parts;
    try {
      const found = await this.#read(link, lists.freshness.asked('about'));
      if (link !== this.link) return;
      this.#parts.catalogues.put(this.#parts.definition.name, found);
      lists.stop();
      lists.keepFresh(link);
    } catch (thrown) {
      this.#parts.onFailed(link, reasonOf(toGatewayError(thrown), ''));
    }
  }

  async #reachAnew(link: Link, newer: Revision): Promise<string | undefined> {
    this.#newer = newer;
    await this.#leave(link, 'upstream_lost');
    return this.reach();
  }

  /** 2025-11-25, Transports › Backward Compatibility: who refuses to be POSTed to may be of the time before. */
  #shouldTrySse(link: Link, error: GatewayError): boolean {
    const { status } = error.internal;
    const refused = error.code === 'upstream_refused' && (status === 400 || status === 404 || status === 405);
    if (!refused || link.handshake || !mayBeSessionful(this.#parts.definition.revision)) return false;
    return this.#transport.kind === 'http' && this.#transport.orSse;
  }

  async #reachOverSse(refusal: string): Promise<string | undefined> {
    const { transport } = this.#parts.definition;
    if (transport.kind === 'stdio') return refusal;
    const { url, headers, tls, trusted } = transport;
    this.#reachBy({ kind: 'sse', url, headers, ...(tls && { tls }), trusted });
    const failure = await this.reach();
    this.#isSseProven = failure === undefined;
    if (failure === undefined) return undefined;
    this.#reachBy(transport);
    return `${refusal}; over HTTP+SSE: ${failure}`;
  }

  /** There is something else now than the server that was found out to speak HTTP+SSE: begin where that began. */
  #shouldLeaveSse(link: Link, error: GatewayError): boolean {
    if (!this.#isSseProven || link.handshake) return false;
    if (error.code !== 'upstream_refused' && error.code !== 'upstream_invalid') return false;
    this.#isSseProven = false;
    this.#reachBy(this.#parts.definition.transport);
    return true;
  }

  #reachBy(transport: TransportDefinition): void {
    this.#transport = transport;
    this.#parts.reachBy(transport);
  }

  /** Ends what is open or being opened; resolves when nothing of it is left. */
  async leave(code: 'draining' | 'upstream_lost'): Promise<void> {
    for (const link of this.#let()) this.#leave(link, code);
    await Promise.all(this.#leaving);
  }

  /** The same, for what was lost or is not believed any more; calls that are on it may still be answered. */
  retire(): void {
    for (const link of this.#let()) link.retire().catch(() => {});
  }

  #let(): Link[] {
    this.#parts.lists.stop();
    const links = [this.#link, this.#opening].filter((link) => link !== undefined);
    this.#link = undefined;
    this.#opening = undefined;
    return links;
  }

  #leave(link: Link, code: 'draining' | 'upstream_lost'): Promise<void> {
    const leaving = link.close(code).catch(() => {});
    this.#leaving.add(leaving);
    return leaving.finally(() => this.#leaving.delete(leaving));
  }

  /** Some servers end on anything that comes before `initialize`; those are begun with that from then on. */
  #shouldSkipDiscover(link: Link, error: GatewayError, known: Revision | undefined): boolean {
    if (known !== undefined || link.handshake) return false;
    this.#diesOfDiscover = this.#parts.definition.transport.kind === 'stdio' && error.code === 'upstream_lost';
    return this.#diesOfDiscover;
  }

  async #fill(link: Link, asking: Asking): Promise<void> {
    const { definition, catalogues, lists, onOtherRevision } = this.#parts;
    const found = await this.#read(link, asking);
    if (catalogues.of(definition.name).revision !== found.revision) onOtherRevision();
    if (link.closed) throw new GatewayError('upstream_lost');
    this.#link = link;
    catalogues.put(definition.name, { ...found, alternate: undefined, transport: this.#transport.kind });
    lists.keepFresh(link);
    for (const kind of this.#early) lists.changed(link, kind);
  }

  async #read(link: Link, asking: Asking) {
    const { revision, capabilities, serverInfo, instructions, hint } = await link.open();
    this.#parts.lists.freshness.read('about', asking, hint);
    return { revision, capabilities, serverInfo, instructions, lists: await this.#parts.lists.readAll(link) };
  }
}

/** HTTP+SSE is a session: it carries no revision without sessions. */
function mayBeSessionful(pinned: Revision | undefined): boolean {
  return pinned === undefined || opensSession(codecOf(pinned));
}
