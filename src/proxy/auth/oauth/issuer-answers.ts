/*
 * What issuers are asked over HTTP, and how their answers are read: JSON objects of a bounded size, in a bounded time, and
 * nothing else. A page in HTML, a redirect, half a million keys are failures, and what was known before stays.
 */
import type { LimitName, Limits } from '../../../model/limits.ts';
import { EgressError } from '../../egress/egress-error.ts';
import type { Fetch } from '../../egress/fetch-once.ts';
import { isObject } from './compact.ts';

/** For the whole answer. Callers wait less (`remote-keys.ts`). */
const ANSWER_TIMEOUT_MS = 5_000;

export interface Question {
  readonly url: string;
  /** Addresses of the local file: what is on their origin is trusted with them (design §6, egress). */
  readonly named: readonly string[];
  readonly form?: { readonly body: string; readonly authorization: string };
  /** What bounds the answer. */
  readonly limit: 'issuerAnswerBytesMax' | 'introspectionBytesMax';
}

/** Rejects with what went wrong, in words for the operator. */
export type Ask = (question: Question) => Promise<Buffer>;

export interface AskParts {
  readonly fetch: Fetch;
  readonly limits: () => Limits;
  readonly onLimit: (limit: LimitName) => void;
}

export function askWith({ fetch: send, limits, onLimit }: AskParts): Ask {
  return async ({ url, named, form, limit }) => {
    const trustedOrigins = named.flatMap((address) => URL.parse(address)?.origin ?? []);
    const shared = { url, timeoutMs: ANSWER_TIMEOUT_MS, bytesMax: limits()[limit], trustedOrigins };
    const asking = form
      ? { ...shared, method: 'POST' as const, headers: { ...FORM, authorization: form.authorization }, body: form.body }
      : { ...shared, headers: JSON_WANTED };
    const answer = await send(asking).catch((error: unknown) => {
      if (error instanceof EgressError && error.failure.kind === 'too_large') onLimit(limit);
      throw error;
    });
    if (answer.status !== 200) throw new Error(`${url} answered with status ${answer.status}`);
    return answer.body;
  };
}
const JSON_WANTED = { accept: 'application/json' };
const FORM = { ...JSON_WANTED, 'content-type': 'application/x-www-form-urlencoded' };

export async function askForObject(ask: Ask, question: Question): Promise<Readonly<Record<string, unknown>>> {
  const said: unknown = JSON.parse((await ask(question)).toString('utf8'));
  if (!isObject(said)) throw new Error(`${question.url} answered with something else than a JSON object`);
  return said;
}
