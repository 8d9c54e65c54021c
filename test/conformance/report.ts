/*
 * What a run tells: per scenario that failed or warned its reasons, per pairing one line with the score.
 */

import type { Expected } from './expected.ts';
import { labelOf, type Pairing } from './pairings.ts';
import type { Check, ScenarioResult } from './suite.ts';
import { failuresOf, reasonOf, unexpectedIn, type Verdict } from './verdict.ts';

const reasonCharsMax = 1200;

export function report(
  pairing: Pairing,
  results: readonly ScenarioResult[],
  expected: readonly Expected[],
  verdict: Verdict,
  verbose: boolean,
): string {
  const label = labelOf(pairing);
  const told = results.filter((result) => verbose || (result.part !== 'extension' && result.checks.some(isBad)));
  return [
    ...told.flatMap((result) => scenarioLines(label, result, expected)),
    ...verdict.stale.map(
      ({ scenario, check }) => `STALE ${label} ${[scenario, check].filter(Boolean).join(':')} does not fail`,
    ),
    `${label}: ${score(verdict)}`,
  ].join('\n');
}

function score({ required, beyond, expected }: Verdict): string {
  const excused = expected > 0 ? `, ${expected} expected` : '';
  return `${required.passed}/${required.total}${excused}, ${beyond.passed}/${beyond.total} beyond`;
}

/* A warning does not fail a scenario, but the fixture alone causes none. */
function isBad({ status }: Check): boolean {
  return status === 'FAILURE' || status === 'WARNING';
}

function scenarioLines(label: string, result: ScenarioResult, expected: readonly Expected[]): string[] {
  const mark =
    failuresOf(result).length === 0 ? 'ok  ' : unexpectedIn(result, expected).length === 0 ? 'expected' : 'FAIL';
  const head = `${mark} ${label} ${result.scenario}${result.part === 'required' ? '' : ` (${result.part})`}`;
  return [head, ...result.checks.filter(isBad).map((check) => line(check, reasonOf(result, check, expected)))];
}

function line({ id, name, status, errorMessage }: Check, reason: string | undefined): string {
  if (status === 'FAILURE' && reason !== undefined) return `       ${id}: ${reason}`;
  const words = errorMessage ?? 'no reason given';
  const shown = words.length > reasonCharsMax ? `${words.slice(0, reasonCharsMax)}…` : words;
  return `       ${status === 'WARNING' ? 'warning ' : ''}${id} (${name}): ${shown}`;
}
