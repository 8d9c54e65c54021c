/*
 * One conversation over HTTP+SSE: a stream, the address to POST to that it names, and who waits for an answer on it.
 *
 *   GET url ─▶ event stream: first `endpoint`, the address to POST to, then every message of the server
 *   exchange() ─▶ POST endpoint ─▶ 202; the answer comes on the stream and is matched by its id
 *
 * The address is the server's word, so it counts only on the origin that the operator named. What the server takes is
 * answered on this stream or lost with it; what it refuses, it has not begun.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { HttpLine } from './http-line.ts';
import { sendOneWay } from './http-one-way.ts';
import { Delivery } from './http-sse-post.ts';
import { SessionStream } from './http-sse-stream.ts';
import { type Loss, undelivered, WaitingExchanges } from './stdio-waiting.ts';
import type { Outgoing } from './stdio-writer.ts';
import type { Answer, Exchange } from './transport.ts';

const ENDPOINT_LENGTH_MAX = 8 * 1024;
const ORIGIN_LENGTH_SHOWN = 100;

/** What servers say that do not know a session any more; 400 and 404 have other meanings, too. */
const FORGOTTEN: ReadonlySet<unknown> = new Set([400, 404, 410]);

/** Asked only to see whether the session is still known. Links count from 1. */
const PING_ID = 0;
const PING = Buffer.from(`{"jsonrpc":"2.0","id":${PING_ID},"method":"ping"}`);
const NONE: readonly string[] = [];

export class SseSession {
  readonly #line: HttpLine;
  readonly #origin: URL;
  readonly #waiting: WaitingExchanges;
  readonly #stream: SessionStream;
  readonly #onLost: (loss: Loss) => void;
  /** Where to POST to; rejects with why there is no such place. */
  readonly #addressed = Promise.withResolvers<HttpLine>();
  /** Set once: why nothing can be sent any more. */
  #ended: Loss | undefined;
  #asking: Promise<boolean> | undefined;
  #unanswered = 0;
  #leaving = false;
  /** The handshake is over: a refusal may now mean that the server forgot it. */
  isOpen = false;

  constructor(line: HttpLine, target: URL, onLost: (loss: Loss) => void) {
    this.#line = line;
    this.#origin = target;
    this.#onLost = onLost;
    const { onAbandoned, onLateAnswer } = line.events;
    this.#waiting = new WaitingExchanges({
      onAbandoned: (id) => id !== PING_ID && onAbandoned(id),
      onLateAnswer: (id) => id !== PING_ID && onLateAnswer(id),
    });
    this.#addressed.promise.catch(() => {});
    this.#stream = new SessionStream(line, {
      onEndpoint: (reference) => this.#onEndpoint(reference),
      onMessage: (message) => this.#onMessage(message),
      onBroken: (id, reason) => this.#waiting.fail(id, reason),
      onEnd: (failure) => this.#onEnd(failure),
    });
  }

  start(): void {
    this.#stream.start();
  }

  async exchange({ id, bytes, headers, cancellation }: Exchange): Promise<Answer> {
    const line = await cancellation.race(this.#addressed.promise);
    if (this.#ended) throw undelivered({ sent: false }, this.#ended);
    const outgoing: Outgoing = { bytes, sent: false, dropped: false };
    const delivery = new Delivery(outgoing, (failure) => this.#onFailure(id, failure));
    this.#unanswered += 1;
    try {
      const answer = this.#waiting.wait({ id, cancellation }, outgoing);
      delivery.start(line, headers);
      return await answer;
    } finally {
      delivery.letGo();
      this.#unanswered -= 1;
      this.#leaveWhenDone();
    }
  }

  async post(bytes: Buffer, headers: readonly string[]): Promise<void> {
    const line = await this.#addressed.promise;
    if (this.#ended) throw undelivered({ sent: false }, this.#ended);
    await sendOneWay(line, {
      ...{ method: 'POST', headers: line.headers.forPost(headers), body: bytes },
      timeoutMs: line.limits.callTimeoutMs,
    });
  }

  /** Takes nothing more, and ends with the last answer that is still awaited. */
  leave(): void {
    this.#leaving = true;
    this.#leaveWhenDone();
  }

  end(loss: Loss): void {
    if (this.#ended) return;
    this.#ended = loss;
    this.#addressed.reject(undelivered({ sent: false }, loss));
    this.#waiting.rejectAll(loss);
    this.#stream.close();
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  #leaveWhenDone(): void {
    if (this.#leaving && this.#unanswered === 0) this.end({ say: 'Another session took its place.', internal: {} });
  }

  /** The answer may have come before the POST was found wanting; then it counts. */
  #onFailure(id: number, failure: GatewayError): void {
    const { status } = failure.internal;
    if (typeof status !== 'number' || status >= 500) this.#waiting.giveUp(id, failure);
    else if (!FORGOTTEN.has(status)) this.#waiting.fail(id, failure);
    else if (this.isOpen) this.#isForgotten().then((forgotten) => this.#onRefusal(id, failure, forgotten));
    else {
      const why = 'The address that the server named takes no messages.';
      this.#waiting.fail(id, new GatewayError(failure.code, { internal: { ...failure.internal, why } }));
    }
  }

  #onRefusal(id: number, failure: GatewayError, forgotten: boolean): void {
    const { internal } = failure;
    this.#waiting.fail(id, forgotten ? new GatewayError('upstream_session', { internal }) : failure);
  }

  /** A server that forgot the session refuses even a ping; one that does not like a message takes it. */
  #isForgotten(): Promise<boolean> {
    this.#asking ??= this.#ping().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ping(): Promise<boolean> {
    const line = await this.#addressed.promise;
    const cancellation = new Cancellation();
    // Whatever the server answers to it is expected, and of no interest.
    this.#waiting.wait({ id: PING_ID, cancellation }, { bytes: PING, sent: true, dropped: false }).catch(() => {});
    const timeoutMs = line.limits.connectTimeoutMs;
    try {
      await sendOneWay(line, { method: 'POST', headers: line.headers.forPost(NONE), body: PING, timeoutMs });
      return false;
    } catch (thrown) {
      return thrown instanceof GatewayError && FORGOTTEN.has(thrown.internal.status);
    } finally {
      cancellation.cancel(new GatewayError('call_cancelled'));
    }
  }

  #onEndpoint(reference: string): void {
    const address = reference.length <= ENDPOINT_LENGTH_MAX ? URL.parse(reference, this.#origin) : null;
    if (address?.origin === this.#origin.origin)
      this.#addressed.resolve({ ...this.#line, path: address.pathname + address.search });
    else this.#onEnd(new GatewayError('upstream_invalid', { internal: { why: whyNot(address) } }));
  }

  #onMessage(message: Message): void {
    if (this.#ended) return;
    const { events } = this.#line;
    if (message.kind !== 'result' && message.kind !== 'error') events.onStray(message);
    else if (!this.#waiting.answer(message)) events.onOddity('answer to nothing', { id: message.id });
  }

  #onEnd(failure: GatewayError): void {
    if (this.#ended) return;
    this.#addressed.reject(failure);
    const loss = { say: String(failure.internal.why ?? 'The event stream ended.'), internal: failure.internal };
    this.end(loss);
    if (!this.#leaving) this.#onLost(loss);
  }
}

function whyNot(address: URL | null): string {
  if (address === null) return 'The server names no valid address to send to.';
  return `The server names an address of another origin to send to: ${address.origin.slice(0, ORIGIN_LENGTH_SHOWN)}.`;
}
