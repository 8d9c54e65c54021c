/*
 * The names that there are, and whether something may name them: what is not there is a slip of the hand, and would leave
 * open or closed what was meant otherwise. Names of a file are those that it defines; what is stored while the gateway runs
 * is held against the names of its organisation.
 *
 * A pattern that fits nothing is only a warning, for what it is meant for may come.
 */
import { BUILT_IN_ROLES } from '../model/access.ts';
import { matchesPattern } from '../model/pattern.ts';
import { DEFAULT_ORGANISATION } from '../model/principal.ts';
import { DEFAULT_ENDPOINT } from './endpoint-rules.ts';
import type { Path, Report } from './problem.ts';
import { listOf, mapOf, type Raw } from './raw.ts';
import { nearestWord } from './suggest.ts';

export type Kind = 'server' | 'endpoint' | 'role' | 'user' | 'organisation' | 'issuer';

export interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

export type NamesThere = Readonly<Record<Kind, readonly string[]>> & {
  /** Users are also named by claims, which nobody knows beforehand. */
  readonly usersFromClaims: boolean;
  /** Where to define one when there is none. */
  readonly where?: Readonly<Record<Kind, string>>;
};

export class KnownNames {
  readonly #names: NamesThere;
  readonly #reports: Reports;

  constructor(names: NamesThere, reports: Reports) {
    this.#names = names;
    this.#reports = reports;
  }

  /** A name that must be there. What is no text is said elsewhere. */
  checkName(kind: Kind, name: unknown, path: Path): void {
    if (typeof name !== 'string' || this.#names[kind].includes(name)) return;
    this.#reports.report({ path, say: `There is no such ${kind}.`, suggestion: this.#suggestion(kind, name) });
  }

  checkNames(kind: Kind, names: unknown, path: Path): void {
    listOf(names).forEach((name, at) => {
      this.checkName(kind, name, [...path, at]);
    });
  }

  /** The same for patterns. */
  checkPatterns(kind: Kind, patterns: unknown, path: Path): void {
    listOf(patterns).forEach((pattern, at) => {
      this.#checkPattern(kind, pattern, [...path, at]);
    });
  }

  /** The server of `server.tool` or `server:tool`, as far as the pattern says which. */
  checkServerPart(pattern: unknown, separator: string, path: Path): void {
    if (typeof pattern !== 'string') return;
    const end = pattern.indexOf(separator);
    const server = pattern.slice(0, end);
    if (end >= 0 && !server.includes('*')) this.checkName('server', server, path);
    else if (end < 0 && !pattern.includes('*'))
      this.#reports.report({ path, say: `A tool is named with its server here: server${separator}tool.` });
  }

  /** Servers are owned, and policies are about, users of the file and those of claims. */
  checkUser(user: unknown, path: Path): void {
    if (!this.#names.usersFromClaims) this.checkName('user', user, path);
  }

  #checkPattern(kind: Kind, pattern: unknown, path: Path): void {
    if (typeof pattern !== 'string' || (kind === 'user' && this.#names.usersFromClaims)) return;
    if (!pattern.includes('*')) this.checkName(kind, pattern, path);
    else if (!this.#names[kind].some((name) => matchesPattern(pattern, name)))
      this.#reports.warn({ path, say: `This pattern fits no ${kind} that there is.` });
  }

  #suggestion(kind: Kind, typed: string): string | undefined {
    const names = this.#names[kind];
    const nearest = nearestWord(typed, names);
    if (nearest !== undefined) return `Did you mean "${nearest}"?`;
    if (names.length > 0 && names.length <= 12) return `Known: ${names.join(', ')}.`;
    return names.length === 0 ? this.#names.where?.[kind] : undefined;
  }
}

export function namesInFile(raw: Raw): NamesThere {
  const access = mapOf(raw.access);
  const servers = Object.entries(mapOf(raw.servers));
  const issuers = listOf(mapOf(raw.auth).issuers).map(mapOf);
  return {
    server: servers.map(([name]) => name),
    endpoint: [DEFAULT_ENDPOINT, ...servers.map(ownEndpointIn), ...Object.keys(mapOf(raw.endpoints))],
    role: [...BUILT_IN_ROLES, ...Object.keys(mapOf(access.roles))],
    user: Object.keys(mapOf(access.users)),
    organisation: [DEFAULT_ORGANISATION, ...Object.keys(mapOf(access.organisations))],
    issuer: issuers.map(({ issuer }) => issuer).filter((issuer) => typeof issuer === 'string'),
    usersFromClaims: issuers.some(({ claims }) => mapOf(claims).user !== undefined),
    where: WHERE,
  };
}

const WHERE: Readonly<Record<Kind, string>> = {
  server: 'Define it under "servers".',
  endpoint: 'Define it under "endpoints".',
  role: 'Define it under "access.roles".',
  user: 'Define it under "access.users".',
  organisation: 'Define it under "access.organisations".',
  issuer: 'Define it under "auth.issuers".',
};

/**
 * Design §5: two hyphens cannot stand in a name, so no endpoint of a file is called so. What is stored has this as its name in
 * the snapshot too.
 */
export function ownEndpointName(server: string, organisation: string): string {
  return organisation === DEFAULT_ORGANISATION || server.includes('--') ? server : `${organisation}--${server}`;
}

function ownEndpointIn([name, entry]: [string, unknown]): string {
  const { organisation } = mapOf(entry);
  return ownEndpointName(name, typeof organisation === 'string' ? organisation : DEFAULT_ORGANISATION);
}
