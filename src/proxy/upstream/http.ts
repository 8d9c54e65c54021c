/*
 * Transport to an MCP server over Streamable HTTP, of every revision that has it.
 *
 * One POST per exchange over a pool of kept-alive connections (http-exchange.ts; what is meant to stay open has a pool
 * of its own, so that streams never use up the connections of calls), one-way POSTs (http-one-way.ts), and
 * for legacy servers the GET stream (http-server-stream.ts) and the end of a session. Which revision is spoken and what
 * a session means is the link's business; it sets `sessionHeaders`.
 */
import { GatewayError } from '../../model/errors.ts';
import type { ClientTls } from '../../model/snapshot.ts';
import { dial } from '../egress/dial.ts';
import type { WayTo } from '../egress/way-to.ts';
import { runExchange } from './http-exchange.ts';
import { OutboundHeaders } from './http-headers.ts';
import type { HttpLimits, HttpLine } from './http-line.ts';
import { sendOneWay } from './http-one-way.ts';
import { ServerStream } from './http-server-stream.ts';
import type { Answer, Exchange, Transport, TransportEvents } from './transport.ts';

const CONNECTIONS_INITIAL = 256;
/** Notifications and answers to questions must not wait until a call is over. */
const CONNECTIONS_SPARE = 8;
/** The GET stream and the listen streams: a handful (listen-streams.ts), but none of them may wait for another. */
const CONNECTIONS_LONG = 64;

export interface HttpTransportOptions extends WayTo {
  /** Set by the operator; no call can change or repeat them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: HttpLimits;
  /** Connections for calls (a few more are kept for the rest); what is beyond them waits for a free one. */
  readonly connections?: number;
  readonly tls?: ClientTls | undefined;
  readonly events: TransportEvents;
}

export interface HttpTransport extends Transport {
  /** Added to every request, flat [name, value, …]: `mcp-session-id` and `mcp-protocol-version` of a legacy session. */
  sessionHeaders: readonly string[];
  /** Listens on the GET stream, anew if it did already (after a new session). A server without one is left alone. */
  openStream(): void;
  /** Tells the server that the session is over. Never fails: the session is over for us in any case. */
  endSession(): Promise<void>;
}

export function httpTransport(options: HttpTransportOptions): HttpTransport {
  return new StreamableHttp(options);
}

class StreamableHttp implements HttpTransport {
  readonly #line: HttpLine;
  readonly #closeDialers: () => Promise<void>;
  #stream: ServerStream | undefined;
  #closed: Promise<void> | undefined;

  constructor({ url, headers, limits, connections, tls, events, ...way }: HttpTransportOptions) {
    const target = new URL(url);
    const { takes, resolve, proxyOf } = way;
    const how = { connectTimeoutMs: limits.connectTimeoutMs, tls, takes, resolve, proxy: proxyOf?.(target) };
    const calls = dial(target, { ...how, connections: (connections ?? CONNECTIONS_INITIAL) + CONNECTIONS_SPARE });
    const streams = dial(target, { ...how, connections: CONNECTIONS_LONG });
    this.#closeDialers = async () => void (await Promise.all([calls.close(), streams.close()]));
    this.#line = {
      pool: calls.pool,
      longPool: streams.pool,
      path: target.pathname + target.search,
      headers: new OutboundHeaders(headers),
      limits,
      events,
      waiting: new Set(),
    };
  }

  get sessionHeaders(): readonly string[] {
    return this.#line.headers.session;
  }

  set sessionHeaders(fields: readonly string[]) {
    this.#line.headers.session = fields;
  }

  exchange(exchange: Exchange): Promise<Answer> {
    return runExchange(this.#line, exchange);
  }

  post(bytes: Buffer, headers: readonly string[]): Promise<void> {
    return sendOneWay(this.#line, {
      method: 'POST',
      headers: this.#line.headers.forPost(headers),
      body: bytes,
      timeoutMs: this.#line.limits.callTimeoutMs,
    });
  }

  openStream(): void {
    if (this.#closed) return;
    this.#stream?.close();
    this.#stream = new ServerStream(this.#line);
    this.#stream.start();
  }

  async endSession(): Promise<void> {
    this.#stream?.close();
    this.#stream = undefined;
    if (!this.#line.headers.hasSession) return;
    const { headers, limits, events } = this.#line;
    const fields = headers.forDelete();
    try {
      await sendOneWay(this.#line, {
        method: 'DELETE',
        headers: fields,
        body: null,
        timeoutMs: limits.connectTimeoutMs,
      });
    } catch (error) {
      // 405 says that the server ends sessions by itself, 404 that it has (MCP 2025-11-25, Session Management).
      const internal = error instanceof GatewayError ? error.internal : {};
      if (internal.status !== 405 && internal.status !== 404)
        events.onOddity('the session could not be ended', internal);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stream?.close();
    for (const waiter of this.#line.waiting) waiter.close();
    await this.#closeDialers();
  }
}
