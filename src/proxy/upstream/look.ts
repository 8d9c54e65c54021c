/*
 * Looks whether the server is still the one that is known, when something was in doubt (doubt.ts): the gateway introduces
 * itself once more, in a conversation that ends at once, and compares.
 *
 *   the same                    nothing happens
 *   nobody, or no MCP server    the server is down, with the reason, and tried again
 *   another revision or name    all that is known of it is let go, and it is met anew
 *   another version             identity, capabilities and lists are read anew; calls go on meanwhile
 *
 * A server that refuses one more conversation, or is too slow for it, has said nothing about those that it has. Processes
 * are not looked at: they end, or stay what they are.
 */
import { EMPTY_LIST } from '../../model/catalogue.ts';
import { type GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { isSameServer, nameIn, VERSION_REFUSED } from './doubt.ts';
import type { Handshake } from './handshake.ts';
import type { Life } from './life.ts';
import type { Own } from './own.ts';
import { reasonOf } from './reason.ts';
import type { Seat } from './seat.ts';

export interface LookParts {
  readonly definition: ServerDefinition;
  readonly catalogues: Pick<Seat, 'of' | 'put'>;
  readonly wheel: Pick<TimerWheel, 'now'>;
  readonly emit: Emit;
  readonly own: Own;
  readonly life: Life;
}

const UNMET = {
  ...{ revision: undefined, alternate: undefined, capabilities: {}, instructions: undefined },
  lists: { tools: EMPTY_LIST, prompts: EMPTY_LIST, resources: EMPTY_LIST, templates: EMPTY_LIST },
};

/** Doubts may come with every call, looks do not. */
const LOOK_GAP_MS = 500;

export class Look {
  readonly #parts: LookParts;
  #underWay: Promise<boolean> | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LookParts) {
    this.#parts = parts;
  }

  /** The look under way, if there is one. */
  get underWay(): Promise<unknown> | undefined {
    return this.#underWay;
  }

  /** True when the server turned out to be another one; it has been met anew, or could not be. Never rejects. */
  look(): Promise<boolean> {
    if (this.#underWay) return this.#underWay;
    if (!this.isDue) return Promise.resolve(false);
    this.#underWay = this.#look().finally(() => {
      this.#lookedMs = this.#parts.wheel.now();
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  get isDue(): boolean {
    const { wheel, definition, own, life } = this.#parts;
    if (definition.transport.kind === 'stdio' || !own.link || life.phase !== 'up') return false;
    return wheel.now() - this.#lookedMs >= LOOK_GAP_MS;
  }

  async #look(): Promise<boolean> {
    const { own, life } = this.#parts;
    // What broke a call's connection may have broken this one, too.
    const onceMore = (thrown: unknown) => {
      if (toGatewayError(thrown).code !== 'upstream_lost') throw thrown;
      return own.introduce();
    };
    try {
      return await this.#compare(await own.introduce().catch(onceMore));
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (saysGone(error)) life.lost(reasonOf(error, ''));
      return false;
    }
  }

  async #compare(found: Handshake): Promise<boolean> {
    if (await this.isOther(found)) return true;
    if (isSameServer(found.serverInfo, this.#known.serverInfo)) return false;
    await this.#parts.own.reopen();
    return true;
  }

  /** Whether who says this of himself is another one than is known; then he is met anew, and that is waited for. */
  async isOther(found: Handshake): Promise<boolean> {
    const { definition, catalogues, life, emit } = this.#parts;
    const known = this.#known;
    const isSame = found.revision === known.revision && nameIn(found.serverInfo) === nameIn(known.serverInfo);
    if (isSame && isSameServer(found.serverInfo, known.serverInfo)) return false;
    const [before, after] = [known, found].map(({ revision, serverInfo }) => `${serverInfo} (${revision})`);
    emit({ type: 'oddity', server: definition.name, what: 'another server answers', internal: { before, after } });
    if (isSame) return false;
    // Nothing that the one before has said is shown or gone by any more.
    catalogues.put(definition.name, UNMET);
    await life.changed(`another server answers there now: ${after}; before it was ${before}`);
    return true;
  }

  get #known() {
    return this.#parts.catalogues.of(this.#parts.definition.name);
  }
}

/** An answer that only a server gives that is there, and wants no second conversation. */
const BUSY: ReadonlySet<unknown> = new Set([400, 409, 429]);

function saysGone(error: GatewayError): boolean {
  const { status, error: refusal } = error.internal;
  switch (error.code) {
    case 'upstream_down':
      return error.limit === undefined;
    case 'upstream_lost':
    case 'upstream_invalid':
    case 'upstream_auth':
      return true;
    case 'upstream_refused':
      return refusal === undefined
        ? !BUSY.has(status)
        : (refusal as { readonly code?: unknown }).code === VERSION_REFUSED;
    default:
      return false;
  }
}
