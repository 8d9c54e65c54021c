/*
 * MCP over HTTP+SSE, the transport of 2024-11-05 (Transports › HTTP with SSE): GET opens a stream, its first event names the
 * address to post to, and a POST gets 202 while its answer comes on the stream.
 *
 *   GET  /sse, /sse/{endpoint}     the stream, which is the connection (`sse-connection.ts`)
 *   POST /messages?sessionId=…     one message
 *
 * That a POST names a stream opens nothing: it is found only by the principal who has opened it, whose credential every
 * POST shows anew, and to all others it does not exist.
 *
 * The address in the first event has no origin. Clients refuse another one than that of the stream, and by which they have
 * come is theirs to know: an address made of `publicUrl` would turn away all who come by another allowed host, and one made
 * of the Host field would have to guess the scheme. Its path begins with that of `publicUrl`, where a proxy has put us
 * below one.
 */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../model/errors.ts';
import { holderOf } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { checkSessionVersion } from '../../wire/inbound.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import { failureReply } from '../reply/encode.ts';
import { readBody } from './body.ts';
import { writeReply } from './http-outlet.ts';
import type { Visit } from './mcp-http.ts';
import type { McpParts } from './mcp-parts.ts';
import { acceptsEvents, checkContentType } from './media.ts';
import { ROUTES } from './routes.ts';
import { SseConnection } from './sse-connection.ts';

/** A POST does not say to which endpoint it goes; the stream it names does. */
export type Posted = Omit<Visit, 'endpoint'>;

export class McpSseDoor {
  readonly #parts: McpParts;
  readonly #snapshot: () => Snapshot;
  readonly #open = new Map<string, SseConnection>();

  constructor(parts: McpParts, snapshot: () => Snapshot) {
    this.#parts = parts;
    this.#snapshot = snapshot;
  }

  /** Throws `host_refused`, `endpoint_unknown`, `not_acceptable`, `too_many_streams`, `draining`. */
  open({ request, response, endpoint, verdict, extra }: Visit): void {
    if (isOfForeignPage(request)) throw new GatewayError('host_refused', { internal: { 'sec-fetch-site': true } });
    if (!this.#parts.views.has(endpoint, verdict.principal)) throw new GatewayError('endpoint_unknown');
    if (!acceptsEvents(request.headers)) throw new GatewayError('not_acceptable');
    const connection = new SseConnection(this.#parts, response, { endpoint, verdict });
    this.#open.set(connection.id, connection);
    connection.onClose(() => this.#open.delete(connection.id));
    connection.open(`${pathPrefix(this.#snapshot())}${ROUTES.messages.paths[0]}?sessionId=${connection.id}`, extra);
  }

  async post(visit: Posted): Promise<void> {
    const { request, response, verdict, extra } = visit;
    const connection = this.#connectionOf(visit);
    checkSessionVersion(request.headers);
    checkContentType(request.headers);
    const limits = this.#parts.limits();
    // As on a pipe, nothing is read from a client that does not read.
    if (!(await connection.room())) throw new GatewayError('session_unknown');
    const body = await readBody(request, limits.bodyBytesMax);
    if (connection.dialogue.isDeaf) throw new GatewayError('draining', { retryAfterSeconds: 10 });
    const scan = scanCall(body, { depthMax: limits.jsonDepthMax, keysMax: limits.jsonKeysMax });
    if (scan.ok) connection.dialogue.hear(scan.message, verdict);
    else if (scan.code === 'batch') connection.dialogue.hearBatch(body, verdict);
    else {
      const error = new GatewayError(scan.code, { internal: { why: scan.why } });
      if (error.limit !== undefined) connection.dialogue.hit(error.limit);
      return writeReply(response, failureReply(error, scan.id), extra);
    }
    writeReply(response, { status: 202, body: undefined, headers: [] }, extra);
  }

  /** Of the stream that a POST names; undefined when it names none that is open. */
  endpointOf(target: string): string | undefined {
    const [id = ''] = sessionIdsIn(target);
    return this.#open.get(id)?.place.endpoint;
  }

  /** Whose a stream is, is nobody's business. Throws `session_missing`, `session_unknown`. */
  #connectionOf({ request, verdict }: Posted): SseConnection {
    const [id, ...others] = sessionIdsIn(request.url ?? '');
    if (id === undefined || others.length > 0) throw new GatewayError('session_missing', { say: ADDRESS });
    const connection = this.#open.get(id);
    const isOwn = connection && holderOf(connection.place.verdict.principal) === holderOf(verdict.principal);
    if (!isOwn) throw new GatewayError('session_unknown');
    return connection;
  }
}

function sessionIdsIn(target: string): readonly string[] {
  return new URLSearchParams(target.slice(target.indexOf('?') + 1)).getAll('sessionId');
}

const ADDRESS = 'Post to the address that the first event of the stream at /sse names; it has one sessionId.';

/**
 * A page can have a GET sent that names no Origin, as a picture for example, and this one costs something although the page
 * could not read it (Fetch Metadata › Sec-Fetch-Site).
 */
function isOfForeignPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  // Another port of this machine is the same site, and somebody else's page; `none` is a person's own doing.
  return headers.origin === undefined && (site === 'cross-site' || site === 'same-site');
}

function pathPrefix({ publicUrl }: Snapshot): string {
  return publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
}
