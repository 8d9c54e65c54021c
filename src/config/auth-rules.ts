/*
 * Rules between the fields of `auth`, and between those and the rest of the file. They read raw values and must bear
 * anything (`rules.ts`).
 */
import { issuerUrlFault } from './fields-auth.ts';
import { checkHolder } from './holder-rules.ts';
import type { KnownNames, Reports } from './known-names.ts';
import type { Path, Report } from './problem.ts';
import { listOf, mapOf, type Raw } from './raw.ts';
import { HMAC_BYTES } from './resolve-issuer.ts';
import { checkTokenLists } from './token-rules.ts';
import { checkUnique } from './unique.ts';

export function checkAuth(raw: Raw, known: KnownNames, { report, warn }: Reports): void {
  const auth = mapOf(raw.auth);
  checkTokenLists(raw, known, { report, warn });
  checkUnique(auth.keys, ['id', 'hash'], ['auth', 'keys'], report);
  checkUnique(auth.issuers, ['issuer'], ['auth', 'issuers'], report);
  listOf(auth.keys).forEach((key, at) => {
    checkHolder(mapOf(key), ['auth', 'keys', at], known);
  });
  listOf(auth.issuers).forEach((issuer, at) => {
    checkIssuer(mapOf(issuer), ['auth', 'issuers', at], known, report);
  });
  checkNameless(listOf(auth.issuers), report);
  listOf(mapOf(auth.deny).subjects).forEach((entry, at) => {
    known.checkName('issuer', mapOf(entry).issuer, ['auth', 'deny', 'subjects', at, 'issuer']);
  });
}

function checkIssuer(entry: Raw, path: Path, known: KnownNames, report: Report): void {
  const hasSecrets = entry.secrets !== undefined;
  if (hasSecrets && entry.jwksUri !== undefined)
    report({
      path: [...path, 'jwksUri'],
      say: 'An issuer has either "secrets" or public keys.',
      suggestion: 'Remove one; two entries need two issuers.',
    });
  // Identity is `issuer|subject`: two issuers of which one begins with the other and a bar could make one identity of two.
  if (typeof entry.issuer === 'string' && entry.issuer.includes('|'))
    report({ path: [...path, 'issuer'], say: 'Must not have a "|", which ends the issuer in names of its subjects.' });
  // Nothing is fetched for shared secrets, so `iss` may be any word there.
  if (!hasSecrets && typeof entry.issuer === 'string') {
    const say = issuerUrlFault(entry.issuer);
    if (say !== undefined)
      report({ path: [...path, 'issuer'], say, suggestion: 'Copy it from "issuer" in its metadata.' });
  }
  checkOwnWays(entry, path, report);
  checkAlgorithms(entry, path, report);
  checkIntrospection(entry, path, report);
  checkMappings(mapOf(entry.mappings), [...path, 'mappings'], known, report);
}

/** Whoever has public keys signs for many: of his tokens no other has to be taken for ours. */
function checkOwnWays({ secrets, mayLack, claims }: Raw, path: Path, report: Report): void {
  if (secrets !== undefined) return;
  const say = 'Only for an issuer with "secrets".';
  if (listOf(mayLack).length > 0) report({ path: [...path, 'mayLack'], say, suggestion: 'Remove it.' });
  if (mapOf(claims).subject !== undefined)
    report({ path: [...path, 'claims', 'subject'], say, suggestion: 'Remove it; "sub" is read.' });
}

/** A token that names nobody could be of either. */
function checkNameless(issuers: readonly unknown[], report: Report): void {
  const nameless = issuers.flatMap((entry, at) => (listOf(mapOf(entry).mayLack).includes('iss') ? [at] : []));
  for (const at of nameless.slice(1))
    report({
      path: ['auth', 'issuers', at, 'mayLack'],
      say: 'Tokens of another issuer may lack "iss" already.',
      suggestion: 'Remove "iss" from one of them.',
    });
}

function checkAlgorithms({ secrets, algorithms }: Raw, path: Path, report: Report): void {
  const lengths = listOf(secrets).flatMap((secret) => (typeof secret === 'string' ? Buffer.byteLength(secret) : []));
  const shortest = Math.min(...lengths);
  listOf(algorithms).forEach((algorithm, at) => {
    if (typeof algorithm !== 'string') return;
    const where = [...path, 'algorithms', at];
    const bytes = HMAC_BYTES[algorithm];
    if ((bytes !== undefined) !== (secrets !== undefined))
      report({
        path: where,
        say: bytes === undefined ? 'Needs public keys, and this issuer has "secrets".' : 'Needs "secrets".',
        suggestion: bytes === undefined ? 'Write HS256, HS384 or HS512.' : 'Remove it, or give the secrets.',
      });
    else if (bytes !== undefined && bytes > shortest)
      report({ path: where, say: `Needs secrets of ${bytes} bytes or more, and one is shorter.` });
  });
}

/** Only discovery can say where tokens are asked about. */
function checkIntrospection({ introspection, secrets, jwksUri }: Raw, path: Path, report: Report): void {
  if (introspection === undefined || mapOf(introspection).url !== undefined) return;
  if (secrets === undefined && jwksUri === undefined) return;
  const say = `Needs "url", for with "${secrets === undefined ? 'jwksUri' : 'secrets'}" no metadata is read.`;
  report({ path: [...path, 'introspection'], say, suggestion: 'Add it.' });
}

function checkMappings(mappings: Raw, path: Path, known: KnownNames, report: Report): void {
  const seen = new Set<string>();
  for (const [from, to] of Object.entries(mappings)) {
    const where = [...path, from];
    if (!/^.+:.+$/s.test(from))
      report({ path: where, say: 'Expected "claim:value".', suggestion: 'Write for example "groups:developers".' });
    if (seen.has(from.toLowerCase()))
      report({ path: where, say: 'Another entry differs in capital letters only.', suggestion: 'Keep one of them.' });
    seen.add(from.toLowerCase());
    known.checkNames('role', mapOf(to).roles, [...where, 'roles']);
  }
}
