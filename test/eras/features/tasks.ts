/*
 * Work that outlives its call: the Tasks extension of 2026-07-28.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import type { JsonObject } from '../../rig/scripted-script.ts';
import type { Cell, Feature } from '../feature.ts';

const group = 'tasks';

/** Starts one; gives its id. */
async function begun(cell: Cell): Promise<string> {
  const { result, error } = await cell.tool('later');
  assert.equal(error?.message, undefined);
  assert.deepEqual([result.resultType, result.status], ['task', 'working']);
  return String(result.taskId);
}

async function asked({ it }: Cell, method: string, taskId: string): Promise<JsonObject> {
  const { result, error } = await it.call(method, { taskId }, { headers: { 'mcp-name': taskId } });
  assert.equal(error?.message, undefined);
  assert.equal(result.resultType, 'complete');
  return result;
}

export const TASKS: readonly Feature[] = [
  {
    name: 'task',
    says: 'a call that becomes a task is asked for until it is done',
    group,
    // The libraries do not implement the extension.
    drivers: ['raw'],
    run: async (cell) => {
      const id = await begun(cell);
      assert.equal((await asked(cell, 'tasks/get', id)).status, 'working');
      const done = await asked(cell, 'tasks/get', id);
      assert.deepEqual([done.taskId, done.status], [id, 'completed']);
      assert.equal(at(done.result, 'content', 0, 'text'), 'done later');
    },
  },
  {
    name: 'task-cancel',
    says: 'a task is cancelled; one that nobody has begun is unknown',
    group,
    drivers: ['raw'],
    run: async (cell) => {
      const id = await begun(cell);
      await asked(cell, 'tasks/cancel', id);
      assert.equal((await asked(cell, 'tasks/get', id)).status, 'cancelled');
      const unknown = 'task-of-nobody';
      const { error } = await cell.it.call('tasks/get', { taskId: unknown }, { headers: { 'mcp-name': unknown } });
      assert.equal(error?.code, -32602, error?.message ?? 'no error');
    },
  },
];
