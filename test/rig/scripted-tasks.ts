/*
 * The tasks of a scripted server (io.modelcontextprotocol/tasks): the tool `begin` makes one that waits for input, an update
 * completes it, and whoever listens is told. A task's result links a resource.
 */
import { at, isObject, notification, type RpcMessage } from './json-rpc.ts';
import type { JsonObject } from './scripted-script.ts';

const QUESTION = {
  method: 'sampling/createMessage',
  params: {
    messages: [{ role: 'user', content: { type: 'resource_link', uri: 'scripted://text', name: 'text' } }],
    maxTokens: 16,
  },
};

export class ScriptedTasks {
  readonly #tasks = new Map<string, JsonObject>();
  readonly #tell: (id: string, message: RpcMessage) => void;

  constructor(tell: (id: string, message: RpcMessage) => void) {
    this.#tell = tell;
  }

  begin(): JsonObject {
    const taskId = `task-${this.#tasks.size + 1}`;
    const atTime = '2026-08-01T00:00:00Z';
    const task = { taskId, createdAt: atTime, lastUpdatedAt: atTime, ttlMs: null, pollIntervalMs: 10 };
    this.#tasks.set(taskId, { ...task, status: 'input_required', inputRequests: { question: QUESTION } });
    return { resultType: 'task', ...task, status: 'working' };
  }

  /** A result, the words of an invalid-params error, or undefined for a method that is not about tasks. */
  answer(method: string, params: unknown): JsonObject | string | undefined {
    if (!['tasks/get', 'tasks/update', 'tasks/cancel'].includes(method)) return undefined;
    const id = String(at(params, 'taskId'));
    const task = this.#tasks.get(id);
    if (!task) return 'Unknown task here';
    if (method === 'tasks/get') return task;
    this.#change(
      id,
      task,
      method === 'tasks/update' ? completed(at(params, 'inputResponses')) : { status: 'cancelled' },
    );
    return {};
  }

  #change(id: string, { inputRequests: _, ...task }: JsonObject, change: JsonObject): void {
    const changed = { ...task, ...change };
    this.#tasks.set(id, changed);
    this.#tell(id, notification('notifications/tasks', changed));
  }
}

function completed(responses: unknown): JsonObject {
  const answered = isObject(responses) ? responses.question : undefined;
  const content = [
    { type: 'text', text: JSON.stringify(answered) },
    { type: 'resource_link', uri: 'scripted://text', name: 'text' },
  ];
  return { status: 'completed', result: { content } };
}
