/*
 * MCP over HTTP, both ways on one URL: requests that describe themselves (2026-07-28) and sessions (2025-11-25 and
 * before). POST carries messages, GET a session's stream, DELETE ends a session.
 *
 * Bytes become a `Call` here and a `Reply` becomes bytes; everything between is the pipeline's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Accepted, Call, DoorName } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf, SESSIONFUL } from '../../wire/codecs.ts';
import { checkSessionVersion, type SelfDescribed, selfDescribed } from '../../wire/inbound.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import { checkHeaders, readEnvelope } from '../../wire/rev2026-07-28/inbound.ts';
import { newCall } from '../layer.ts';
import { failureReply } from '../reply/encode.ts';
import type { Session } from '../session/session.ts';
import { answerBatch } from './batch.ts';
import { readBody } from './body.ts';
import { openStream } from './get-stream.ts';
import { HttpOutlet, writeReply } from './http-outlet.ts';
import type { McpParts } from './mcp-parts.ts';
import { checkMedia, paramHeadersOf } from './media.ts';
import { pathOf } from './routes.ts';

/** A request whose head was found good. */
export interface Visit {
  readonly door: DoorName;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: string;
  readonly verdict: Accepted;
  /** Header fields for whatever is answered. */
  readonly extra: readonly string[];
}

const NO_FACTS: Call['client'] = { capabilities: '{}', fingerprint: '', info: undefined, logLevel: undefined };
const NONE: readonly string[] = [];
const ACCEPTED: Reply = { status: 202, body: undefined, headers: [] };

export class McpHttpDoor {
  readonly parts: McpParts;

  constructor(parts: McpParts) {
    this.parts = parts;
  }

  async answer(visit: Visit): Promise<void> {
    if (!this.parts.views.has(visit.endpoint, visit.verdict.principal)) throw new GatewayError('endpoint_unknown');
    switch (visit.request.method) {
      case 'POST':
        return this.#post(visit);
      case 'GET':
        return openStream(this.parts, visit, this.sessionOf(visit));
      case 'DELETE':
        this.parts.sessions.end(this.sessionOf(visit));
        return writeReply(visit.response, { status: 204, body: undefined, headers: [] }, visit.extra);
      default:
        throw new GatewayError('http_method');
    }
  }

  /** Throws `session_missing`, `session_unknown`, `version_header`. */
  sessionOf(visit: Visit): Session {
    checkSessionVersion(visit.request.headers);
    const id = visit.request.headers['mcp-session-id'];
    if (typeof id !== 'string' || id === '') throw sessionMissing(visit.request);
    const session = this.parts.sessions.of(id, visit.verdict, visit.endpoint);
    if (!session) throw new GatewayError('session_unknown');
    return session;
  }

  /** Gives the request's whole answer to one message of a session or to one that describes itself. */
  outletFor(visit: Visit, session: Session | undefined): HttpOutlet {
    const limits = this.parts.limits();
    return new HttpOutlet({
      response: visit.response,
      wheel: this.parts.wheel,
      keepAliveMs: limits.keepAliveMs,
      bufferBytesMax: limits.streamBufferBytesMax,
      extra: visit.extra,
      onOverflow: () =>
        this.parts.emit({ type: 'limit_hit', limit: 'streamBufferBytesMax', principal: visit.verdict.principal.id }),
      ask: session && ((question, send, cancellation) => session.ask(question, send, cancellation)),
    });
  }

  async #post(visit: Visit): Promise<void> {
    const limits = this.parts.limits();
    checkMedia(visit.request.headers);
    const body = await readBody(visit.request, limits.bodyBytesMax);
    const scan = scanCall(body, { depthMax: limits.jsonDepthMax, keysMax: limits.jsonKeysMax });
    if (!scan.ok) {
      if (scan.code === 'batch') return answerBatch(this, visit, body);
      const error = new GatewayError(scan.code, { internal: { why: scan.why } });
      const principal = visit.verdict.principal.id;
      if (error.limit !== undefined) this.parts.emit({ type: 'limit_hit', limit: error.limit, principal });
      return writeReply(visit.response, failureReply(error, scan.id), visit.extra);
    }
    const told = this.#told(visit, scan.message);
    if ('status' in told) return writeReply(visit.response, told, visit.extra);
    const outlet = this.outletFor(visit, told.session);
    const call = this.callOf(visit, told, outlet);
    if (codecOf(told.revision).disconnectCancels) endWith(visit.response, call.cancellation);
    outlet.finish(await this.run(call, told.session));
  }

  /** Who says what in which revision; or the reply, when that is all there is to it. */
  #told(visit: Visit, message: Message): Told | Reply {
    try {
      const described = selfDescribed(message, visit.request.headers);
      return described ? selfTold(visit, message, described) : this.#ofSession(visit, message);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || message.kind !== 'request') throw thrown;
      return failureReply(thrown, message.id);
    }
  }

  #ofSession(visit: Visit, message: Message): Told | Reply {
    if (message.kind === 'request' && message.method === 'initialize') {
      checkSessionVersion(visit.request.headers);
      const revision = SESSIONFUL[0] as Revision;
      return { message, revision, client: NO_FACTS, paramHeaders: NONE, session: undefined };
    }
    const session = this.sessionOf(visit);
    if (message.kind === 'request') {
      return { message, revision: session.revision, client: session.client, paramHeaders: NONE, session };
    }
    this.parts.notices.take(session, message);
    return ACCEPTED;
  }

  callOf(visit: Visit, told: Told, outlet: Call['outlet']): Call {
    return newCall({
      door: visit.door,
      endpoint: visit.endpoint,
      verdict: visit.verdict,
      revision: told.revision,
      message: told.message,
      client: told.client,
      outlet,
      cancellation: new Cancellation(),
      paramHeaders: told.paramHeaders,
      sessionId: told.session?.id ?? '',
    });
  }

  run(call: Call, session: Session | undefined): Promise<Reply> {
    if (!session) return this.parts.pipeline(call);
    session.entered(call);
    return this.parts.pipeline(call).finally(() => session.left(call));
  }
}

/** A GET that names no session is mostly that of a client which expects the stream of HTTP+SSE here. */
function sessionMissing({ method, url = '' }: IncomingMessage): GatewayError {
  if (method !== 'GET') return new GatewayError('session_missing');
  const stream = pathOf(url).replace(/^\/mcp/, '/sse');
  return new GatewayError('session_missing', {
    say: `The Mcp-Session-Id header is required. Clients of HTTP+SSE (2024-11-05) use ${stream} instead.`,
  });
}

/** What a message says, and what is known about who says it. */
export interface Told {
  readonly message: Message;
  readonly revision: Revision;
  readonly client: Call['client'];
  readonly paramHeaders: readonly string[];
  readonly session: Session | undefined;
}

function selfTold(visit: Visit, message: Message, { revision, meta }: SelfDescribed): Told | Reply {
  if (message.kind === 'notification') return ACCEPTED;
  if (message.kind !== 'request') throw new GatewayError('request_invalid');
  checkHeaders(message, visit.request.headers);
  const client = readEnvelope(message.bytes, meta);
  return { message, revision, client, paramHeaders: paramHeadersOf(visit.request.rawHeaders), session: undefined };
}

/** Closing the response stream is cancellation (2026-07-28, Cancellation). */
function endWith(response: ServerResponse, cancellation: Cancellation): void {
  response.on('close', () => {
    if (!response.writableFinished) cancellation.cancel(new GatewayError('call_cancelled'));
  });
}
