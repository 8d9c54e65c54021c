/*
 * A newer client that is asked: what it is told to bring, and how it comes back with it.
 */
import assert from 'node:assert/strict';
import { at } from '../rig/json-rpc.ts';
import type { CallOptions, ModernClient, Reply } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import type { Scripted } from './stage.ts';

export interface Asked {
  /** By key. */
  readonly requests: Readonly<Record<string, JsonObject>>;
  readonly keys: readonly string[];
  readonly state: string;
}

/** What an answer asks for; fails when it asks for nothing. */
export function askedIn({ status, answer, stream }: Reply): Asked {
  assert.equal(at(answer, 'result', 'resultType'), 'input_required', stream.rawBody);
  assert.equal(status, 200);
  const requests = at(answer, 'result', 'inputRequests') as Record<string, JsonObject>;
  const state = at(answer, 'result', 'requestState');
  assert.ok(typeof state === 'string', stream.rawBody);
  return { requests, keys: Object.keys(requests), state };
}

/** What a request brings with it when it is made once more: the same answer to each question, or one for each. */
export function bringing({ keys, state }: Asked, answers: JsonObject | readonly JsonObject[]): JsonObject {
  const given = keys.map((key, at) => [key, Array.isArray(answers) ? answers[at] : answers]);
  return {
    inputResponses: Object.fromEntries(given.filter(([, answer]) => answer !== undefined)),
    requestState: state,
  };
}

export const YES = { action: 'accept', content: { answer: 'yes' } };

/** Calls a tool and asks for it again with `answers` until it is done. */
export async function callBringing(
  client: ModernClient,
  params: JsonObject,
  answers: JsonObject | readonly JsonObject[],
  options: CallOptions = {},
): Promise<Reply> {
  let reply = await client.call('tools/call', params, options);
  for (let round = 0; at(reply.answer, 'result', 'resultType') === 'input_required'; round++) {
    assert.ok(round < 10, 'it is asked without end');
    reply = await client.call('tools/call', { ...params, ...bringing(askedIn(reply), answers) }, options);
  }
  return reply;
}

export const ABLE = { capabilities: { elicitation: { form: {}, url: {} } } };
export const FORM = { method: 'elicitation/create', params: { message: 'x', requestedSchema: { type: 'object' } } };
export const URL_ENTRY = { mode: 'url', elicitationId: 'e', message: 'Sign in', url: 'https://a.example/' };

export const asking = (message: string) => ({ name: 'ask', arguments: { message } });
export const isCancelled = (up: Scripted, id: unknown) =>
  up.received.until(
    ({ method, message }) => method === 'notifications/cancelled' && at(message?.params, 'requestId') === id,
  );
export const callWith = (up: Scripted, words: string) =>
  up.received.until(({ method, body }) => method === 'tools/call' && body.includes(words));

export function assertRefused({ answer, stream }: Reply, words: RegExp): void {
  assert.equal(at(answer, 'error', 'code'), -32602, stream.rawBody);
  assert.match(String(at(answer, 'error', 'message')), words);
}
