/*
 * Rules between fields, which a schema of single fields cannot say.
 *
 * They read the raw values and must bear anything, because they run even where the schema found faults: a person wants
 * all errors at once.
 */
import { isIPv4 } from 'node:net';
import { checkEndpoints } from './endpoint-rules.ts';
import { isServerName, slugOf } from './names.ts';
import type { Path, Report } from './problem.ts';
import { mapOf, type Raw } from './raw.ts';
import { editDistance } from './suggest.ts';
import { UNKNOWN } from './values.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 9000;

export function checkRules(file: unknown, report: Report): void {
  const raw = mapOf(file);
  for (const [name, entry] of Object.entries(mapOf(raw.servers))) {
    checkServerName(name, report);
    checkServer(mapOf(entry), ['servers', name], report);
  }
  checkEndpoints(raw.endpoints, Object.keys(mapOf(raw.servers)), report);
  checkTokens(mapOf(raw.auth).tokens, report);
}

function checkServerName(name: string, report: Report): void {
  if (isServerName(name)) return;
  report({
    path: ['servers', name],
    say: 'A server name has lower-case letters, digits and single hyphens, begins with a letter, and has at most 32 characters.',
    suggestion: `Write "${slugOf(name)}" and keep the old name as "title".`,
  });
}

function checkServer(entry: Raw, path: Path, report: Report): void {
  const command = 'command' in entry;
  const url = 'url' in entry;
  if (command && url) {
    report({
      path: [...path, 'url'],
      say: 'A server has either "command" or "url", not both.',
      suggestion: 'Remove one.',
    });
    return;
  }
  if (!command && !url) {
    checkNeither(entry, path, report);
    return;
  }
  checkWord(entry, command ? 'stdio' : 'http', path, report);
  if (url) checkSse(entry, path, report);
  const strays = command ? ['headers'] : ['args', 'env', 'cwd'];
  for (const stray of strays.filter((field) => field in entry)) {
    const other = command ? 'url' : 'command';
    report({ path: [...path, stray], say: `"${stray}" belongs to servers with "${other}".`, suggestion: 'Remove it.' });
  }
}

/** A misspelt `comand` is reported as such; that `command` is missing follows from it and is not said again. */
function checkNeither(entry: Raw, path: Path, report: Report): void {
  const misspelt = Object.keys(entry).some(
    (key) => editDistance(key, 'command') <= 2 || (key !== 'url' && /url/i.test(key)),
  );
  if (misspelt) return;
  report({
    path,
    say: 'A server needs "command" (a local process) or "url" (a server reached over HTTP).',
    suggestion: 'Add one of them.',
  });
}

function checkWord(entry: Raw, kind: 'stdio' | 'http', path: Path, report: Report): void {
  for (const field of ['type', 'transport']) {
    const word = entry[field];
    if (typeof word !== 'string' || (word === 'stdio') === (kind === 'stdio')) continue;
    const has = kind === 'stdio' ? 'command' : 'url';
    report({
      path: [...path, field],
      say: `Does not fit a server with "${has}".`,
      suggestion: `Write "${kind}", or leave it out.`,
    });
  }
}

function checkSse({ type, transport }: Raw, path: Path, report: Report): void {
  if (typeof type !== 'string' || typeof transport !== 'string' || (type === 'sse') === (transport === 'sse')) return;
  report({ path: [...path, 'transport'], say: 'Says something else than "type".', suggestion: 'Remove one.' });
}

function checkTokens(tokens: unknown, report: Report): void {
  if (!Array.isArray(tokens)) return;
  const seen = { name: new Set<unknown>(), token: new Set<unknown>() };
  tokens.forEach((entry: unknown, index) => {
    for (const field of ['name', 'token'] as const) {
      const value = mapOf(entry)[field];
      if (value === undefined || value === UNKNOWN) continue;
      if (seen[field].has(value))
        report({ path: ['auth', 'tokens', index, field], say: `Another entry has the same ${field}.` });
      seen[field].add(value);
    }
  });
}

/** Anyone who can reach the port would act as the local user; so a reachable port without tokens does not start. */
export function listenFault(
  host: string,
  tokens: number,
): { readonly say: string; readonly suggestion: string } | undefined {
  if (tokens > 0 || isLoopback(host)) return undefined;
  return {
    say: `${host} can be reached from other machines, and no authentication is configured.`,
    suggestion: 'Add a token under "auth.tokens", or listen on 127.0.0.1.',
  };
}

/** RFC 1122 §3.2.1.3 (127/8), RFC 4291 §2.5.3 (::1), RFC 6761 §6.3 (localhost). */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
