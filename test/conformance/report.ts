/*
 * What a run tells: per scenario that failed or warned its reasons, per set one line with the score.
 */

import { type Check, passed, type RevisionUnderTest, type ScenarioResult } from './suite.ts';

const reasonCharsMax = 600;

export function report(revision: RevisionUnderTest, results: ScenarioResult[], verbose: boolean): string {
  const scored = results.filter(({ scored }) => scored);
  const details = results.filter((result) => verbose || (result.scored && result.checks.some(isBad)));
  const score = `${revision} ${scored.filter(passed).length}/${scored.length}`;
  return [...details.flatMap((result) => scenarioLines(revision, result)), score].join('\n');
}

/* A warning does not fail a scenario, but the fixture alone causes none. */
function isBad({ status }: Check): boolean {
  return status === 'FAILURE' || status === 'WARNING';
}

function scenarioLines(revision: RevisionUnderTest, result: ScenarioResult): string[] {
  const mark = passed(result) ? 'ok  ' : 'FAIL';
  const head = `${mark} ${revision} ${result.scenario}${result.scored ? '' : ' (not scored)'}`;
  return [head, ...result.checks.filter(isBad).map(reason)];
}

function reason({ id, name, status, errorMessage }: Check): string {
  const words = errorMessage ?? 'no reason given';
  const shown = words.length > reasonCharsMax ? `${words.slice(0, reasonCharsMax)}…` : words;
  return `       ${status === 'WARNING' ? 'warning ' : ''}${id} (${name}): ${shown}`;
}
