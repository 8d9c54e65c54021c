/*
 * Which part of the matrix is run: all of it, one part by name, or few rows in which every two values meet.
 *
 * A fault of a pair (this client and that server, this driver and that group) shows in any row with that pair, so few
 * rows find most faults. The choice is greedy and has no chance in it: it is the same on every machine.
 */
import { cannotBe } from './cannot.ts';
import type { Group, Pair } from './feature.ts';
import { featuresOf, groupsAt } from './features.ts';
import { type DriverName, driversOf, ENDPOINTS, KINDS, type Kind } from './kinds.ts';

/** One client, and what it tries. */
export interface Row extends Pair {
  readonly driver: DriverName;
  readonly groups: readonly Group[];
}

/** Every row there is, each with all groups. */
export function allRows(): Row[] {
  return KINDS.flatMap((client) =>
    KINDS.flatMap((server) =>
      ENDPOINTS.flatMap((endpoint) =>
        driversOf(client).map((driver) => ({ client, server, endpoint, driver, groups: groupsAt(endpoint) })),
      ),
    ),
  );
}

/** Every row of one group that has something to show. */
export function singleRows(): Row[] {
  const single = allRows().flatMap((row) => row.groups.map((group) => ({ ...row, groups: [group] })));
  return single.filter((row) => featuresOf(row.groups, row.driver).some(({ name }) => !cannotBe(name, row)));
}

/** Rows of one group each, until every two values that can meet have met. */
export function pairwiseRows(): Row[] {
  const candidates = singleRows().map((row) => ({ row, pairs: pairsOf(row) }));
  const missing = new Set(candidates.flatMap(({ pairs }) => pairs));
  const chosen: Row[] = [];
  while (missing.size > 0) {
    const gains = candidates.map(({ pairs }) => pairs.filter((pair) => missing.has(pair)).length);
    const best = candidates[gains.indexOf(Math.max(...gains))];
    if (!best) break;
    chosen.push(best.row);
    for (const pair of best.pairs) missing.delete(pair);
  }
  return chosen;
}

/** Every two values of a row, as words. */
export function pairsOf({ client, server, endpoint, driver, groups }: Row): string[] {
  const era = ({ modern }: Kind) => (modern ? 'newer' : 'older');
  // What is turned into what depends on these three together.
  const crossing = `${era(client)} client of ${era(server)} ${server.via} server`;
  const values = [`client ${client.name}`, `server ${server.name}`, crossing, endpoint, driver, ...groups];
  return values.flatMap((one, index) => values.slice(index + 1).map((other) => `${one}, ${other}`));
}
