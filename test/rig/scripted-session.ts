/*
 * One client connection of a scripted server that outlives a request: questions that wait for an answer, requests in
 * progress that can be cancelled.
 */
import { at, isRequest, type RpcId, type RpcMessage, request } from './json-rpc.ts';
import { newSession, type Peer, type ScriptedCore, type Session } from './scripted-core.ts';

export class Conversation {
  readonly session: Session = newSession();
  readonly #core: ScriptedCore;
  readonly #asked = new Map<string, (answer: RpcMessage) => void>();
  readonly #running = new Map<RpcId, AbortController>();
  #nextQuestion = 1;

  constructor(core: ScriptedCore) {
    this.#core = core;
    core.sessions.add(this.session);
  }

  /** Runs a request; `interim` sends what precedes its answer. Undefined when the client has cancelled it. */
  async run(
    message: RpcMessage & { id: RpcId; method: string },
    interim: Peer['interim'],
    gone: AbortController = new AbortController(),
  ): Promise<RpcMessage | undefined> {
    this.#running.set(message.id, gone);
    const ask: Peer['ask'] = (method, params) => {
      const id = `question-${this.#nextQuestion++}`;
      const answered = new Promise<RpcMessage>((resolve) => this.#asked.set(id, resolve));
      interim(request(id, method, params));
      return answered;
    };
    const answer = await this.#core.answer(message, { session: this.session, interim, ask, gone: gone.signal });
    this.#running.delete(message.id);
    return gone.signal.aborted && message.method !== 'subscriptions/listen' ? undefined : answer;
  }

  /** Takes an answer or a notification of the client. True when it belonged to something. */
  take(message: RpcMessage): boolean {
    if (isRequest(message)) return false;
    if (message.method === 'notifications/cancelled') {
      const running = this.#running.get(at(message.params, 'requestId') as RpcId);
      running?.abort();
      return running !== undefined;
    }
    if (message.method !== undefined) return true;
    const resolve = this.#asked.get(String(message.id));
    this.#asked.delete(String(message.id));
    resolve?.(message);
    return resolve !== undefined;
  }

  end(): void {
    this.#core.sessions.delete(this.session);
    for (const running of this.#running.values()) running.abort();
  }
}
