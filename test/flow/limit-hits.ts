/*
 * The counters of limits before and after something was done.
 */
import assert from 'node:assert/strict';
import type { LimitName } from '../../src/model/limits.ts';
import type { Stage } from './stage.ts';

export type Counts = Readonly<Partial<Record<LimitName, number>>>;

export interface Hits {
  /** These limits were hit this often since, and no other was. */
  assertRose(by: Counts): Promise<void>;
}

export async function hitsOf(stage: Stage, headers: Record<string, string> = {}): Promise<Hits> {
  const before = await read(stage, headers);
  return {
    assertRose: async (by) => {
      const now = await read(stage, headers);
      const rose = [...now].map(([limit, count]) => [limit, count - (before.get(limit) ?? 0)] as const);
      assert.deepEqual(Object.fromEntries(rose.filter(([, more]) => more !== 0)), by);
    },
  };
}

const SERIES = /^gatewright_limit_hits_total\{limit="(\w+)"\} (\d+)$/gm;

async function read(stage: Stage, headers: Record<string, string>): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${stage.gateway.url}/metrics`, { headers })).text();
  return new Map([...text.matchAll(SERIES)].map(([, limit = '', count]) => [limit, Number(count)]));
}
