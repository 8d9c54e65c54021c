/*
 * What a decision comes to for one request: whether it passes, is told which scopes are missing, or names something that for
 * this caller does not exist.
 *
 * A condition is asked each time anew, with the arguments of the call. What names an entry and brings no arguments for it,
 * as a completion does, passes when some arguments would.
 */
import type { AuthedCall, PermittedCall, Target } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import { argumentsOf } from './arguments.ts';
import { decide, type Refusal, settled, shown } from './decide.ts';
import type { Decision, RequestAbout, Settled } from './decision.ts';
import { COMPLETION, type Named, UNKNOWN } from './named.ts';
import type { Admitted } from './share.ts';
import { admitUnlisted, candidatesFor, refusedUnlisted } from './unlisted.ts';
import type { View, Views } from './view.ts';

export interface PassParts {
  /** Told when a name is missing although its servers are there: their lists may be old, or show this caller more. */
  readonly missed: (servers: readonly string[], kind: EntryKind, call: AuthedCall) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What a call may be about, and the rule that says so. */
export interface LetIn {
  readonly target: Target;
  readonly rule: string;
  readonly owners: Admitted['owners'] | undefined;
}

export function admitNamed(parts: PassParts, view: View, call: AuthedCall, { kind, name }: Named): LetIn {
  const admitted = view.lists[kind].names.get(name) ?? admitUnlisted(view, kind, name);
  if (admitted) return pass(parts, call, admitted);
  const refusal = view.lists[kind].names.refused(name) ?? refusedUnlisted(view, kind, name);
  // What is refused is not missing, and no server hears of it.
  if (!refusal) parts.missed(candidatesFor(view, kind, name), kind, call);
  throw unknown(kind, refusal, { endpoint: call.endpoint, name });
}

/** Throws what the caller is told of what may not be used. */
export function pass(parts: Pick<PassParts, 'now'>, call: AuthedCall, admitted: Admitted): LetIn {
  const { target, decision, owners } = admitted;
  if (decision.answer === 'yes') return { target, rule: decision.rule, owners };
  const { kind } = target;
  const hasArguments = (kind === 'tools' || kind === 'prompts') && call.message.method !== COMPLETION;
  if (!hasArguments) return through(call, admitted, holds(parts, call, admitted));
  const about = () => aboutOf(call, parts.now());
  return through(
    call,
    admitted,
    settled(decision, about, () => argumentsOf(call.message)),
  );
}

/**
 * What holds whatever the arguments are: for what names an entry alone, and what goes on after a call was let in. A resource
 * has none, so that what names it is the call itself.
 */
export function holds({ now }: Pick<PassParts, 'now'>, call: AuthedCall, { decision, target }: Held): Settled {
  const about = () => aboutOf(call, now());
  return target.kind === 'resources' ? settled(decision, about, () => ({})) : shown(decision, about, target.kind);
}

interface Held extends Pick<Admitted, 'decision'> {
  readonly target: Pick<Target, 'kind'>;
}

/** Throws what the caller is told. */
export function through(call: AuthedCall, admitted: Admitted, said: Settled): LetIn {
  const { kind, server, key } = admitted.target;
  const internal = { endpoint: call.endpoint, server, key };
  if (said.answer === 'no') throw unknown(kind, said, internal);
  const { rule } = said;
  if (said.answer === 'step-up') {
    throw new GatewayError('insufficient_scope', { scopes: said.scopes, internal: { ...internal, rule } });
  }
  return { target: admitted.target, rule, owners: admitted.owners };
}

function unknown(kind: EntryKind, refusal: Refusal | undefined, internal: object): GatewayError {
  const why = refusal ? { rule: refusal.rule, reason: refusal.reason } : {};
  return new GatewayError(UNKNOWN[kind], { internal: { ...internal, ...why } });
}

export function aboutOf({ verdict, door, revision, message }: AuthedCall, nowMs: number): RequestAbout {
  if ('refused' in verdict) throw verdict.refused;
  return { request: verdict.request, door, revision, method: message.method, nowMs };
}

/** What is decided of an entry now, for a call that was let in before; undefined when its server is there no more. */
function decidedNow(views: Views, call: AuthedCall, { kind, server, key }: Entitled): Decision | undefined {
  const view = views.seenBy(call);
  const owner = view?.servers.find(({ definition }) => definition.name === server);
  return view && owner && decide(view.rights, { endpoint: view.endpoint, server: owner.definition }, kind, key);
}

/** What somebody goes on with: the entry that he has it by. */
export type Entitled = Pick<Target, 'kind' | 'server' | 'key'>;

type NowParts = Pick<PassParts, 'now'> & { readonly views: Views };

/** Throws when a call that is on its way could not begin any more. */
export const recheck =
  ({ views, ...parts }: NowParts) =>
  (call: PermittedCall): void => {
    const { target } = call;
    const decision = target && decidedNow(views, call, target);
    if (!target || !decision) throw new GatewayError('endpoint_unknown', { internal: { endpoint: call.endpoint } });
    pass(parts, call, { target, decision });
  };

/** Whether what a call has begun may be told on. A task is had by the tool that began it. */
export function stillHolds({ views, now }: NowParts, call: AuthedCall, target: Entitled): boolean {
  const decision = decidedNow(views, call, target);
  return decision !== undefined && holds({ now }, call, { decision, target }).answer === 'yes';
}
