/*
 * MCP over HTTP, both ways on one URL: requests that describe themselves (2026-07-28) and sessions (2025-11-25 and
 * before). POST carries messages, GET a session's stream, DELETE ends a session.
 *
 * Bytes become a `Call` here and a `Reply` becomes bytes; everything between is the pipeline's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call, Verdict } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf, SESSIONFUL } from '../../wire/codecs.ts';
import { checkSessionVersion, type SelfDescribed, selfDescribed } from '../../wire/inbound.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import { checkHeaders, readEnvelope } from '../../wire/rev2026-07-28/inbound.ts';
import { type Handler, newCall } from '../layer.ts';
import type { Streams } from '../limit/streams.ts';
import type { Views } from '../policy/view.ts';
import { failureReply } from '../reply/encode.ts';
import type { Hub } from '../session/hub.ts';
import type { Notices } from '../session/notices.ts';
import type { Session } from '../session/session.ts';
import type { Sessions } from '../session/sessions.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { answerBatch } from './batch.ts';
import { readBody } from './body.ts';
import { openStream } from './get-stream.ts';
import { HttpOutlet, writeReply } from './http-outlet.ts';
import { checkMedia, paramHeadersOf } from './media.ts';

export interface McpHttpParts {
  readonly pipeline: Handler<Call>;
  readonly sessions: Sessions;
  readonly notices: Notices;
  readonly hub: Hub;
  readonly streams: Streams;
  readonly views: Views;
  readonly wheel: TimerWheel;
  readonly limits: () => Limits;
  readonly emit: Emit;
}

/** A request whose head was found good. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: string;
  readonly verdict: Exclude<Verdict, { readonly refused: GatewayError }>;
  /** Header fields for whatever is answered. */
  readonly extra: readonly string[];
}

const NO_FACTS: Call['client'] = { capabilities: '{}', fingerprint: '', info: undefined, logLevel: undefined };
const NONE: readonly string[] = [];
const ACCEPTED: Reply = { status: 202, body: undefined, headers: [] };

export class McpHttpDoor {
  readonly parts: McpHttpParts;

  constructor(parts: McpHttpParts) {
    this.parts = parts;
  }

  async answer(visit: Visit): Promise<void> {
    if (!this.parts.views.of(visit.endpoint, visit.verdict.principal)) throw new GatewayError('endpoint_unknown');
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
    if (typeof id !== 'string' || id === '') throw new GatewayError('session_missing');
    const session = this.parts.sessions.of(id, visit.verdict.principal, visit.endpoint);
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
    if (scan.ok) return this.#message(visit, scan.message);
    if (scan.code === 'batch') return answerBatch(this, visit, body);
    const error = new GatewayError(scan.code, { internal: { why: scan.why } });
    writeReply(visit.response, failureReply(error, scan.id), visit.extra);
  }

  async #message(visit: Visit, message: Message): Promise<void> {
    try {
      const described = selfDescribed(message, visit.request.headers);
      if (described) await this.#selfDescribed(visit, message, described);
      else await this.#ofSession(visit, message);
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || message.kind !== 'request') throw thrown;
      writeReply(visit.response, failureReply(thrown, message.id), visit.extra);
    }
  }

  async #selfDescribed(visit: Visit, message: Message, { revision, meta }: SelfDescribed): Promise<void> {
    if (message.kind === 'notification') return writeReply(visit.response, ACCEPTED, visit.extra);
    if (message.kind !== 'request') throw new GatewayError('request_invalid');
    checkHeaders(message, visit.request.headers);
    const client = readEnvelope(message.bytes, meta);
    const paramHeaders = paramHeadersOf(visit.request.rawHeaders);
    await this.#call(visit, { message, revision, client, paramHeaders }, undefined);
  }

  async #ofSession(visit: Visit, message: Message): Promise<void> {
    if (message.kind === 'request' && message.method === 'initialize') {
      checkSessionVersion(visit.request.headers);
      const revision = SESSIONFUL[0] as Revision;
      return this.#call(visit, { message, revision, client: NO_FACTS, paramHeaders: NONE }, undefined);
    }
    const session = this.sessionOf(visit);
    if (message.kind !== 'request') {
      this.parts.notices.take(session, message);
      return writeReply(visit.response, ACCEPTED, visit.extra);
    }
    const { revision, client } = session;
    return this.#call(visit, { message, revision, client, paramHeaders: NONE }, session);
  }

  async #call(visit: Visit, told: Told, session: Session | undefined): Promise<void> {
    const outlet = this.outletFor(visit, session);
    const call = this.callOf(visit, told, session, outlet);
    if (codecOf(told.revision).disconnectCancels) {
      visit.response.on('close', () => {
        if (!visit.response.writableFinished) call.cancellation.cancel(new GatewayError('call_cancelled'));
      });
    }
    outlet.finish(await this.run(call, session));
  }

  callOf(visit: Visit, told: Told, session: Session | undefined, outlet: Call['outlet']): Call {
    return newCall({
      door: 'mcp-http',
      endpoint: visit.endpoint,
      verdict: visit.verdict,
      revision: told.revision,
      message: told.message,
      client: told.client,
      outlet,
      cancellation: new Cancellation(),
      paramHeaders: told.paramHeaders,
      sessionId: session?.id ?? '',
    });
  }

  async run(call: Call, session: Session | undefined): Promise<Reply> {
    if (!session) return this.parts.pipeline(call);
    session.entered(call);
    try {
      return await this.parts.pipeline(call);
    } finally {
      session.left(call);
    }
  }
}

/** What a message says, and what is known about who says it. */
export interface Told {
  readonly message: Message;
  readonly revision: Revision;
  readonly client: Call['client'];
  readonly paramHeaders: readonly string[];
}
