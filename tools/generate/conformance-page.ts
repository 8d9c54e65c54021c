/*
 * `docs/reference/conformance.md`: how far the official suite passes through the gateway, pairing by pairing. The figures are what
 * the suite requires less what is expected to fail; `npm run conformance` breaks when a run says otherwise.
 */
import {
  allPairings,
  eraOf,
  expectedOf,
  type Kind,
  labelOf,
  type Pairing,
  sideOf,
} from '../../test/conformance/pairings.ts';
import { scenariosOf } from '../../test/conformance/requirements.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `The official conformance suite tests servers and clients. A gateway is both, so the suite stands on either side of it:
as the client of the gateway with our own server behind it, and as the server behind it with a client of the official SDK in front. Each side
is also of the other era: a server or a client that speaks no revision of the suite's. ${code('npm run conformance')} runs all of this and
fails when a scenario fails that is not listed here, or passes although it is. *Beyond* is what the suite
runs without requiring it, without extensions. Authorization is left out on the client's side.`;

const SECTIONS: readonly (readonly [Kind, string, string])[] = [
  ['same', 'Client and server of one era', 'The suite is the client; the server speaks every revision.'],
  ['across', 'Client and server of different eras', 'The suite is the client; the server speaks the other era alone.'],
  ['client', 'The gateway as a client', 'The suite is the server behind the gateway, and watches what reaches it.'],
];

export function conformancePage(): string {
  return page('Conformance', code('test/conformance'), INTRO, ...SECTIONS.flatMap(section), ...unpassed());
}

function section([kind, title, words]: (typeof SECTIONS)[number]): string[] {
  const pairings = allPairings().filter((pairing) => pairing.kind === kind);
  const other = kind === 'client' ? 'Client' : 'Server';
  const head = ['Suite', other, 'Reached over', 'Required', 'Beyond'];
  return [`## ${title}`, words, table(head, pairings.map(row))];
}

function row(pairing: Pairing): string[] {
  return [pairing.revision, ageOf(pairing), pairing.way, passed(pairing, 'required'), passed(pairing, 'beyond')];
}

function passed(pairing: Pairing, part: 'required' | 'beyond'): string {
  const wanted = scenariosOf(pairing.revision, sideOf(pairing)).filter((each) => each.part === part);
  const failing = wanted.filter(({ scenario }) => expectedOf(pairing).some((each) => each.scenario === scenario));
  return `${wanted.length - failing.length}/${wanted.length}`;
}

function ageOf({ era, revision }: Pairing): string {
  if (era === 'both') return 'every revision';
  if (era === eraOf(revision)) return revision;
  return era === 'modern' ? '2026-07-28 alone' : 'up to 2025-11-25 alone';
}

function unpassed(): string[] {
  const rows = allPairings().flatMap((pairing) =>
    expectedOf(pairing).map(({ scenario, check, reason }) => [
      labelOf(pairing),
      check === undefined ? scenario : `${scenario}, ${code(check)}`,
      reason,
    ]),
  );
  return ['## What cannot pass', table(['Run', 'Scenario', 'Why'], rows)];
}
