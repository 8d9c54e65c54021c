/*
 * Asks an issuer about a token that says nothing itself (RFC 7662).
 *
 * The answer is held to what a JWT is held to: active, of this issuer if it names one, not expired, and meant for us. An
 * answer without an audience is refused, for then the token could be one for any other resource of the issuer.
 */

import type { RefusedWhy } from '../../../model/event.ts';
import type { IntrospectionDefinition, IssuerDefinition } from '../../../model/identity.ts';
import type { Claims } from './compact.ts';
import type { Discovery } from './discovery.ts';
import { type Ask, type AskParts, askForObject } from './issuer-answers.ts';
import { isForBearers } from './token-rules.ts';

export interface IntrospectionParts extends Pick<AskParts, 'limits' | 'onLimit'> {
  readonly ask: Ask;
  readonly discovery: Discovery;
  /** Monotonic. */
  readonly clock: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

/** Every token that a stranger makes up would be a line of the log while the issuer is down. */
const TOLD_EVERY_MS = 10_000;

export class Introspection {
  readonly #definition: IssuerDefinition;
  readonly #client: IntrospectionDefinition;
  readonly #parts: IntrospectionParts;
  #toldMs = Number.NEGATIVE_INFINITY;
  readonly #asked = new Map<string, Promise<Claims>>();

  constructor(definition: IssuerDefinition, client: IntrospectionDefinition, parts: IntrospectionParts) {
    this.#definition = definition;
    this.#client = client;
    this.#parts = parts;
  }

  /** What the issuer says of the token. Rejects when it cannot be asked. Who asks at the same moment gets one answer. */
  claimsOf(token: string): Promise<Claims> {
    const asked = this.#asked.get(token);
    if (asked) return asked;
    // It is strangers who make up tokens in numbers.
    if (this.#asked.size >= this.#parts.limits().introspectionsMax) {
      this.#parts.onLimit('introspectionsMax');
      return Promise.reject(new Error('the issuer is asked about too many tokens at once'));
    }
    const asking = this.#ask(token)
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#asked.delete(token));
    this.#asked.set(token, asking);
    return asking;
  }

  #failed(error: unknown): never {
    const { clock, onFailure } = this.#parts;
    if (clock() - this.#toldMs >= TOLD_EVERY_MS) {
      this.#toldMs = clock();
      onFailure(`${this.#definition.issuer} cannot be asked about tokens`, error);
    }
    throw error;
  }

  async #ask(token: string): Promise<Claims> {
    const url = this.#client.url ?? (await this.#parts.discovery.places()).introspectionUrl;
    if (url === undefined)
      throw new Error(`the metadata of ${this.#definition.issuer} names no introspection endpoint`);
    const named = [this.#definition.issuer, this.#client.url ?? ''];
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString();
    const form = { body, authorization: basicCredential(this.#client) };
    return askForObject(this.#parts.ask, { url, named, form, limit: 'introspectionBytesMax' });
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

/**
 * As in the answer that gave the token to its client, who must not use one of a type that he does not know (RFC 6749 §7.1);
 * some name in its place what kind of token it is.
 */
function isBearerType(type: unknown): boolean {
  return type === undefined || (typeof type === 'string' && /^(?:bearer|access_token)$/i.test(type));
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
  if (!isForBearers(claims) || !isBearerType(claims.token_type)) return 'claims';
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return audiences.some((audience) => named.includes(audience)) ? undefined : 'audience';
}
