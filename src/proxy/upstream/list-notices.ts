/*
 * Hears from a newer server that its lists changed: over a listen stream of the gateway's own (MCP 2026-07-28,
 * Subscriptions). A stream that ends is opened again, ever more rarely; what may have been missed meanwhile is read.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Link } from './link.ts';

export type ListKind = 'tools' | 'prompts' | 'resources';

export interface ListNoticesParts {
  readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>;
  readonly onChanged: (link: Link, kind: ListKind) => void;
  /** Something may have been missed. */
  readonly onGap: (link: Link) => Promise<void>;
}

const RELISTEN_MS = 1_000;
const RELISTEN_MAX_MS = 30_000;
/** A stream that was open so long has not failed: many a proxy ends every stream after half a minute or less. */
const STEADY_MS = 5_000;

export class ListNotices {
  readonly #parts: ListNoticesParts;
  #listening: Cancellation | undefined;

  constructor(parts: ListNoticesParts) {
    this.#parts = parts;
  }

  /** From now on, until `stop`. A server that would tell nothing is not asked. */
  listen(link: Link): void {
    const filter = listenFilter(link);
    if (!filter) return;
    this.#listening = new Cancellation();
    void this.#keepListening(link, filter, this.#listening);
  }

  stop(): void {
    this.#listening?.cancel(new GatewayError('draining'));
    this.#listening = undefined;
  }

  async #keepListening(link: Link, filter: object, cancellation: Cancellation): Promise<void> {
    const { wheel, onGap } = this.#parts;
    let waitMs = RELISTEN_MS;
    while (!cancellation.cancelled) {
      const openedMs = wheel.now();
      await link.listen(filter, cancellation, (message) => this.#heard(link, message.method)).catch(() => {});
      if (cancellation.cancelled || link.closed) return;
      waitMs = wheel.now() - openedMs > STEADY_MS ? RELISTEN_MS : Math.min(waitMs * 2, RELISTEN_MAX_MS);
      await wheel.sleep(waitMs).done;
      if (!cancellation.cancelled) await onGap(link);
    }
  }

  #heard(link: Link, method: string): void {
    const kind = /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(method)?.[1];
    if (kind) this.#parts.onChanged(link, kind as ListKind);
  }
}

function listenFilter(link: Link): object | undefined {
  if (!link.codec.requests.has('subscriptions/listen')) return undefined;
  const capabilities = link.handshake?.capabilities ?? {};
  const filter: Record<string, true> = {};
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    const declared = capabilities[kind] as { listChanged?: unknown } | undefined;
    if (declared?.listChanged === true) filter[`${kind}ListChanged`] = true;
  }
  return Object.keys(filter).length > 0 ? filter : undefined;
}
