/*
 * Rules between the fields of named endpoints, and between those and the servers. They read raw values and must bear
 * anything (`rules.ts`).
 *
 * A pattern that can match nothing is refused where that is certain from the file alone: `read` instead of `files.read`
 * would otherwise leave open what it was meant to block.
 */
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import type { KnownNames } from './known-names.ts';
import { isServerName, slugOf } from './names.ts';
import type { Path, Report } from './problem.ts';
import { isMap, listOf, mapOf, type Raw } from './raw.ts';
import { nearestWord } from './suggest.ts';

/** The endpoint that is `/mcp` itself; a server may have the same name. */
export const DEFAULT_ENDPOINT = 'default';

export function checkEndpoints(endpoints: unknown, entries: Raw, known: KnownNames, report: Report): void {
  const servers = Object.keys(entries);
  for (const [name, entry] of Object.entries(mapOf(endpoints))) {
    const path = ['endpoints', name];
    checkName(name, path, servers, report);
    const raw = mapOf(entry);
    const chosen = chosenServers(raw.servers, path, servers, report);
    checkOrganisation(raw, { name, path, entries, known, report });
    checkSeparator(raw, path, report);
    const tools = mapOf(raw.tools);
    for (const field of ['allow', 'block'] as const) {
      listOf(tools[field]).forEach((pattern, at) => {
        checkAddress(pattern, [...path, 'tools', field, at], chosen, report);
      });
    }
    checkChanges(mapOf(tools.change), raw, { path: [...path, 'tools', 'change'], chosen, report });
  }
}

function checkName(name: string, path: Path, servers: readonly string[], report: Report): void {
  if (!isServerName(name)) {
    const say =
      'An endpoint name has lower-case letters, digits and single hyphens, begins with a letter, and has at most 32 characters.';
    report({ path, say, suggestion: `Write "${slugOf(name)}".` });
  } else if (name !== DEFAULT_ENDPOINT && servers.includes(name)) {
    const say = `The server "${name}" has its own endpoint at /mcp/${name}.`;
    report({ path, say, suggestion: 'Choose another name for this endpoint.' });
  }
}

/** Undefined when the list itself is wrong, which is said elsewhere. */
function chosenServers(
  chosen: unknown,
  path: Path,
  servers: readonly string[],
  report: Report,
): readonly string[] | undefined {
  if (chosen === undefined) return servers;
  if (!Array.isArray(chosen) || !chosen.every((name) => typeof name === 'string')) return undefined;
  const names: readonly string[] = chosen;
  if (names.length === 0)
    report({
      path: [...path, 'servers'],
      say: 'An endpoint needs a server.',
      suggestion: 'Name one, or leave the field out for all of them.',
    });
  names.forEach((name, at) => {
    const where = [...path, 'servers', at];
    if (!servers.includes(name))
      report({ path: where, say: 'There is no such server.', suggestion: didYouMean(name, servers) });
    else if (names.indexOf(name) < at)
      report({ path: where, say: 'This server is already in the list.', suggestion: 'Remove it.' });
  });
  return names;
}

interface Placed {
  readonly name: string;
  readonly path: Path;
  readonly entries: Raw;
  readonly known: KnownNames;
  readonly report: Report;
}

/** What is behind an endpoint belongs to its organisation, or is shared with all. */
function checkOrganisation({ organisation, servers }: Raw, { name, path, entries, known, report }: Placed): void {
  const where = [...path, 'organisation'];
  known.checkName('organisation', organisation, where);
  if (name === DEFAULT_ENDPOINT) {
    if (organisation !== undefined)
      report({ path: where, say: '/mcp is that of every organisation.', suggestion: 'Remove it.' });
    return;
  }
  listOf(servers).forEach((server, at) => {
    const entry = typeof server === 'string' && Object.hasOwn(entries, server) ? mapOf(entries[server]) : undefined;
    if (entry === undefined || entry.visibility === 'shared') return;
    if ((entry.organisation ?? DEFAULT_ORGANISATION) === (organisation ?? DEFAULT_ORGANISATION)) return;
    report({
      path: [...path, 'servers', at],
      say: 'This server belongs to another organisation than the endpoint.',
      suggestion: 'Give the server "visibility: shared", or the endpoint the same "organisation".',
    });
  });
}

function checkSeparator(entry: Raw, path: Path, report: Report): void {
  if (entry.separator === undefined || entry.naming === undefined || entry.naming === 'prefixed') return;
  report({
    path: [...path, 'separator'],
    say: 'Names have no prefix here, so nothing is separated.',
    suggestion: 'Remove it, or write "naming: prefixed".',
  });
}

function checkAddress(pattern: unknown, path: Path, servers: readonly string[] | undefined, report: Report): void {
  if (typeof pattern !== 'string' || servers === undefined || pattern.startsWith('*')) return;
  const dot = pattern.indexOf('.');
  const star = pattern.indexOf('*');
  // A star in what would be the server's name may stand for the dot, too.
  if (star >= 0 && (dot < 0 || star < dot)) return;
  if (dot < 0) {
    const suggestion = `Write "${servers[0] ?? 'server'}.${pattern}", or "*.${pattern}" for that of every server.`;
    report({ path, say: 'A tool is named with its server here: server.tool.', suggestion });
  } else if (!servers.includes(pattern.slice(0, dot))) {
    report({
      path,
      say: 'There is no such server at this endpoint.',
      suggestion: didYouMean(pattern.slice(0, dot), servers),
    });
  }
}

interface Changes {
  readonly path: Path;
  readonly chosen: readonly string[] | undefined;
  readonly report: Report;
}

function checkChanges(changes: Raw, entry: Raw, { path, chosen, report }: Changes): void {
  const named = new Map<unknown, string>();
  for (const [address, change] of Object.entries(changes)) {
    const where = [...path, address];
    if (address.includes('*')) report({ path: where, say: 'One tool is changed at a time: no "*" here.' });
    else checkAddress(address, where, chosen, report);
    const { name, title, description } = mapOf(change);
    if (isMap(change) && name === undefined && title === undefined && description === undefined) {
      report({
        path: where,
        say: 'Nothing is changed.',
        suggestion: 'Write a name, a title or a description, or remove it.',
      });
    }
    if (name === undefined) continue;
    const other = named.get(name);
    if (other !== undefined && entry.naming !== 'merged') {
      report({
        path: [...where, 'name'],
        say: `"${other}" has the same name here.`,
        suggestion: 'Choose another, or write "naming: merged" if the two are one tool.',
      });
    }
    named.set(name, address);
  }
}

function didYouMean(typed: string, servers: readonly string[]): string | undefined {
  const nearest = nearestWord(typed, servers);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return servers.length > 0 && servers.length <= 12 ? `Known: ${servers.join(', ')}.` : undefined;
}
