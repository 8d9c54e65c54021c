/*
 * Work that outlives its call, as the Tasks extension has it: begun by a tool, asked for by its id, answered or cancelled.
 */
import type { JsonObject } from '../../rig/scripted-script.ts';
import type { State } from './state.ts';
import { Refusal } from './turn.ts';

export const TASK_METHODS = ['tasks/get', 'tasks/update', 'tasks/cancel'] as const;

const OVER: JsonObject = { content: [{ type: 'text', text: 'done later' }], isError: false };

function taskOf(taskId: string, status: string): JsonObject {
  const at = '2026-11-20T12:00:00Z';
  return { taskId, status, createdAt: at, lastUpdatedAt: at, ttlMs: 60_000, pollIntervalMs: 10 };
}

/** What a call answers that has become a task. */
export function beginTask(state: State): JsonObject {
  const taskId = `task-${state.tasks.size}`;
  state.tasks.set(taskId, 'working');
  return { resultType: 'task', ...taskOf(taskId, 'working') };
}

/** Done when it is asked for the second time. */
export function answerTask(method: string, { taskId }: JsonObject, state: State): JsonObject {
  const id = String(taskId);
  const status = state.tasks.get(id);
  if (status === undefined) throw new Refusal(-32602, 'Unknown task');
  if (method === 'tasks/cancel') state.tasks.set(id, 'cancelled');
  if (method !== 'tasks/get') return {};
  if (status === 'working') state.tasks.set(id, 'completed');
  return { ...taskOf(id, status), ...(status === 'completed' ? { result: OVER } : {}) };
}
