/*
 * The scripted server over Streamable HTTP, of any revision: POST, and for the legacy revisions sessions, GET and DELETE.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, errorOf, isRequest, notification, type RpcMessage, resultOf } from './json-rpc.ts';
import { ReceivedLog } from './received.ts';
import type { ScriptedCore } from './scripted-core.ts';
import { HttpReply } from './scripted-http-reply.ts';
import { modernRefusal } from './scripted-http-rules.ts';
import { type Behaviour, rawBytes, type Script } from './scripted-script.ts';
import { Conversation } from './scripted-session.ts';

interface HttpSession {
  readonly conversation: Conversation;
  stream: HttpReply | undefined;
}

export class ScriptedHttp {
  readonly #core: ScriptedCore;
  readonly #script: Script;
  readonly #log: ReceivedLog;
  /** Requests whose client went away before their answer was out. */
  readonly dropped = new ReceivedLog();
  /** By Mcp-Session-Id; a server without sessions keeps the one under ''. */
  readonly sessions = new Map<string, HttpSession>();

  constructor(core: ScriptedCore, script: Script, log: ReceivedLog) {
    this.#core = core;
    this.#script = script;
    this.#log = log;
  }

  async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method: via = '', url: path = '', rawHeaders } = request;
    const received = this.#log.add({ via, path, rawHeaders, body: Buffer.concat(chunks) });
    response.once('close', () => response.writableFinished || this.dropped.add(received));
    const message = received.message ?? {};
    const behaviour = this.#script.take(via === 'POST' ? received.method : via, at(message.params, 'name'));
    const reply = new HttpReply(response, behaviour);
    if (behaviour.delayMs !== undefined) await sleep(behaviour.delayMs);
    if (await this.#misbehaves(behaviour, { request, response, reply, message })) return;
    if (via === 'POST') await this.#onPost(request, response, { received, behaviour });
    else if (via === 'GET' && !this.#core.isModern) this.#onGet(request, response, reply);
    else if (via === 'DELETE' && !this.#core.isModern) this.#onDelete(request, reply);
    else reply.plain(405, '');
  }

  /** True when the behaviour has dealt with the request. */
  async #misbehaves(
    behaviour: Behaviour,
    {
      request,
      response,
      reply,
      message,
    }: { request: IncomingMessage; response: ServerResponse; reply: HttpReply; message: RpcMessage },
  ): Promise<boolean> {
    if (behaviour.die) response.destroy();
    else if (behaviour.hang) return true;
    else if (behaviour.forgetSession) return this.#forget(sessionIdOf(request));
    else if (behaviour.html) reply.html();
    else if (behaviour.raw !== undefined) {
      reply.plain(200, 'application/json', rawBytes(behaviour, message.id));
    } else if (behaviour.endless) await reply.endless(message.id, this.#core.options.answerAs === 'sse');
    else if (behaviour.sse) {
      reply.stream();
      for (const event of behaviour.sse) reply.event(event);
      if (!behaviour.neverEnd) response.end();
    } else if (behaviour.status !== undefined && !behaviour.answer && !behaviour.error)
      reply.plain(behaviour.status, '');
    else return false;
    return true;
  }

  #forget(id: string): false {
    this.sessions.get(id)?.conversation.end();
    this.sessions.delete(id);
    return false;
  }

  async #onPost(
    request: IncomingMessage,
    response: ServerResponse,
    { received, behaviour }: { received: { message: RpcMessage | undefined; body: Buffer }; behaviour: Behaviour },
  ): Promise<void> {
    const { message, body } = received;
    const plain = new HttpReply(response, behaviour);
    if (!message) return this.#onBatch(request, body, plain);
    if (this.#core.isModern) {
      const refusal =
        message.method === undefined || isRequest(message) ? modernRefusal(message, request.headers) : undefined;
      if (refusal) return plain.finish(refusal.body, refusal.status, false);
      return this.#converse(message, { conversation: new Conversation(this.#core), response, behaviour, headers: {} });
    }
    const opened = message.method === 'initialize' ? this.#open() : this.#find(request);
    if (typeof opened === 'number') {
      return plain.finish(
        errorOf(null, -32000, opened === 404 ? 'Session not found' : 'Server not initialized'),
        opened,
        false,
      );
    }
    const headers: Record<string, string> = opened.minted ? { 'mcp-session-id': opened.minted } : {};
    return this.#converse(message, { conversation: opened.session.conversation, response, behaviour, headers });
  }

  async #converse(
    message: RpcMessage,
    to: {
      conversation: Conversation;
      response: ServerResponse;
      behaviour: Behaviour;
      headers: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    const { conversation, response, behaviour } = to;
    const reply = new HttpReply(response, behaviour, to.headers);
    if (!isRequest(message)) {
      conversation.take(message);
      return reply.plain(202, '');
    }
    const gone = new AbortController();
    // Legacy: a lost connection is not a cancellation (MCP 2025-11-25, Transports); modern: it is.
    if (this.#core.isModern) response.once('close', () => gone.abort());
    for (let n = 1; n <= (behaviour.flood ?? 0); n++)
      reply.event(notification('notifications/message', { level: 'info', data: n }));
    const answer = await this.#answer(message, { conversation, reply, behaviour, gone });
    if (this.#core.isModern) conversation.end();
    if (response.destroyed) return;
    if (!answer) response.end();
    else reply.finish(answer, this.#statusOf(answer), this.#core.options.answerAs === 'sse');
  }

  async #answer(
    message: RpcMessage & { id: string | number; method: string },
    {
      conversation,
      reply,
      behaviour,
      gone,
    }: { conversation: Conversation; reply: HttpReply; behaviour: Behaviour; gone: AbortController },
  ): Promise<RpcMessage | undefined> {
    if (behaviour.error)
      return errorOf(message.id, behaviour.error.code, behaviour.error.message, behaviour.error.data);
    if (behaviour.answer) return resultOf(message.id, behaviour.answer);
    return conversation.run(message, (interim) => reply.event(interim), gone);
  }

  #statusOf(answer: RpcMessage): number {
    return this.#core.isModern && at(answer.error, 'code') === -32601 ? 404 : 200;
  }

  /** Batches exist in one revision only. */
  async #onBatch(request: IncomingMessage, body: Buffer, reply: HttpReply): Promise<void> {
    const batch = parseArray(body);
    const found = this.#core.revision === '2025-03-26' && batch ? this.#find(request) : 400;
    if (typeof found === 'number' || !batch) return reply.finish(errorOf(null, -32700, 'Parse error'), 400, false);
    const { conversation } = found.session;
    const answers = await Promise.all(
      batch.map((each) =>
        isRequest(each) ? conversation.run(each, (interim) => reply.event(interim)) : void conversation.take(each),
      ),
    );
    const said = answers.filter((answer) => answer !== undefined);
    if (said.length === 0) return reply.plain(202, '');
    reply.plain(200, 'application/json', JSON.stringify(said));
  }

  #onGet(request: IncomingMessage, response: ServerResponse, reply: HttpReply): void {
    const found = this.#find(request);
    if (typeof found === 'number') reply.plain(found, '');
    else if (found.session.stream) reply.plain(409, '');
    else {
      found.session.stream = reply;
      reply.stream();
      response.once('close', () => {
        found.session.stream = undefined;
      });
    }
  }

  #onDelete(request: IncomingMessage, reply: HttpReply): void {
    const found = this.#find(request);
    if (typeof found === 'number') {
      reply.plain(found, '');
      return;
    }
    this.#forget(sessionIdOf(request));
    reply.plain(200, '');
  }

  #open(): { session: HttpSession; minted: string } {
    const minted = this.#core.options.sessions === false ? '' : randomUUID();
    const session: HttpSession = { conversation: new Conversation(this.#core), stream: undefined };
    session.conversation.session.push = (message) => session.stream?.event(message);
    this.sessions.set(minted, session);
    return { session, minted };
  }

  #find(request: IncomingMessage): { session: HttpSession; minted: '' } | number {
    const id = sessionIdOf(request);
    const session = this.sessions.get(id);
    if (session) return { session, minted: '' };
    return id === '' ? 400 : 404;
  }

  end(): void {
    for (const { conversation } of this.sessions.values()) conversation.end();
    this.sessions.clear();
  }
}

function sessionIdOf(request: IncomingMessage): string {
  return String(request.headers['mcp-session-id'] ?? '');
}

function parseArray(body: Buffer): RpcMessage[] | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return Array.isArray(value) ? (value as RpcMessage[]) : undefined;
  } catch {
    return undefined;
  }
}
