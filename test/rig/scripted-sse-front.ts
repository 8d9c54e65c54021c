/*
 * The scripted server over HTTP+SSE, the transport of revision 2024-11-05: GET opens the stream, whose first event names
 * the address to POST to; a POST gets 202 and its answer comes on the stream.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, errorOf, isRequest, notification, type RpcMessage, resultOf } from './json-rpc.ts';
import { ReceivedLog } from './received.ts';
import type { ScriptedCore } from './scripted-core.ts';
import { HttpReply } from './scripted-http-reply.ts';
import { type Behaviour, rawBytes, type Script } from './scripted-script.ts';
import { Conversation } from './scripted-session.ts';

const DATA = Buffer.from('data: ');
const END = Buffer.from('\n\n');

export class ScriptedSse {
  readonly #core: ScriptedCore;
  readonly #script: Script;
  readonly #log: ReceivedLog;
  /** Always empty: a POST is over before its answer is out. */
  readonly dropped = new ReceivedLog();
  readonly #streams = new Map<string, { readonly reply: HttpReply; readonly conversation: Conversation }>();

  constructor(core: ScriptedCore, script: Script, log: ReceivedLog) {
    this.#core = core;
    this.#script = script;
    this.#log = log;
  }

  async onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method: via = '', url: path = '', rawHeaders } = request;
    const { message, method } = this.#log.add({ via, path, rawHeaders, body: Buffer.concat(chunks) });
    const behaviour = this.#script.take(via === 'POST' ? method : via, at(message?.params, 'name'));
    const { pathname, searchParams } = new URL(path, 'http://scripted');
    if (behaviour.die) response.destroy();
    else if (via === 'GET' && pathname === '/sse') this.#open(response, behaviour);
    else if (via === 'POST' && pathname === '/messages') {
      const id = searchParams.get('sessionId') ?? '';
      if (behaviour.forgetSession) this.#streams.delete(id);
      const stream = this.#streams.get(id);
      const isKnown = stream !== undefined && message !== undefined;
      if (behaviour.html) new HttpReply(response, behaviour).html();
      else new HttpReply(response, behaviour).plain(isKnown ? 202 : 404, 'text/plain');
      // What is refused is not begun.
      const isTaken = isKnown && response.statusCode === 202 && !behaviour.html;
      if (isTaken) await this.#converse(message, { ...stream, behaviour });
    } else new HttpReply(response, {}).plain(405, '');
  }

  #open(response: ServerResponse, behaviour: Behaviour): void {
    const id = randomUUID();
    const reply = new HttpReply(response, behaviour);
    const conversation = new Conversation(this.#core);
    conversation.session.push = (message) => reply.event(message);
    this.#streams.set(id, { reply, conversation });
    reply.event(`event: endpoint\ndata: /messages?sessionId=${id}\n\n`);
    response.once('close', () => {
      conversation.end();
      this.#streams.delete(id);
    });
  }

  async #converse(
    message: RpcMessage,
    { reply, conversation, behaviour }: { reply: HttpReply; conversation: Conversation; behaviour: Behaviour },
  ): Promise<void> {
    if (!isRequest(message)) {
      conversation.take(message);
      return;
    }
    if (behaviour.hang || behaviour.status !== undefined) return;
    if (behaviour.raw !== undefined) return reply.event(Buffer.concat([DATA, rawBytes(behaviour, message.id), END]));
    if (behaviour.endless) return reply.endless(message.id, true);
    if (behaviour.delayMs !== undefined) await sleep(behaviour.delayMs);
    for (let n = 1; n <= (behaviour.flood ?? 0); n++)
      reply.event(notification('notifications/message', { level: 'info', data: n }));
    const answer = behaviour.error
      ? errorOf(message.id, behaviour.error.code, behaviour.error.message, behaviour.error.data)
      : behaviour.answer
        ? resultOf(message.id, behaviour.answer)
        : await conversation.run(message, (interim) => reply.event(interim));
    if (!answer) return;
    const said = behaviour.wrongId ? { ...answer, id: `wrong-${answer.id}` } : answer;
    if (behaviour.truncated) return reply.half(`data: ${JSON.stringify(said)}\n\n`);
    reply.event(said);
    if (behaviour.twoAnswers) reply.event(said);
  }

  /** Forgets all sessions; their streams stay open. */
  end(): void {
    for (const { conversation } of this.#streams.values()) conversation.end();
    this.#streams.clear();
  }
}
