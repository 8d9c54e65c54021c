/*
 * Servers of several files as one list: what several clients have is one server, and no two have one name.
 *
 * One server is one way to reach it: the same command, arguments and environment, or the same address and headers. Other
 * headers are another account, and must not answer for this one. Of two tool filters both hold. When one name means two
 * servers, both get the name of their client, so that neither ever answers under a name that meant the other.
 */
import { dirname } from 'node:path';
import type { ToolFilter } from '../model/snapshot.ts';
import type { Client } from './clients.ts';
import type { ServerConfig } from './config.ts';
import type { FoundServer } from './discover.ts';
import { slugAll } from './names.ts';

export interface Origin {
  readonly client: Client;
  /** Absolute. */
  readonly file: string;
}

interface One {
  readonly server: ServerConfig;
  readonly from: Origin;
}

export function joined(all: readonly One[]): readonly FoundServer[] {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const key = identity(one);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return named([...groups.values()].map(asOne));
}

function asOne(group: readonly One[]): FoundServer & { readonly first: One } {
  const [first = unreachable()] = group;
  const tools = group.map(({ server }) => server.tools).reduce(both);
  return { first, server: { ...first.server, tools }, from: group.map(({ from }) => from) };
}

function unreachable(): never {
  throw new Error('A group has at least the server that made it.');
}

/** Where a process starts by default follows from the file, and tells nothing about the server. */
function identity({ server: { transport }, from }: One): string {
  if (transport.kind === 'stdio') {
    const cwd = transport.cwd === dirname(from.file) ? '' : transport.cwd;
    return JSON.stringify([transport.command, transport.args, sorted(transport.env), cwd]);
  }
  return JSON.stringify([transport.kind, transport.url, sorted(transport.headers)]);
}

function sorted(values: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

function both(a: ToolFilter, b: ToolFilter): ToolFilter {
  const block = [...new Set([...a.block, ...b.block])];
  if (a.allow === undefined || b.allow === undefined) return { allow: a.allow ?? b.allow, block };
  const other = new Set(b.allow);
  return { allow: a.allow.filter((name) => other.has(name)), block };
}

function named(found: readonly (FoundServer & { readonly first: One })[]): FoundServer[] {
  const counts = new Map<string, number>();
  for (const { server } of found) counts.set(server.name, (counts.get(server.name) ?? 0) + 1);
  const clashes = ({ server }: FoundServer) => (counts.get(server.name) ?? 0) > 1;
  const originals = found.map((one) =>
    clashes(one) ? `${one.server.name} ${one.first.from.client.id}` : one.server.name,
  );
  // The same name twice at one client, in two of its files: the file tells them apart.
  const seen = new Set<string>();
  const unique = originals.map((original, index) => {
    const text = seen.has(original) ? `${original} ${found[index]?.first.from.file}` : original;
    seen.add(original);
    return text;
  });
  const slugs = slugAll(unique);
  return found.map(({ server, from, first }, index) => {
    const name = slugs.get(unique[index] ?? '') ?? server.name;
    if (name === server.name) return { server, from };
    const title = `${server.title ?? server.name} (${first.from.client.title})`;
    return { server: { ...server, name, title }, from };
  });
}
