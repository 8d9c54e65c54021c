/*
 * Rules about whom a token or a key makes of its bearer, and how far it reaches.
 */
import type { KnownNames } from './known-names.ts';
import type { Path } from './problem.ts';
import { listOf, type Raw } from './raw.ts';

export function checkHolder(entry: Raw, path: Path, known: KnownNames): void {
  known.checkNames('role', entry.roles, [...path, 'roles']);
  known.checkName('user', entry.user, [...path, 'user']);
  known.checkName('organisation', entry.organisation, [...path, 'organisation']);
  known.checkPatterns('server', entry.servers, [...path, 'servers']);
  known.checkPatterns('endpoint', entry.endpoints, [...path, 'endpoints']);
  listOf(entry.tools).forEach((tool, at) => {
    known.checkServerPart(tool, '.', [...path, 'tools', at]);
  });
}
