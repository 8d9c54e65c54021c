/*
 * What a call about a task means: whose task it is stands in its id, and what holds for the tool that began it holds for
 * the task. Nobody may go on with what he could not begin any more; the arguments alone were judged when it began.
 */
import type { AuthedCall, VisibleServer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { readString } from '../../wire/json/members.ts';
import { namedTask, TASKS } from '../../wire/task-ids.ts';
import type { Tasks } from '../bridge/tasks.ts';
import { decide } from './decide.ts';
import { type Entitled, holds, type LetIn, type PassParts, through } from './pass.ts';
import type { Admitted } from './share.ts';
import type { View } from './view.ts';

export type OpensTasks = Pick<Tasks, 'take'>;

export interface TaskParts extends Pick<PassParts, 'now'> {
  readonly tasks: OpensTasks;
}

export async function admitTask(parts: TaskParts, view: View, call: AuthedCall): Promise<LetIn> {
  const span = namedTask(call.message);
  if (!span) throw new GatewayError('params_invalid', { say: 'params.taskId must be a string.' });
  const task = await taskOf(parts, view, call, readString(call.message.bytes, span));
  const said = task && holds(parts, call, task);
  if (task && said && said.answer !== 'no') return through(call, task, said);
  // Where no server has tasks there are no such methods.
  throw new GatewayError(view.servers.some(hasTasks) ? 'task_unknown' : 'method_unknown', { internal: { ...said } });
}

function hasTasks({ catalogue }: VisibleServer): boolean {
  return Object.hasOwn((catalogue.capabilities.extensions ?? {}) as object, TASKS);
}

export interface NamedTask extends Admitted {
  /** By which the caller has it. */
  readonly entitled: Entitled;
}

/** Undefined for a task that is not this caller's, or whose server is not. */
export async function taskOf(
  parts: TaskParts,
  view: View,
  call: AuthedCall,
  given: string,
): Promise<NamedTask | undefined> {
  const task = await parts.tasks.take(call, given);
  const server = task && view.servers.find(({ definition }) => definition.name === task.server)?.definition;
  if (!task || !server) return undefined;
  const decision = decide(view.rights, { endpoint: view.endpoint, server }, 'tools', task.tool);
  const target = { kind: 'tools', server: task.server, key: task.id, headerParams: [], outputWrapped: false } as const;
  return { target, decision, entitled: { kind: 'tools', server: task.server, key: task.tool } };
}
