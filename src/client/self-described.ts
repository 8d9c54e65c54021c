/*
 * Requests that describe themselves (2026-07-28): nothing is opened and nothing is left behind.
 *
 * A server that wants to know something answers `input_required`; the request is then sent again with the answers and with
 * what the server gave to remember. Dropping the connection is cancellation.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { META } from '../wire/codec.ts';
import { SELF_DESCRIBING } from '../wire/codecs.ts';
import { encodeHeaderValue } from '../wire/rev2026-07-28/headers.ts';
import { hear, readAnswer, resultOf } from './answer-stream.ts';
import { type Conversation, ConversationLost, type Hooks, type Request, type Result } from './conversation.ts';
import { exchange, type Gate } from './exchange.ts';
import { isObject, type JsonObject, objectAt, textAt } from './json.ts';
import { answerQuestion } from './questions.ts';
import { capabilities, POST_HEADERS, requestText } from './request-text.ts';

/** A server that asks without end is stopped here. */
const ROUNDS_MAX = 32;
const PAUSE_MS = 250;

export class SelfDescribed implements Conversation {
  readonly #gate: Gate;
  readonly #path: string;
  readonly #clientInfo: JsonObject;
  #nextId = 1;

  constructor(gate: Gate, path: string, clientInfo: JsonObject) {
    this.#gate = gate;
    this.#path = path;
    this.#clientInfo = clientInfo;
  }

  async ask(request: Request, hooks: Hooks = {}): Promise<Result> {
    let { params } = request;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const result = await this.#once({ ...request, params }, hooks);
      if (result.value.resultType !== 'input_required') return result;
      params = { ...request.params, ...(await answered(result.value, hooks)) };
    }
    throw new ConversationLost('The server asked for more and more, and never answered.');
  }

  async close(): Promise<void> {}

  async #once({ method, params, mirrored }: Request, hooks: Hooks): Promise<Result> {
    const id = this.#nextId++;
    const response = await exchange(this.#gate, {
      method: 'POST',
      path: this.#path,
      headers: { ...POST_HEADERS, ...headersOf(method, mirrored) },
      body: requestText(id, method, params, this.#meta(id, hooks)),
      signal: hooks.signal,
    });
    return resultOf(await readAnswer(response, (message) => hear(message, hooks)));
  }

  #meta(id: number, hooks: Hooks): JsonObject {
    return {
      [`${META}protocolVersion`]: SELF_DESCRIBING[0],
      [`${META}clientCapabilities`]: capabilities(hooks.onQuestion !== undefined),
      [`${META}clientInfo`]: this.#clientInfo,
      ...(hooks.onLog ? { [`${META}logLevel`]: 'info' } : {}),
      ...(hooks.onProgress ? { progressToken: id } : {}),
    };
  }
}

function headersOf(method: string, mirrored: Readonly<Record<string, string>> = {}): Record<string, string> {
  const encoded = Object.entries(mirrored).map(([name, value]) => [name, encodeHeaderValue(value)]);
  return { 'mcp-protocol-version': SELF_DESCRIBING[0] ?? '', 'mcp-method': method, ...Object.fromEntries(encoded) };
}

/** The members of `params` that answer what a server wants to know. */
async function answered(result: JsonObject, hooks: Hooks): Promise<Record<string, string>> {
  const answers: Record<string, unknown> = {};
  for (const [key, question] of Object.entries(objectAt(result, 'inputRequests'))) {
    if (isObject(question)) answers[key] = await answerQuestion(question, hooks);
  }
  const state = textAt(result, 'requestState');
  const isAsked = Object.keys(answers).length > 0;
  // One that only wants to be asked again is given a moment.
  if (!isAsked) await sleep(PAUSE_MS, undefined, hooks.signal ? { signal: hooks.signal } : {});
  return {
    ...(isAsked ? { inputResponses: JSON.stringify(answers) } : {}),
    ...(state === undefined ? {} : { requestState: JSON.stringify(state) }),
  };
}
