/*
 * Rules about static tokens: those of the gateway, and those of servers in their place.
 *
 * A token that stands in several lists is one token: it has one name and one secret in all of them, and only its first
 * entry says whom it makes of its bearer.
 */
import { checkHolder } from './holder-rules.ts';
import type { KnownNames, Reports } from './known-names.ts';
import type { Path, Report } from './problem.ts';
import { listOf, mapOf, type Raw } from './raw.ts';
import { checkUnique } from './unique.ts';

interface Listed {
  readonly entry: Raw;
  readonly path: Path;
}

export function checkTokenLists(raw: Raw, known: KnownNames, { report, warn }: Reports): void {
  const gateway = listed(mapOf(raw.auth).tokens, ['auth', 'tokens'], report);
  const own = Object.entries(mapOf(raw.servers)).flatMap(([server, entry]) =>
    ownList(mapOf(mapOf(entry).auth), ['servers', server, 'auth'], report),
  );
  checkRepeats([...gateway, ...own], report);
  for (const { entry, path } of [...gateway, ...own]) {
    checkHolder(entry, path, known);
    if (listOf(entry.roles).length > 0 && entry.grants === undefined)
      warn({
        path: [...path, 'roles'],
        say: 'A static token may do everything in its reach, so its roles add nothing.',
        suggestion: 'Write "grants: none" beside them.',
      });
  }
}

function listed(tokens: unknown, path: Path, report: Report): Listed[] {
  checkUnique(tokens, ['name', 'token'], path, report);
  return listOf(tokens).map((entry, at) => ({ entry: mapOf(entry), path: [...path, at] }));
}

function ownList(auth: Raw, path: Path, report: Report): Listed[] {
  const isEmpty = Array.isArray(auth.tokens) && auth.tokens.length === 0;
  if (auth.allowAnonymous !== undefined && !isEmpty)
    report({
      path: [...path, 'allowAnonymous'],
      say: 'Goes with an empty list of tokens.',
      suggestion: 'Write "tokens: []" beside it, or remove it.',
    });
  const list = listed(auth.tokens, [...path, 'tokens'], report);
  for (const { entry, path: where } of list) {
    if (entry.servers !== undefined)
      report({ path: [...where, 'servers'], say: 'This list is for this server alone.', suggestion: 'Remove it.' });
  }
  return list;
}

function checkRepeats(all: readonly Listed[], report: Report): void {
  const byName = new Map<unknown, Listed>();
  const byToken = new Map<unknown, Listed>();
  for (const each of all) {
    const { name, token } = each.entry;
    if (typeof name !== 'string' || typeof token !== 'string') continue;
    const sameName = byName.get(name);
    const sameToken = byToken.get(token);
    if (sameName === undefined) byName.set(name, each);
    if (sameToken === undefined) byToken.set(token, each);
    if (inOtherList(sameName, each)) checkSame(sameName, each, report);
    else if (inOtherList(sameToken, each))
      report({
        path: [...each.path, 'name'],
        say: 'This token has another name in another list.',
        suggestion: ONE_NAME,
      });
  }
}

const ONE_NAME = 'Give it the same name everywhere.';

/** Within one list every repetition is refused already. */
function inOtherList(before: Listed | undefined, { path }: Listed): before is Listed {
  return before !== undefined && before.path.slice(0, -1).join() !== path.slice(0, -1).join();
}

function checkSame(before: Listed, { entry, path }: Listed, report: Report): void {
  if (before.entry.token !== entry.token)
    report({ path: [...path, 'token'], say: 'Another list has another token of this name.', suggestion: ONE_NAME });
  for (const field of Object.keys(entry).filter((key) => key !== 'name' && key !== 'token'))
    report({
      path: [...path, field],
      say: 'This token stands in another list, too, and only its first entry says more than its name.',
      suggestion: 'Say it there, or give this one a name and a token of its own.',
    });
}
