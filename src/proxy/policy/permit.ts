/*
 * Lets a call inward only when the caller may use what it names, and stamps the rule that said so on it.
 *
 * Unknown and forbidden look the same: "forbidden" would tell a stranger that the tool exists. The event carries the
 * true reason.
 */
import type { AuthedCall, Permit, PermittedCall, Target } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readString } from '../../wire/json/members.ts';
import { TASK_METHODS } from '../../wire/task-ids.ts';
import type { Tasks } from '../bridge/tasks.ts';
import { grow, type Layer } from '../layer.ts';
import { isFiltered } from './decide.ts';
import type { Admitted } from './share.ts';
import { admitTask } from './task.ts';
import { admitUnlisted, candidatesFor } from './unlisted.ts';
import type { View, Views } from './view.ts';

export interface PermitParts {
  readonly views: Views;
  /** Told when a name is missing although its servers are there: their lists may be old, or show this caller more. */
  readonly missed: (servers: readonly string[], kind: EntryKind, call: AuthedCall) => void;
  readonly tasks: Tasks;
}

export const permit =
  (parts: PermitParts): Layer<AuthedCall, PermittedCall> =>
  (next) =>
    function permitLayer(call) {
      if (!codecOf(call.revision).requests.has(call.message.method)) throw new GatewayError('method_unknown');
      const view = parts.views.seenBy(call);
      if (!view) throw new GatewayError('endpoint_unknown', { internal: { endpoint: call.endpoint } });
      const permitted = (admitted: Admitted | undefined) =>
        grow(call, {
          endpointDefinition: view.endpoint,
          target: admitted?.target,
          permit: permitOf(view, admitted),
        });
      if (!TASK_METHODS.has(call.message.method)) return next(permitted(admit(parts, view, call)));
      return admitTask(parts.tasks, view, call).then((admitted) => next(permitted(admitted)));
    };

function permitOf(view: View, admitted: Admitted | undefined): Permit {
  const rule = admitted?.rule ?? 'endpoint';
  const { kind, server } = admitted?.target ?? {};
  const owner = kind === 'resources' && view.servers.find(({ definition }) => definition.name === server);
  const filtered = owner ? isFiltered({ endpoint: view.endpoint, server: owner.definition }) : false;
  return { rule, filtered } as Permit;
}

/** Asks again what a call means, when it had to wait for its server: only now its lists are known. */
export const readmit =
  (parts: PermitParts) =>
  (call: PermittedCall): Target => {
    if (call.target && TASK_METHODS.has(call.message.method)) return call.target;
    const view = parts.views.seenBy(call);
    const admitted = view && admit(parts, view, call);
    if (!admitted) throw new GatewayError('endpoint_unknown', { internal: { endpoint: call.endpoint } });
    // Of several owners the one that was waited for.
    return admitted.owners?.find(({ server }) => server === call.target?.server) ?? admitted.target;
  };

interface Naming {
  readonly kind: EntryKind;
  readonly span: (message: Message) => Span | undefined;
  readonly unknown: ErrorCode;
}

const NAMED: ReadonlyMap<string, Naming> = new Map([
  ['tools/call', { kind: 'tools', span: (m) => m.params?.name, unknown: 'tool_unknown' }],
  ['prompts/get', { kind: 'prompts', span: (m) => m.params?.name, unknown: 'prompt_unknown' }],
  ['resources/read', { kind: 'resources', span: (m) => m.params?.uri, unknown: 'resource_unknown' }],
  ['resources/subscribe', { kind: 'resources', span: (m) => m.params?.uri, unknown: 'resource_unknown' }],
  ['resources/unsubscribe', { kind: 'resources', span: (m) => m.params?.uri, unknown: 'resource_unknown' }],
]);

function admit(parts: PermitParts, view: View, call: AuthedCall): Admitted | undefined {
  if (call.message.method === 'completion/complete') return admitReference(parts, view, call);
  const naming = NAMED.get(call.message.method);
  if (!naming) return undefined;
  const span = naming.span(call.message);
  if (!span || call.message.bytes[span.start] !== 0x22) {
    throw new GatewayError('params_invalid', {
      say: `params.${naming.kind === 'resources' ? 'uri' : 'name'} must be a string.`,
    });
  }
  const wanted = { kind: naming.kind, unknown: naming.unknown, name: readString(call.message.bytes, span) };
  return resolve(parts, view, call, wanted);
}

interface Wanted {
  readonly kind: EntryKind;
  readonly name: string;
  readonly unknown: ErrorCode;
}

function resolve(parts: PermitParts, view: View, call: AuthedCall, { kind, name, unknown }: Wanted): Admitted {
  const admitted = view.lists[kind].names.get(name) ?? admitUnlisted(view, kind, name, call.principal);
  if (admitted) return admitted;
  parts.missed(candidatesFor(view, kind, name), kind, call);
  throw new GatewayError(unknown, { internal: { endpoint: call.endpoint, name } });
}

/** A completion is about a prompt or a resource template; who may not use that may not complete it. */
function admitReference(parts: PermitParts, view: View, call: AuthedCall): Admitted {
  const reference = referenceOf(call.message);
  if (!reference)
    throw new GatewayError('params_invalid', { say: 'params.ref must be a ref/prompt or a ref/resource.' });
  const { kind, name } = reference;
  return resolve(parts, view, call, {
    kind,
    name,
    unknown: kind === 'prompts' ? 'prompt_unknown' : 'resource_unknown',
  });
}

/** The name in `params.ref` and where it stands (Server › Utilities › Completion). */
export function referenceOf(
  message: Message,
): { readonly kind: 'prompts' | 'templates'; readonly name: string; readonly span: Span } | undefined {
  const { bytes, params } = message;
  const ref = params && memberOf(bytes, params.self, 'ref')?.value;
  if (!ref || bytes[ref.start] !== 0x7b) return undefined;
  const type = memberOf(bytes, ref, 'type')?.value;
  if (!type || bytes[type.start] !== 0x22) return undefined;
  const kind = REFERENCE_KINDS.get(readString(bytes, type));
  const span = kind && memberOf(bytes, ref, kind === 'prompts' ? 'name' : 'uri')?.value;
  if (!kind || !span || bytes[span.start] !== 0x22) return undefined;
  return { kind, name: readString(bytes, span), span };
}

const REFERENCE_KINDS: ReadonlyMap<string, 'prompts' | 'templates'> = new Map([
  ['ref/prompt', 'prompts'],
  ['ref/resource', 'templates'],
]);
