/*
 * What became of a pairing, judged as the suite judges: a failed check fails its scenario, a warning does not. Extensions
 * count for nothing; what else the suite runs beyond its requirements is counted apart, and held as they are. A failure is kept when it was expected; an expectation that
 * excuses nothing is stale, and breaks the pairing as a failure does.
 */

import type { Expected } from './expected.ts';
import type { Check, ScenarioResult } from './suite.ts';

export interface Count {
  readonly passed: number;
  readonly total: number;
}

export interface Verdict {
  readonly required: Count;
  readonly beyond: Count;
  /* Scenarios that failed in nothing but what was expected. */
  readonly expected: number;
  readonly stale: readonly Expected[];
  readonly isKept: boolean;
}

export function judge(results: readonly ScenarioResult[], expected: readonly Expected[]): Verdict {
  const failed = results.filter((result) => result.part !== 'extension' && failuresOf(result).length > 0);
  const excused = failed.filter((result) => unexpectedIn(result, expected).length === 0);
  const stale = expected.filter((each) => !failed.some((result) => failuresOf(result).some(excusedBy(result, each))));
  return {
    required: countOf('required', results),
    beyond: countOf('beyond', results),
    expected: excused.length,
    stale,
    isKept: excused.length === failed.length && stale.length === 0,
  };
}

function countOf(part: ScenarioResult['part'], results: readonly ScenarioResult[]): Count {
  const counted = results.filter((result) => result.part === part);
  return { passed: counted.filter((result) => failuresOf(result).length === 0).length, total: counted.length };
}

export function failuresOf({ checks }: ScenarioResult): Check[] {
  return checks.filter(({ status }) => status === 'FAILURE');
}

export function unexpectedIn(result: ScenarioResult, expected: readonly Expected[]): Check[] {
  return failuresOf(result).filter((check) => reasonOf(result, check, expected) === undefined);
}

export function reasonOf(result: ScenarioResult, check: Check, expected: readonly Expected[]): string | undefined {
  return expected.find((each) => excusedBy(result, each)(check))?.reason;
}

function excusedBy({ scenario }: ScenarioResult, expected: Expected) {
  return ({ id, name }: Check) => expected.scenario === scenario && [undefined, id, name].includes(expected.check);
}
