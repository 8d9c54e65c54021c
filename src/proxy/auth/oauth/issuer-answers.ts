/*
 * What issuers are asked over HTTP, and how their answers are read: JSON objects of a bounded size, in a bounded time, and
 * nothing else. A page in HTML, a redirect, half a million keys are failures, and what was known before stays.
 */
import type { Fetch } from '../../egress/fetch-once.ts';
import { isObject } from './compact.ts';

/** For the whole answer. Callers wait less (`remote-keys.ts`). */
const ANSWER_TIMEOUT_MS = 5_000;
/** A hundred keys with their certificates. */
const ANSWER_BYTES_MAX = 524_288;

export interface Question {
  readonly url: string;
  /** Addresses of the local file: what is on their origin is trusted with them (design §6, egress). */
  readonly named: readonly string[];
  readonly form?: { readonly body: string; readonly authorization: string };
  readonly bytesMax?: number;
}

/** Rejects with what went wrong, in words for the operator. */
export async function ask(send: Fetch, question: Question): Promise<Buffer> {
  const { url, named, form, bytesMax = ANSWER_BYTES_MAX } = question;
  const trustedOrigins = named.flatMap((address) => URL.parse(address)?.origin ?? []);
  const shared = { url, timeoutMs: ANSWER_TIMEOUT_MS, bytesMax, trustedOrigins };
  const accept = { accept: 'application/json' };
  const answer = await send(
    form
      ? {
          ...shared,
          method: 'POST',
          headers: { ...accept, ...FORM, authorization: form.authorization },
          body: form.body,
        }
      : { ...shared, headers: accept },
  );
  if (answer.status !== 200) throw new Error(`${url} answered with status ${answer.status}`);
  return answer.body;
}
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

export async function askForObject(send: Fetch, question: Question): Promise<Readonly<Record<string, unknown>>> {
  const said: unknown = JSON.parse((await ask(send, question)).toString('utf8'));
  if (!isObject(said)) throw new Error(`${question.url} answered with something else than a JSON object`);
  return said;
}
