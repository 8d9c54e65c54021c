/*
 * A closed-loop load: always the same number of calls in flight, until a count is reached.
 */

export interface LoadOptions {
  readonly inFlight: number;
  readonly count: number;
  /** One call; `n` counts from 0, `lane` is below `inFlight`. Resolves when it was right, rejects when not. */
  readonly run: (n: number, lane: number) => Promise<unknown>;
}

export interface LoadResult {
  readonly succeeded: number;
  readonly failed: number;
  /** The first few reasons, for the message of a failing test. */
  readonly failures: readonly unknown[];
  readonly elapsedMs: number;
  readonly callsPerSecond: number;
  /** Of the calls that succeeded; `share` from 0 to 1. */
  percentileMs(share: number): number;
}

const FAILURES_KEPT = 10;

export async function loadLoop({ inFlight, count, run }: LoadOptions): Promise<LoadResult> {
  const latenciesMs = new Float64Array(count);
  const failures: unknown[] = [];
  let next = 0;
  let succeeded = 0;
  let failed = 0;
  const lane = async (number: number): Promise<void> => {
    while (next < count) {
      const startedMs = performance.now();
      try {
        await run(next++, number);
        latenciesMs[succeeded++] = performance.now() - startedMs;
      } catch (reason) {
        failed += 1;
        if (failures.length < FAILURES_KEPT) failures.push(reason);
      }
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: Math.min(inFlight, count) }, (_, number) => lane(number)));
  const elapsedMs = performance.now() - startedMs;
  const callsPerSecond = (count / elapsedMs) * 1000;
  const percentileMs = percentilesOf(latenciesMs.subarray(0, succeeded));
  return { succeeded, failed, failures, elapsedMs, callsPerSecond, percentileMs };
}

function percentilesOf(values: Float64Array): LoadResult['percentileMs'] {
  const sorted = values.sort();
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
