/*
 * What happens while a call runs: progress and log lines.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import type { EraClient } from '../client.ts';
import type { Feature } from '../feature.ts';

const group = 'streams';

/** Levels of the lines with this mark that the client has heard. */
function levelsOf(client: EraClient, mark: string): unknown[] {
  const lines = client.heard.filter(({ method, params }) => {
    return method === 'notifications/message' && at(params, 'data', 'mark') === mark;
  });
  return lines.map(({ params }) => params.level);
}

export const STREAMS: readonly Feature[] = [
  {
    name: 'progress',
    says: 'progress comes under the client’s own token, rising, before the answer',
    group,
    run: async (cell) => {
      const { progress, error } = await cell.tool('progress', {}, { progress: true });
      assert.equal(error?.message, undefined);
      const told = progress.map((each) => [each.progress, each.total]);
      const all = [1, 2, 3].map((value) => [value, 3]);
      // The libraries drop what they read together with the answer.
      const wanted = cell.driver === 'raw' ? all : all.slice(0, told.length);
      assert.deepEqual(told, wanted);
      assert.deepEqual(await cell.said('progress'), 'progressed');
    },
  },
  {
    name: 'log',
    says: 'log lines come from the level on that the client wants, and none below it',
    group,
    run: async (cell) => {
      const mark = cell.mark();
      await cell.said('log', { mark }, { logLevel: 'warning' });
      await cell.it.until(({ params }) => params.level === 'error' && at(params, 'data', 'mark') === mark);
      assert.deepEqual(levelsOf(cell.it, mark), ['warning', 'error']);
    },
  },
  {
    name: 'log-other-level',
    says: 'the level can be changed',
    group,
    run: async (cell) => {
      const mark = cell.mark();
      await cell.said('log', { mark }, { logLevel: 'debug' });
      await cell.it.until(({ params }) => params.level === 'error' && at(params, 'data', 'mark') === mark);
      assert.deepEqual(levelsOf(cell.it, mark), ['debug', 'info', 'warning', 'error']);
    },
  },
  {
    name: 'no-log',
    says: 'a newer request that names no level hears no log line',
    group,
    run: async (cell) => {
      if (!cell.client.modern) return;
      const mark = cell.mark();
      await cell.said('log', { mark });
      await cell.said('plain');
      assert.deepEqual(levelsOf(cell.it, mark), []);
    },
  },
];
