/*
 * The schemes there are, in the order in which they are asked, and the verifier over them.
 */
import { keyScheme } from './keys.ts';
import type { SchemesOf } from './scheme.ts';
import { tokenScheme } from './tokens.ts';
import { Verifier, type VerifierParts } from './verify.ts';

export type AuthParts = Omit<VerifierParts, 'schemesOf'>;

export function buildAuth(parts: AuthParts): Verifier {
  const schemesOf: SchemesOf = (identity) => [tokenScheme(identity), keyScheme(identity, parts.now)];
  return new Verifier({ ...parts, schemesOf });
}
