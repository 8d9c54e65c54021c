/*
 * What a call about a task means: whose task it is stands in its id, and what holds for the tool that began it holds for
 * the task. Nobody may go on with what he could not begin any more.
 */
import type { AuthedCall, VisibleServer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { readString } from '../../wire/json/members.ts';
import { namedTask, TASKS } from '../../wire/task-ids.ts';
import type { Tasks } from '../bridge/tasks.ts';
import { decide } from './decide.ts';
import type { Admitted } from './share.ts';
import type { View } from './view.ts';

type OpensTasks = Pick<Tasks, 'take'>;

export async function admitTask(tasks: OpensTasks, view: View, call: AuthedCall): Promise<Admitted> {
  const span = namedTask(call.message);
  if (!span) throw new GatewayError('params_invalid', { say: 'params.taskId must be a string.' });
  const admitted = await taskOf(tasks, view, call, readString(call.message.bytes, span));
  // Where no server has tasks there are no such methods.
  if (!admitted) throw new GatewayError(view.servers.some(hasTasks) ? 'task_unknown' : 'method_unknown');
  return admitted;
}

function hasTasks({ catalogue }: VisibleServer): boolean {
  return Object.hasOwn((catalogue.capabilities.extensions ?? {}) as object, TASKS);
}

/** Undefined for a task that is not this caller's, or not any more. */
export async function taskOf(
  tasks: OpensTasks,
  view: View,
  call: AuthedCall,
  given: string,
): Promise<Admitted | undefined> {
  const task = await tasks.take(call, given);
  const owner = task && view.servers.find(({ definition }) => definition.name === task.server)?.definition;
  if (!task || !owner) return undefined;
  const { allow, rule } = decide(
    { principal: call.principal, endpoint: view.endpoint, server: owner },
    'tools',
    task.tool,
  );
  if (!allow) return undefined;
  const target = { kind: 'tools', server: task.server, key: task.id, headerParams: [], outputWrapped: false } as const;
  return { target, rule };
}
