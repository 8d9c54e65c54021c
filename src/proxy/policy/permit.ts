/*
 * Lets a call inward only when the caller may use what it names, and stamps the rule that said so on it.
 *
 * Unknown and forbidden look the same: "forbidden" would tell a stranger that the tool exists. The event carries the true
 * rule. One thing is told: which OAuth scopes are missing, when nothing else is (design §4).
 */
import type { AuthedCall, Permit, PermittedCall, Target } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { codecOf } from '../../wire/codecs.ts';
import { TASK_METHODS } from '../../wire/task-ids.ts';
import type { Tasks } from '../bridge/tasks.ts';
import { grow, type Layer } from '../layer.ts';
import { isFiltered } from './filter.ts';
import { namedIn } from './named.ts';
import { admitNamed, type LetIn, type PassParts, pass } from './pass.ts';
import { admitTask } from './task.ts';
import type { View, Views } from './view.ts';

export interface PermitParts extends PassParts {
  readonly views: Views;
  readonly tasks: Tasks;
}

export const permit =
  (parts: PermitParts): Layer<AuthedCall, PermittedCall> =>
  (next) =>
    function permitLayer(call) {
      if (!codecOf(call.revision).requests.has(call.message.method)) throw new GatewayError('method_unknown');
      const view = viewOf(parts, call);
      const permitted = (letIn: LetIn | undefined) =>
        grow(call, { endpointDefinition: view.endpoint, target: letIn?.target, permit: permitOf(view, letIn) });
      if (!TASK_METHODS.has(call.message.method)) return next(permitted(admit(parts, view, call)));
      return admitTask(parts, view, call).then((letIn) => next(permitted(letIn)));
    };

function viewOf({ views }: PermitParts, call: AuthedCall): View {
  const view = views.seenBy(call);
  if (!view) throw new GatewayError('endpoint_unknown', { internal: { endpoint: call.endpoint } });
  return view;
}

/** Undefined for what is about no server's entry. */
function admit(parts: PermitParts, view: View, call: AuthedCall): LetIn | undefined {
  const named = namedIn(call.message);
  return named && admitNamed(parts, view, call, named);
}

function permitOf(view: View, letIn: LetIn | undefined): Permit {
  const { kind, server } = letIn?.target ?? {};
  const owner = kind === 'resources' && view.servers.find(({ definition }) => definition.name === server);
  const filtered = owner ? !view.isForAll || isFiltered(view.endpoint, owner.definition) : false;
  return { rule: letIn?.rule ?? 'endpoint', filtered } as Permit;
}

/** Asks again what a call means, when it had to wait for its server: only now its lists are known. */
export const readmit =
  (parts: PermitParts) =>
  (call: PermittedCall): Target => {
    const view = viewOf(parts, call);
    if (call.target && TASK_METHODS.has(call.message.method)) return call.target;
    const letIn = admit(parts, view, call);
    if (!letIn) throw new GatewayError('endpoint_unknown', { internal: { endpoint: call.endpoint } });
    // Of several owners the one that was waited for.
    const owner = letIn.owners?.find(({ target }) => target.server === call.target?.server);
    if (!owner || owner.target.server === letIn.target.server) return letIn.target;
    pass(parts, call, owner);
    return owner.target;
  };
