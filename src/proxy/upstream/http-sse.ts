/*
 * Transport to an MCP server over HTTP+SSE, the way of revision 2024-11-05 (Transports › HTTP with SSE).
 *
 *   GET url ─▶ event stream: first `endpoint`, the address to POST to, then every message of the server
 *   exchange() ─▶ POST endpoint ─▶ 202; the answer comes on the stream and is matched by its id
 *
 * Like a pipe, nothing says to which call a message belongs, and the conversation is over with its stream: another
 * stream is another session, so this transport ends with it and its owner opens the next one. The address to POST to is
 * the server's word, so it counts only on the origin that the operator named.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { dial } from './dialer.ts';
import type { HttpTransportOptions } from './http.ts';
import { OutboundHeaders } from './http-headers.ts';
import type { HttpLine } from './http-line.ts';
import { sendOneWay } from './http-one-way.ts';
import { SessionStream } from './http-sse-stream.ts';
import { type Loss, undelivered, WaitingExchanges } from './stdio-waiting.ts';
import type { Answer, Exchange, Transport } from './transport.ts';

const CONNECTIONS_INITIAL = 64;

/** What a server says that no longer knows the session of a stream it keeps open. */
const FORGOTTEN: ReadonlySet<unknown> = new Set([404, 410]);

export function sseTransport(options: HttpTransportOptions): Transport {
  return new HttpSse(options);
}

class HttpSse implements Transport {
  readonly #line: HttpLine;
  readonly #closeDialers: () => Promise<void>;
  readonly #waiting: WaitingExchanges;
  readonly #stream: SessionStream;
  /** Where to POST to; rejects with why there is no such place. */
  readonly #addressed = Promise.withResolvers<HttpLine>();
  /** Set once: why nothing can be sent any more. */
  #ended: Loss | undefined;
  #closed: Promise<void> | undefined;

  constructor({ url, headers, limits, connections, ca, events }: HttpTransportOptions) {
    const target = new URL(url);
    const how = { connectTimeoutMs: limits.connectTimeoutMs, ...(ca === undefined ? {} : { ca }) };
    const calls = dial(target, { ...how, connections: connections ?? CONNECTIONS_INITIAL });
    const streams = dial(target, { ...how, connections: 1 });
    this.#closeDialers = async () => void (await Promise.all([calls.close(), streams.close()]));
    this.#waiting = new WaitingExchanges(events);
    const path = target.pathname + target.search;
    const shared = { headers: new OutboundHeaders(headers), limits, events, waiting: new Set<{ close(): void }>() };
    this.#line = { ...shared, pool: calls.pool, longPool: streams.pool, path };
    this.#addressed.promise.catch(() => {});
    this.#stream = new SessionStream(this.#line, {
      onEndpoint: (reference) => this.#onEndpoint(target, reference),
      onMessage: (message) => this.#onMessage(message),
      onBroken: (id, reason) => this.#waiting.fail(id, reason),
      onEnd: (failure) => this.#onEnd(failure),
    });
    this.#stream.start();
  }

  async exchange({ id, bytes, headers, cancellation }: Exchange): Promise<Answer> {
    const line = await cancellation.race(this.#addressed.promise);
    if (this.#ended) throw undelivered({ sent: false }, this.#ended);
    const answer = this.#waiting.wait({ id, cancellation }, { bytes, sent: true, dropped: false });
    this.#send(line, bytes, headers).catch((failure: GatewayError) => this.#onRefusal(id, failure));
    return answer;
  }

  async post(bytes: Buffer, headers: readonly string[]): Promise<void> {
    const line = await this.#addressed.promise;
    if (this.#ended) throw undelivered({ sent: false }, this.#ended);
    await this.#send(line, bytes, headers);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#end({ say: 'The transport was closed.', internal: {} });
    await this.#closeDialers();
  }

  #send(line: HttpLine, body: Buffer, headers: readonly string[]): Promise<void> {
    const timeoutMs = line.limits.callTimeoutMs;
    return sendOneWay(line, { method: 'POST', headers: line.headers.forPost(headers), body, timeoutMs });
  }

  /** The answer may have come before the POST was found wanting; then it counts. */
  #onRefusal(id: number, failure: GatewayError): void {
    const forgotten = FORGOTTEN.has(failure.internal.status);
    this.#waiting.fail(id, forgotten ? new GatewayError('upstream_down', { internal: failure.internal }) : failure);
    if (forgotten) this.#lose({ say: 'The server does not know the session any more.', internal: failure.internal });
  }

  #onEndpoint(target: URL, reference: string): void {
    const address = URL.parse(reference, target);
    if (address?.origin !== target.origin) {
      const why = 'The server names an address of another origin to send to.';
      this.#onEnd(new GatewayError('upstream_invalid', { internal: { why } }));
    } else this.#addressed.resolve({ ...this.#line, path: address.pathname + address.search });
  }

  #onMessage(message: Message): void {
    if (this.#ended) return;
    const { events } = this.#line;
    if (message.kind !== 'result' && message.kind !== 'error') events.onStray(message);
    else if (!this.#waiting.answer(message)) events.onOddity('answer to nothing', { id: message.id });
  }

  #onEnd(failure: GatewayError): void {
    this.#addressed.reject(failure);
    this.#lose({ say: String(failure.internal.why ?? 'The event stream ended.'), internal: failure.internal });
  }

  #lose(loss: Loss): void {
    if (this.#ended) return;
    this.#end(loss);
    this.#line.events.onLost(loss);
    this.close().catch(() => {});
  }

  #end(loss: Loss): void {
    if (this.#ended) return;
    this.#ended = loss;
    this.#addressed.reject(undelivered({ sent: false }, loss));
    this.#waiting.rejectAll(loss);
    this.#stream.close();
  }
}
