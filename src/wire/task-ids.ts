/*
 * Where messages of the tasks extension name a task (io.modelcontextprotocol/tasks):
 *
 *   requests        params.taskId of tasks/get, tasks/update, tasks/cancel
 *   results         taskId beside resultType "task", and in what tasks/get gives
 *   notifications   params.taskId of notifications/tasks
 */
import type { Message, Span } from '../model/message.ts';
import { isText, memberOf } from './json/members.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';
export const TASK_METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);
export const TASK_CHANGED = 'notifications/tasks';

const QUOTE = 0x22;

/** In a request or a notification; undefined when it is no string, or not there. */
export function namedTask({ bytes, params }: Message): Span | undefined {
  return params && stringAt(bytes, params.self);
}

/** In a result; undefined when it is no string, or not there. */
export function resultTask({ bytes, kind, outcome }: Message): Span | undefined {
  return kind === 'result' && outcome ? stringAt(bytes, outcome) : undefined;
}

/** Whether a result says that the answer is a task. */
export function isTask({ bytes, kind, outcome }: Message): boolean {
  const type = kind === 'result' && outcome && memberOf(bytes, outcome, 'resultType')?.value;
  return type ? bytes[type.start] === QUOTE && isText(bytes, type, 'task') : false;
}

function stringAt(bytes: Buffer, object: Span): Span | undefined {
  const value = memberOf(bytes, object, 'taskId')?.value;
  return value && bytes[value.start] === QUOTE ? value : undefined;
}
