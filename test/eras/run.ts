/*
 * `npm run eras`: clients of every kind meet servers of every kind through one gateway, feature by feature. Ends in one
 * line of counts; the exit code is 1 when a feature is broken, or a claim of `cannot.ts` is not true.
 *
 *   (nothing)                           few rows in which every two values meet
 *   --all                               all of it
 *   --client X --server Y --endpoint Z  only these kinds
 *   --feature F,G --driver D            only that
 *   -v                                  every outcome
 *   --write                             writes docs/reference/eras.md, with --all alone
 *
 * A whole run also fails when the page says anything else than it has shown.
 */
import { parseArgs } from 'node:util';
import { NO_OPENING, type Outcome, runRow } from './outcome.ts';
import { erasPage, pageOnDisk, shown, writePage } from './page.ts';
import { allRows, pairwiseRows, type Row } from './pairwise.ts';
import { type EraStage, openEraStage } from './stage.ts';

const LANES = 4;

const { values: options } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    client: { type: 'string' },
    server: { type: 'string' },
    endpoint: { type: 'string' },
    driver: { type: 'string' },
    feature: { type: 'string' },
    verbose: { type: 'boolean', short: 'v', default: false },
    write: { type: 'boolean', default: false },
  },
});

// What was started ends with this process, and only a process that exits tells it to.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

// One listener for each program that is started.
process.setMaxListeners(0);

const began = performance.now();
const stage = await openEraStage();
const outcomes: Outcome[] = [];
try {
  await runAll(stage, chosenRows());
} finally {
  await stage.close();
}
const pageTold = isWhole() ? comparePage() : true;
report();

/** Whether everything was asked for. */
function isWhole(): boolean {
  return options.all && !isNamed();
}

function isNamed(): boolean {
  const { client, server, endpoint, driver, feature } = options;
  return [client, server, endpoint, driver, feature].some((word) => word !== undefined);
}

/** Whether docs/reference/eras.md is true. */
function comparePage(): boolean {
  const page = erasPage(shown(outcomes));
  if (options.write) writePage(page);
  const told = options.write || pageOnDisk() === page;
  if (!told) console.log('docs/reference/eras.md says something else; run "npm run eras -- --all --write".');
  return told;
}

function chosenRows(): Row[] {
  const { client, server, endpoint, driver } = options;
  const rows = options.all || isNamed() ? allRows() : pairwiseRows();
  return rows.filter(
    (row) =>
      (client ?? row.client.name) === row.client.name &&
      (server ?? row.server.name) === row.server.name &&
      (endpoint ?? row.endpoint) === row.endpoint &&
      (driver ?? row.driver) === row.driver,
  );
}

/** Rows of one server run one after another, so that what it tells is of the row that made it speak. */
async function runAll(stage: EraStage, rows: readonly Row[]): Promise<void> {
  const parts = [rows.map((row) => withGroups(row, false)), rows.map((row) => withGroups(row, true))];
  const lanes = [...Map.groupBy(parts.flat(), ({ server }) => server.name).values()];
  const worker = async () => {
    for (let lane = lanes.shift(); lane; lane = lanes.shift()) {
      for (const row of lane) take(await runRow(stage, row, options.feature?.split(',')));
    }
  };
  await Promise.all(Array.from({ length: LANES }, worker));
}

/** What gives calls up comes after all else; `ends.ts` says why. */
function withGroups(row: Row, ends: boolean): Row {
  return { ...row, groups: row.groups.filter((group) => (group === 'ends') === ends) };
}

function take(found: readonly Outcome[]): void {
  outcomes.push(...found);
  const shut = found.find(({ why }) => why.startsWith(NO_OPENING));
  for (const outcome of shut ? [{ ...shut, feature: 'everything' }] : found) {
    const bad = outcome.state === 'broken' || outcome.state === 'stale';
    if (bad || options.verbose) console.log(lineOf(outcome));
  }
}

function lineOf({ client, server, endpoint, driver, feature, state, why }: Outcome): string {
  const mark = { kept: 'kept  ', broken: 'BROKEN', cannot: 'cannot', stale: 'STALE ' }[state];
  return `${mark} ${client.name} (${driver}) → ${server.name} ${endpoint}: ${feature}${why === '' ? '' : `: ${why}`}`;
}

function report(): void {
  const count = (state: Outcome['state']) => outcomes.filter((each) => each.state === state).length;
  const cells = new Set(outcomes.map(({ client, server, endpoint }) => `${client.name} ${server.name} ${endpoint}`))
    .size;
  const bad = count('broken') + count('stale');
  const seconds = Math.round((performance.now() - began) / 1000);
  const stale = count('stale') === 0 ? '' : `, ${count('stale')} stale`;
  console.log(
    `eras: ${cells} cells, ${count('kept')} kept, ${count('cannot')} cannot, ${count('broken')} broken${stale}, ${seconds} s`,
  );
  process.exitCode = bad === 0 && outcomes.length > 0 && pageTold ? 0 : 1;
}
