/*
 * What a run tells: per scenario that failed or warned its reasons, per set and way one line with the score.
 */

import { type Check, passed, type RevisionUnderTest, type ScenarioResult } from './suite.ts';

/* How the gateway reaches the fixture. */
export type Way = 'http' | 'stdio';

/*
 * What no gateway can do in front of a pipe, each with its reason. A scenario that passes after all must leave the list.
 */
const IMPOSSIBLE: Readonly<Record<Way, ReadonlyMap<string, string>>> = {
  http: new Map(),
  stdio: new Map([
    [
      'tools-call-with-logging',
      'on a pipe a log line names no call, and the sessions of the other scenarios use the same process',
    ],
  ]),
};

const reasonCharsMax = 600;

/* Whether the result is what it should be. */
export function isKept(result: ScenarioResult, way: Way): boolean {
  return !result.scored || passed(result) !== IMPOSSIBLE[way].has(result.scenario);
}

export function report(revision: RevisionUnderTest, results: ScenarioResult[], way: Way, verbose: boolean): string {
  const scored = results.filter(({ scored }) => scored);
  const details = results.filter((result) => verbose || (result.scored && result.checks.some(isBad)));
  const score = `${revision} over ${way} ${scored.filter(passed).length}/${scored.length}`;
  return [...details.flatMap((result) => scenarioLines(revision, result, way)), score].join('\n');
}

/* A warning does not fail a scenario, but the fixture alone causes none. */
function isBad({ status }: Check): boolean {
  return status === 'FAILURE' || status === 'WARNING';
}

function scenarioLines(revision: RevisionUnderTest, result: ScenarioResult, way: Way): string[] {
  const impossible = IMPOSSIBLE[way].get(result.scenario);
  const mark = passed(result) ? 'ok  ' : impossible === undefined ? 'FAIL' : 'impossible';
  const head = `${mark} ${revision} ${result.scenario}${result.scored ? '' : ' (not scored)'}`;
  if (impossible !== undefined) return [`${head}: ${impossible}`];
  return [head, ...result.checks.filter(isBad).map(reason)];
}

function reason({ id, name, status, errorMessage }: Check): string {
  const words = errorMessage ?? 'no reason given';
  const shown = words.length > reasonCharsMax ? `${words.slice(0, reasonCharsMax)}…` : words;
  return `       ${status === 'WARNING' ? 'warning ' : ''}${id} (${name}): ${shown}`;
}
