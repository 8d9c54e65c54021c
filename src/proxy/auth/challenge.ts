/*
 * What a client is told when its credential is not enough (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1): that there is a
 * way to get one, where it begins, and which scopes are missing. Not why a credential was refused.
 */
import type { ErrorCode, GatewayError } from '../../model/errors.ts';

/** What may stand in `scope` (RFC 6749 §3.3); nothing else reaches a header field. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const WORDS: Partial<Record<ErrorCode, string>> = {
  token_invalid: 'invalid_token',
  insufficient_scope: 'insufficient_scope',
};
export const CHALLENGED: ReadonlySet<ErrorCode> = new Set(['token_missing', 'token_invalid', 'insufficient_scope']);

/**
 * Header fields for an answer that says this error; none for errors that no other credential would help against.
 * @param metadataUrl Where the endpoint is described; undefined where no issuer is announced.
 */
export function challengeFields({ code, scopes }: GatewayError, metadataUrl: string | undefined): readonly string[] {
  if (!CHALLENGED.has(code)) return [];
  const word = WORDS[code];
  const params: string[] = word === undefined ? [] : [`error="${word}"`];
  // All that the call needs at once: a client asks for what it is told here, and would come back for each (MCP, Scope
  // Challenge Handling).
  if (scopes.length > 0) params.push(`scope="${scopes.filter((scope) => SCOPE.test(scope)).join(' ')}"`);
  if (metadataUrl !== undefined) params.push(`resource_metadata="${metadataUrl}"`);
  return ['www-authenticate', params.length === 0 ? 'Bearer' : `Bearer ${params.join(', ')}`];
}
