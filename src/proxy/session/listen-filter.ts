/*
 * What a client asks a listen stream to carry, as far as its endpoint has it (MCP 2026-07-28, Subscriptions; `taskIds` are
 * of io.modelcontextprotocol/tasks).
 */
import { isShown } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { TASKS } from '../../wire/task-ids.ts';
import { type Entitled, holds } from '../policy/pass.ts';
import { taskOf } from '../policy/task.ts';
import { admitUnlisted } from '../policy/unlisted.ts';
import type { View } from '../policy/view.ts';
import { endpointFacts, spokenTo } from '../reply/endpoint-facts.ts';
import { hasExtension } from '../reply/extensions.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import type { ChangedKind } from './hub.ts';
import { tooManySubscriptions } from './subscribe.ts';

export interface Filter {
  readonly kinds: ReadonlySet<ChangedKind>;
  readonly resources: readonly Watched[];
  /** Ids of tasks as the client knows them. */
  readonly taskIds: readonly string[];
}

export interface Watched {
  readonly of: 'resources' | 'tasks';
  /** As the client knows it. */
  readonly given: string;
  readonly server: string;
  /** As the server knows it. */
  readonly key: string;
  /** By which the client has it. */
  readonly entitled: Entitled;
}

export function filterOf(call: RoutedCall, view: View, parts: ServeParts): Filter {
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, 'notifications')?.value;
  if (!span || bytes[span.start] !== 0x7b) {
    throw new GatewayError('params_invalid', { say: 'params.notifications must be an object.' });
  }
  const asked = readValue(bytes, span) as Record<string, unknown>;
  const { capabilities } = endpointFacts(view, { codec: codecOf(call.revision), capabilities: '{}' }, parts);
  const kinds = new Set<ChangedKind>();
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    const has = (capabilities[kind] as { listChanged?: boolean } | undefined)?.listChanged === true;
    if (asked[`${kind}ListChanged`] === true && has) kinds.add(kind);
  }
  const uris = listOf(asked.resourceSubscriptions, 'resourceSubscriptions must be URIs');
  const taskIds = listOf(asked.taskIds, 'taskIds must be strings');
  if (uris.length + taskIds.length > parts.limits().subscriptionsPerClientMax) throw tooManySubscriptions();
  if (asked.taskIds !== undefined && !hasExtension(call.client.capabilities, TASKS)) throw needsTasks();
  return { kinds, resources: uris.flatMap((uri) => watchedOf(uri, call, view, parts)), taskIds };
}

/** Once each. */
function listOf(asked: unknown, must: string): readonly string[] {
  if (asked === undefined) return [];
  if (Array.isArray(asked) && asked.every((each) => typeof each === 'string')) return [...new Set<string>(asked)];
  throw new GatewayError('params_invalid', { say: `params.notifications.${must}.` });
}

function needsTasks(): GatewayError {
  const data = { requiredCapabilities: { extensions: { [TASKS]: {} } } };
  return new GatewayError('capability_missing', { say: `Following tasks needs the extension ${TASKS}.`, data });
}

function watchedOf(given: string, call: RoutedCall, view: View, parts: ServeParts): readonly Watched[] {
  const admitted = view.lists.resources.names.get(given) ?? admitUnlisted(view, 'resources', given);
  if (!admitted || !canWatch(admitted.target.server, call, view)) return [];
  if (holds(parts, call, admitted).answer !== 'yes') return [];
  const { server, key } = admitted.target;
  return [{ of: 'resources', given, server, key, entitled: admitted.target }];
}

/** Those of the tasks that are this client's. */
export async function watchedTasks({ taskIds }: Filter, call: RoutedCall, view: View, parts: ServeParts) {
  const found = await Promise.all(
    taskIds.map(async (given): Promise<readonly Watched[]> => {
      const task = await taskOf(parts, view, call, given);
      if (!task || holds(parts, call, task).answer !== 'yes') return [];
      const { server, key } = task.target;
      return [{ of: 'tasks', given, server, key, entitled: task.entitled }];
    }),
  );
  return found.flat();
}

function canWatch(server: string, call: RoutedCall, view: View): boolean {
  const visible = view.servers.find(({ definition }) => definition.name === server);
  if (!visible || !isShown(visible.catalogue) || visible.catalogue.revision === undefined) return false;
  const { capabilities } = spokenTo(visible, codecOf(call.revision));
  return (capabilities.resources as { subscribe?: boolean } | undefined)?.subscribe === true;
}
