/*
 * What came of a feature in a cell: kept, broken, or impossible as the table says; and a claim of the table that is not
 * true any more.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotBe } from './cannot.ts';
import { Cell, type CellOptions, type Feature, type Pair } from './feature.ts';
import { featuresOf } from './features.ts';
import type { DriverName } from './kinds.ts';
import type { Row } from './pairwise.ts';
import type { EraStage } from './stage.ts';

export interface Outcome extends Pair {
  readonly driver: DriverName;
  readonly feature: string;
  readonly state: 'kept' | 'broken' | 'cannot' | 'stale';
  /** What was expected and what came; of what cannot be, how it was refused. */
  readonly why: string;
}

/** What begins the reason where no client came in. */
export const NO_OPENING = 'no opening';

const OPENED_MS = 30_000;
const TRIED_MS = 8_000;
/** How long it is looked whether something happens that must not. */
const SILENCE_MS = 700;

/** Opens one client and tries the features of these groups, one after another. */
export async function runRow(stage: EraStage, row: Row, only?: readonly string[]): Promise<Outcome[]> {
  const features = featuresOf(row.groups, row.driver).filter(({ name }) => only?.includes(name) ?? true);
  if (features.length === 0) return [];
  const clients: { close(): Promise<void> }[] = [];
  const open = async () => {
    const client = await within(OPENED_MS, () => stage.client(row, row.driver));
    clients.push(client);
    return client;
  };
  try {
    const it = await open();
    const outcomes: Outcome[] = [];
    for (const feature of features) {
      const more = feature.withOther ? { other: await open() } : {};
      const options: CellOptions = { ...row, it, ledger: stage.ledger, ...more };
      outcomes.push(await tried(new Cell(options), feature));
    }
    return outcomes;
  } catch (error) {
    return features.map(({ name }) => ({
      ...pairOf(row),
      feature: name,
      state: 'broken',
      why: `no opening: ${words(error)}`,
    }));
  } finally {
    await Promise.all(clients.map((client) => within(TRIED_MS, () => client.close()).catch(() => {})));
  }
}

async function tried(cell: Cell, feature: Feature): Promise<Outcome> {
  const rule = cannotBe(feature.name, cell);
  const about = { ...pairOf(cell), feature: feature.name };
  try {
    await within(rule?.silent ? SILENCE_MS : TRIED_MS, (over) => feature.run(cell, over));
    if (!rule) return { ...about, state: 'kept', why: '' };
    return { ...about, state: 'stale', why: `works, although: ${rule.why}` };
  } catch (error) {
    const refused = rule && (rule.silent || !(error instanceof Late));
    return { ...about, state: refused ? 'cannot' : 'broken', why: words(error) };
  }
}

class Late extends Error {}

function pairOf({ client, server, endpoint, driver }: Pair & { driver: DriverName }): Pair & { driver: DriverName } {
  return { client, server, endpoint, driver };
}

async function within<T>(ms: number, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const end = new AbortController();
  const late = sleep(ms, undefined, { signal: end.signal }).then(
    () => Promise.reject(new Late(`nothing came in ${ms} ms`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work(end.signal), late]);
  } finally {
    end.abort();
  }
}

function words(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ').slice(0, 600);
}
