/*
 * What is done when the server is not what it was: away, without the session it had, or another one. Whoever notices says
 * so here; each of the gateway's conversations with the server ends well, begins again or gives way to a new one, and never
 * stays in between.
 */
import type { Cancellation } from '../../model/cancellation.ts';
import { isShown } from '../../model/catalogue.ts';
import type { GatewayError } from '../../model/errors.ts';
import { isSameServer } from './doubt.ts';
import { refusesOpening } from './handshake.ts';
import type { Link } from './link.ts';
import type { LinkPurpose, Links } from './links.ts';
import { Look, type LookParts } from './look.ts';
import { Openings } from './openings.ts';
import { reasonOf } from './reason.ts';
import type { Spoken } from './spoken.ts';

export interface HealingParts extends LookParts {
  readonly links: Links;
  readonly spoken: Spoken;
  readonly reachable: () => boolean;
}

export class Healing {
  readonly openings = new Openings();
  readonly #parts: HealingParts;
  readonly #look: Look;
  readonly #alsoCalled = new Set<string>();

  constructor(parts: HealingParts) {
    this.#parts = parts;
    this.#look = new Look(parts);
  }

  /** Something does not fit. True when it turned out to be another server, which has been met anew. */
  look(): Promise<boolean> {
    return this.#look.look();
  }

  /** The same, by what was said over this link; true also when its clients must be met anew. */
  async doubted(link: Link, { key }: LinkPurpose, refusesVersion: boolean): Promise<boolean> {
    const { own, spoken } = this.#parts;
    if (await this.look()) return true;
    if (!refusesVersion || own.isOwn(link) || !spoken.inOtherEra(link.codec)) return false;
    this.#giveUp(link, key);
    return true;
  }

  /** An answer named this as the server (JSON text). One that answers under several names is looked at once for each. */
  async heard(serverInfo: string): Promise<void> {
    const { catalogues, definition } = this.#parts;
    const known = catalogues.of(definition.name).serverInfo;
    if (isSameServer(serverInfo, known) || this.#alsoCalled.has(serverInfo) || !this.#look.isDue) return;
    if ((await this.look()) || this.#alsoCalled.size >= ALSO_CALLED_MAX) this.#alsoCalled.clear();
    else this.#alsoCalled.add(serverInfo);
  }

  /** Nobody was there: on the own link that makes the server down; on another it is reason to look. */
  failed(link: Link, reason: string): void {
    const { own, life } = this.#parts;
    if (!own.isOwn(link)) void this.look();
    else {
      own.retire();
      life.lost(reason);
    }
  }

  /** What is being looked at is known. */
  async looked(cancellation: Cancellation): Promise<void> {
    if (this.#look.underWay) await cancellation.race(this.#look.underWay);
  }

  /** Waits until the server is there again, however long that takes; rejects when nobody tries any more. */
  async back(cancellation: Cancellation): Promise<void> {
    await this.looked(cancellation);
    if (!this.#parts.reachable()) await this.#parts.life.back(cancellation);
  }

  /** A server that forgot one session has most likely been restarted: it may be another one, with other lists. */
  async reopened(link: Link): Promise<void> {
    const { own, catalogues, definition } = this.#parts;
    const { handshake } = link;
    if (!own.link || !handshake || !isShown(catalogues.of(definition.name))) return;
    if (!own.isOwn(link)) for (const kind of LISTENED) own.changed(kind);
    else if (!(await this.#look.isOther(handshake))) await own.refill(link);
  }

  /** The own one makes the server down. Of another one that is the end, and reason to look. */
  async notReopened(link: Link, { key }: LinkPurpose, error: GatewayError): Promise<void> {
    const { own, links } = this.#parts;
    if (own.isOwn(link)) return this.failed(link, reasonOf(error, ''));
    if (refusesOpening(error)) this.#giveUp(link, key);
    else {
      links.forget(key, link);
      link.retire().catch(() => {});
    }
    await this.look();
  }

  /** It may open no sessions any more beside what it speaks otherwise. */
  #giveUp(link: Link, key: string): void {
    const { links, spoken } = this.#parts;
    if (links.forget(key, link)) spoken.unmet();
    link.retire().catch(() => {});
  }
}

const ALSO_CALLED_MAX = 16;
const LISTENED = ['tools', 'prompts', 'resources'] as const;
