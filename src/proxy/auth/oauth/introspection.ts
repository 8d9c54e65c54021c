/*
 * Asks an issuer about a token that says nothing itself (RFC 7662).
 *
 * The answer is held to what a JWT is held to: active, of this issuer if it names one, not expired, and meant for us. An
 * answer without an audience is refused, for then the token could be one for any other resource of the issuer.
 */

import type { RefusedWhy } from '../../../model/event.ts';
import type { IntrospectionDefinition, IssuerDefinition } from '../../../model/identity.ts';
import type { Fetch } from '../../egress/fetch-once.ts';
import type { Claims } from './compact.ts';
import type { Discovery } from './discovery.ts';
import { askForObject } from './issuer-answers.ts';

/** Claims of one token; conditions may read all of them, so an answer with more is none. */
const ANSWER_BYTES_MAX = 65_536;
/** Questions to one issuer at once. Beyond it a token is refused, for it is strangers who make up tokens in numbers. */
const ASKED_MAX = 64;

export class Introspection {
  readonly #definition: IssuerDefinition;
  readonly #client: IntrospectionDefinition;
  readonly #fetch: Fetch;
  readonly #discovery: Discovery;
  readonly #asked = new Map<string, Promise<Claims>>();

  constructor(definition: IssuerDefinition, client: IntrospectionDefinition, fetch: Fetch, discovery: Discovery) {
    this.#definition = definition;
    this.#client = client;
    this.#fetch = fetch;
    this.#discovery = discovery;
  }

  /** What the issuer says of the token. Rejects when it cannot be asked. Who asks at the same moment gets one answer. */
  claimsOf(token: string): Promise<Claims> {
    const asked = this.#asked.get(token);
    if (asked) return asked;
    if (this.#asked.size >= ASKED_MAX) return Promise.reject(new Error('too many questions to the issuer at once'));
    const asking = this.#ask(token).finally(() => this.#asked.delete(token));
    this.#asked.set(token, asking);
    return asking;
  }

  async #ask(token: string): Promise<Claims> {
    const url = this.#client.url ?? (await this.#discovery.places()).introspectionUrl;
    if (url === undefined)
      throw new Error(`the metadata of ${this.#definition.issuer} names no introspection endpoint`);
    const named = [this.#definition.issuer, this.#client.url ?? ''];
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString();
    const form = { body, authorization: basicCredential(this.#client) };
    return askForObject(this.#fetch, { url, named, form, bytesMax: ANSWER_BYTES_MAX });
  }
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined, so that a colon in the name does not end it. */
export function basicCredential({
  clientId,
  clientSecret,
}: Pick<IntrospectionDefinition, 'clientId' | 'clientSecret'>) {
  const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** Why an answer is not good enough. `audiences`: one of them must be named. `nowMs`: wall clock. */
export function answerRefusal(
  claims: Claims,
  {
    issuer,
    leewayMs,
    audiences,
    nowMs,
  }: {
    readonly issuer: string;
    readonly leewayMs: number;
    readonly audiences: readonly string[];
    readonly nowMs: number;
  },
): RefusedWhy | undefined {
  const { active, iss, exp, nbf, aud } = claims;
  if (active !== true) return 'inactive';
  if (iss !== undefined && iss !== issuer) return 'issuer';
  if (exp !== undefined && !(typeof exp === 'number' && exp * 1000 > nowMs - leewayMs)) return 'expired';
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1000 <= nowMs + leewayMs)) return 'claims';
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return audiences.some((audience) => named.includes(audience)) ? undefined : 'audience';
}
