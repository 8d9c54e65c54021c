/*
 * What every HTTP listener shares: how long a head may take and be, and that whatever is thrown while a request is judged
 * leaves as one neutral refusal. Who is let in, and where to, is for the listener's own `judge`.
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { RequestFacts } from '../../model/call.ts';
import { type GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { LimitName } from '../../model/limits.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { refuseRequest, refuseSocket } from './refusal.ts';
import { pathOf } from './routes.ts';

export interface AboutRequest {
  readonly path: string;
  readonly requestId: string;
}

export interface ListenerParts {
  /** Undefined for plain HTTP. */
  readonly tls?: SecureContextOptions | undefined;
  readonly snapshot: () => Snapshot;
  readonly emit: Emit;
  /** Told of refusals and of bugs, with what a client is not told. */
  readonly log: (error: GatewayError, about: AboutRequest) => void;
}

/** One request, as the listener hands it on. */
export interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: RequestFacts;
}

export interface Judge {
  readonly factsOf: (request: IncomingMessage) => RequestFacts;
  /** Answers, or throws why not. */
  readonly answer: (arrival: Arrival) => Promise<void> | undefined;
  /** Header fields of a refusal. */
  readonly refusalHeaders: (error: GatewayError, arrival: Arrival) => readonly string[];
  /** JSON in the words of who is refused; where it is undefined, an error of JSON-RPC. */
  readonly refusalBody?: (error: GatewayError, arrival: Arrival) => Buffer | undefined;
}

/** Idle time that outlives the usual reverse proxy's, so that it is the proxy that closes first. */
const KEEP_ALIVE_MS = 65_000;

export function createListener(parts: ListenerParts, judge: Judge): Server {
  const { limits } = parts.snapshot();
  const options: ServerOptions = {
    // Node refuses a head that reaches this.
    maxHeaderSize: limits.headerBytesMax + 1,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: Math.max(limits.bodyTimeoutMs, limits.headTimeoutMs),
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    insecureHTTPParser: false,
    // `head.ts` refuses a missing one in the words of all other refusals.
    requireHostHeader: false,
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => answer(parts, judge, request, response);
  const server = parts.tls
    ? createTlsServer({ ...options, ...parts.tls, handshakeTimeout: limits.headTimeoutMs }, listener)
    : createServer(options, listener);
  // One more than allowed: Node drops fields beyond this silently, and then nobody could tell.
  server.maxHeadersCount = limits.headerCountMax + 1;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Words of HTTP mean nothing to whom TLS could not be agreed with.
    if (OF_HANDSHAKE.test(error.code ?? '')) socket.destroy();
    else
      refuseSocket(error, socket as Socket, (refused, requestId, limit) => {
        parts.log(refused, { path: '', requestId });
        hit(parts, limit);
      });
  });
  return server;
}

const OF_HANDSHAKE = /^(?:ERR_SSL|ERR_TLS|EPROTO|ECONNRESET)/;

function answer(parts: ListenerParts, judge: Judge, request: IncomingMessage, response: ServerResponse): void {
  const arrival = { request, response, facts: judge.factsOf(request) };
  const refuse = (thrown: unknown) => {
    const error = toGatewayError(thrown);
    parts.log(error, aboutRequest(request, arrival.facts));
    hit(parts, error.limit);
    const headers = judge.refusalHeaders(error, arrival);
    const drainBytesMax = parts.snapshot().limits.bodyBytesMax;
    refuseRequest(request, response, { error, headers, drainBytesMax, body: judge.refusalBody?.(error, arrival) });
  };
  try {
    judge.answer(arrival)?.catch(refuse);
  } catch (thrown) {
    refuse(thrown);
  }
}

/** Without the query, in which a stream is named, or somebody's secret. */
export function aboutRequest({ url = '' }: IncomingMessage, { id }: RequestFacts): AboutRequest {
  return { path: pathOf(url).slice(0, 200), requestId: id };
}

function hit(parts: ListenerParts, limit: LimitName | undefined): void {
  if (limit !== undefined) parts.emit({ type: 'limit_hit', limit, principal: '' });
}
