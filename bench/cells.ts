/*
 * What is asked in a run: the groups of cells, whole and for a quick look.
 *
 * The figures that count are measured three times, the rest of the grid once. A run without options fits in twelve
 * minutes.
 */
import { FRAMINGS, type Framing } from './contenders.ts';
import { ERAS } from './echo-answers.ts';
import type { Cell } from './measure.ts';
import { SHAPES, type Shape } from './payload.ts';

export const GROUPS = [
  'main',
  'sse',
  'large',
  'open',
  'sessions',
  'start',
  'many',
  'credentials',
  'decisions',
] as const;
export type Group = (typeof GROUPS)[number];

export interface Pace {
  readonly seconds: number;
  readonly quick: boolean;
}

const IN_FLIGHT = [1, 16, 64, 256];
const OPEN_RATE = 500;
const OPEN_CONNECTIONS = 16;

interface Sort {
  readonly group: Group;
  readonly framing: Framing;
  readonly shapes: readonly Shape[];
  readonly inFlight: readonly number[];
  readonly rounds: number;
}

const WHOLE: readonly Sort[] = [
  { group: 'main', framing: 'json', shapes: ['echo'], inFlight: IN_FLIGHT, rounds: 3 },
  { group: 'sse', framing: 'sse', shapes: ['echo'], inFlight: IN_FLIGHT, rounds: 1 },
  { group: 'large', framing: 'json', shapes: SHAPES.slice(1), inFlight: [16], rounds: 3 },
  { group: 'large', framing: 'json', shapes: ['text'], inFlight: [1, 64, 256], rounds: 1 },
  { group: 'large', framing: 'sse', shapes: ['text'], inFlight: IN_FLIGHT, rounds: 1 },
];

const QUICK: readonly Sort[] = [
  { group: 'main', framing: 'json', shapes: ['echo'], inFlight: [16, 64], rounds: 1 },
  { group: 'sse', framing: 'sse', shapes: ['echo'], inFlight: [16], rounds: 1 },
  { group: 'large', framing: 'json', shapes: SHAPES.slice(1), inFlight: [16], rounds: 1 },
];

function closedLoop(sort: Sort, pace: Pace): Cell[] {
  const { group, framing, rounds } = sort;
  const windowMs = pace.seconds * 1000;
  return ERAS.flatMap((era) =>
    sort.shapes.flatMap((shape) =>
      sort.inFlight.map((connections) => ({
        ...{ group, era, framing, shape, connections, rounds, windowMs },
        callsPerSecond: 0,
        warmMs: pace.quick ? 50 : 200,
      })),
    ),
  );
}

/** p99 of 500 calls/s wants more calls than a saturated window has time for. */
function openLoop(pace: Pace): Cell[] {
  return ERAS.map((era) => ({
    ...{ group: 'open', era, framing: 'json', shape: 'echo', connections: OPEN_CONNECTIONS },
    callsPerSecond: OPEN_RATE,
    rounds: pace.quick ? 1 : 3,
    warmMs: 200,
    windowMs: pace.seconds * (pace.quick ? 1000 : 4000),
  }));
}

export function cellsOf(groups: ReadonlySet<Group>, pace: Pace): Cell[] {
  const sorts = (pace.quick ? QUICK : WHOLE).filter((sort) => groups.has(sort.group));
  const cells = sorts.flatMap((sort) => closedLoop(sort, pace));
  return groups.has('open') ? [...cells, ...openLoop(pace)] : cells;
}

/** Run once before anything counts, so that no contender is measured while its code is still being compiled. */
export function warmUp(pace: Pace): Cell[] {
  const windowMs = pace.quick ? 100 : 1_500;
  const base = { group: 'warm', connections: 16, callsPerSecond: 0, rounds: 1, warmMs: 0, windowMs };
  return ERAS.flatMap((era) => FRAMINGS.map((framing) => ({ ...base, era, framing, shape: 'echo' as const })));
}
