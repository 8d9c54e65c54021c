/*
 * Transport to an MCP server over HTTP+SSE, the way of revision 2024-11-05 (Transports › HTTP with SSE).
 *
 * Like a pipe, nothing says to which call a message belongs, and the conversation (http-sse-session.ts) is over with its
 * stream: another stream is another session, so this transport ends with it and its owner makes the next one. When the
 * server forgets a session whose stream is still open, the owner has it opened anew here (`reopen`), as over Streamable
 * HTTP; what the server took before may still be answered on the old stream.
 */
import { type Dialer, dial } from '../egress/dial.ts';
import type { HttpTransportOptions } from './http.ts';
import { OutboundHeaders } from './http-headers.ts';
import type { HttpLine } from './http-line.ts';
import { SseSession } from './http-sse-session.ts';
import type { Loss } from './stdio-waiting.ts';
import type { Answer, Exchange, Transport } from './transport.ts';

const CONNECTIONS_INITIAL = 256;
/** Notifications and answers to questions must not wait until a server that ends POSTs late has answered. */
const CONNECTIONS_SPARE = 8;
/** Streams at once: the one in use, and those on which answers may still come. */
const STREAMS_MAX = 4;

/** From this revision on the header is asked for (2025-06-18, Transports › Protocol Version Header). */
const VERSION_HEADER_SINCE = '2025-06-18';

export interface SseTransport extends Transport {
  /** The session is open, in this revision. */
  opened(revision: string): void;
  /** The server does not know the session any more. */
  reopen(): void;
}

export function sseTransport(options: HttpTransportOptions): SseTransport {
  return new HttpSse(options);
}

class HttpSse implements SseTransport {
  readonly #line: HttpLine;
  readonly #target: URL;
  readonly #dialers: readonly Dialer[];
  /** The last one is in use. */
  #sessions: SseSession[] = [];
  #session: SseSession;
  #closed: Promise<void> | undefined;

  constructor({ url, headers, limits, connections, tls, events, ...way }: HttpTransportOptions) {
    this.#target = new URL(url);
    const { takes, resolve, proxyOf } = way;
    const how = { connectTimeoutMs: limits.connectTimeoutMs, tls, takes, resolve, proxy: proxyOf?.(this.#target) };
    const calls = dial(this.#target, { ...how, connections: (connections ?? CONNECTIONS_INITIAL) + CONNECTIONS_SPARE });
    const streams = dial(this.#target, { ...how, connections: STREAMS_MAX });
    this.#dialers = [calls, streams];
    this.#line = {
      ...{ pool: calls.pool, longPool: streams.pool, limits, events },
      path: this.#target.pathname + this.#target.search,
      headers: new OutboundHeaders(headers),
      waiting: new Set(),
    };
    this.#session = this.#begin();
  }

  exchange(exchange: Exchange): Promise<Answer> {
    return this.#session.exchange(exchange);
  }

  post(bytes: Buffer, headers: readonly string[]): Promise<void> {
    return this.#session.post(bytes, headers);
  }

  opened(revision: string): void {
    this.#session.isOpen = true;
    if (revision >= VERSION_HEADER_SINCE) this.#line.headers.session = ['mcp-protocol-version', revision];
  }

  reopen(): void {
    if (this.#closed) return;
    this.#line.headers.session = [];
    this.#session.leave();
    this.#session = this.#begin();
  }

  #begin(): SseSession {
    const session: SseSession = new SseSession(this.#line, this.#target, (loss) => this.#onLost(session, loss));
    this.#sessions = [...this.#sessions.filter(({ hasEnded }) => !hasEnded), session];
    if (this.#sessions.length > STREAMS_MAX) this.#sessions.shift()?.end({ say: 'Too many sessions.', internal: {} });
    session.start();
    return session;
  }

  #onLost(session: SseSession, loss: Loss): void {
    if (session !== this.#session || this.#closed) return;
    this.#line.events.onLost(loss);
    this.close().catch(() => {});
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const session of this.#sessions) session.end({ say: 'The transport was closed.', internal: {} });
    await Promise.all(this.#dialers.map((dialer) => dialer.close()));
  }
}
