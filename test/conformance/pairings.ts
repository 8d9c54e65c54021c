/*
 * What a whole run consists of. In the pairings `same` and `across` the official suite is the client, and our fixture stands
 * behind the gateway: of every era, or of the other one alone. In the pairings `client` the suite is the server behind the
 * gateway, and a client of ours is led through it: of the suite's era, or of the other one.
 */

import { type Expected, readExpected } from './expected.ts';

export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type RevisionUnderTest = (typeof revisions)[number];

export const kinds = ['same', 'across', 'client'] as const;
export type Kind = (typeof kinds)[number];

/* How the gateway reaches the fixture. */
export const ways = ['http', 'stdio'] as const;
export type Way = (typeof ways)[number];

export type Era = 'modern' | 'legacy';

export interface Pairing {
  readonly kind: Kind;
  /* The suite's requirement set, spoken on its own wire. */
  readonly revision: RevisionUnderTest;
  readonly way: Way;
  /* Of the one on the gateway's other side: fixture or client. */
  readonly era: Era | 'both';
}

export function allPairings(): Pairing[] {
  const served = (['same', 'across'] as const).flatMap((kind) =>
    ways.flatMap((way) =>
      revisions.map(
        (revision) => ({ kind, way, revision, era: kind === 'same' ? 'both' : otherThan(revision) }) as const,
      ),
    ),
  );
  const driven = revisions.flatMap((revision) =>
    [eraOf(revision), otherThan(revision)].map((era) => ({ kind: 'client', way: 'http', revision, era }) as const),
  );
  return [...served, ...driven];
}

export function eraOf(revision: RevisionUnderTest): Era {
  return revision === '2026-07-28' ? 'modern' : 'legacy';
}

function otherThan(revision: RevisionUnderTest): Era {
  return eraOf(revision) === 'modern' ? 'legacy' : 'modern';
}

/* Which side of the suite's requirements the pairing answers to. */
export function sideOf({ kind }: Pairing): 'server' | 'client' {
  return kind === 'client' ? 'client' : 'server';
}

export function labelOf({ kind, revision, way, era }: Pairing): string {
  const age = era === 'modern' ? 'newer' : 'older';
  if (kind === 'same') return `${revision} over ${way}`;
  if (kind === 'across') return `${revision} client, ${age} server over ${way}`;
  return era === eraOf(revision) ? `${revision} server` : `${revision} server, ${age} client`;
}

/* The name of its file in `expected/`; a pairing without one fails nowhere. */
export function fileOf(pairing: Pairing): string {
  const who = pairing.kind === 'client' ? `${pairing.era}-client` : pairing.way;
  return `${pairing.kind}-${pairing.revision}-${who}.yml`;
}

export function expectedOf(pairing: Pairing): readonly Expected[] {
  return readExpected(fileOf(pairing), sideOf(pairing));
}
