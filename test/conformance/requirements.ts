/*
 * What a revision requires, from the sets that the official suite has frozen: the scenarios of each side, and those that
 * it runs without scoring them, since they came later or are of an extension. Authorization is left out on the client's side: how the gateway gets itself a token is not
 * what a client sees.
 */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { RevisionUnderTest } from './pairings.ts';

interface Requirements {
  server: string[];
  client: string[];
  not_scored: { scenario: string; leg: string; reason: string }[];
}

export interface Wanted {
  scenario: string;
  /* What is beyond the requirements must pass too, but for extensions, which the fixture does not have. */
  part: 'required' | 'beyond' | 'extension';
}

export const suiteDir = dirname(fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/package.json')));

export function scenariosOf(revision: RevisionUnderTest, side: 'server' | 'client', only?: string): Wanted[] {
  const file = readFileSync(join(suiteDir, 'requirements', `${revision}.yaml`), 'utf8');
  const sets = parse(file) as Requirements;
  const further = sets.not_scored.filter(({ leg }) => leg === side);
  return [
    ...sets[side].map((scenario) => ({ scenario, part: 'required' as const })),
    ...further.map(({ scenario, reason }) => ({ scenario, part: reason === 'extension' ? reason : 'beyond' }) as const),
  ].filter(({ scenario }) => !scenario.startsWith('auth/') && (only === undefined || scenario === only));
}
