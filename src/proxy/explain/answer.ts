/*
 * What it all comes to: the answer, why not, and one sentence for people.
 */
import type { ServerCatalogue } from '../../model/catalogue.ts';
import type {
  ExplainedAnswer,
  ExplainedReason,
  ExplainQuestion,
  ExplainStep,
  Explanation,
  ToldPrincipal,
  ToldTarget,
} from '../../model/explanation.ts';
import type { Principal } from '../../model/principal.ts';
import type { Decision } from '../policy/decision.ts';
import type { Trace } from '../policy/trace.ts';
import type { Meant } from './target.ts';

/** What is known before anything is decided. */
export interface Told {
  readonly path: string;
  readonly question: ExplainQuestion;
  readonly principal: Principal;
  readonly wasCredential: boolean;
  readonly steps: readonly ExplainStep[];
}

export function nobodyTold(path: string, why: string, wasCredential: boolean): Explanation {
  return {
    ...{ answer: 'no', rule: '', reason: 'credential', say: `No: nobody is recognised. ${why}`, path, wasCredential },
    ...{ principal: undefined, target: undefined, scopes: undefined, dependsOn: undefined, steps: [] },
  };
}

export function unknownTold(told: Told, reason: 'endpoint_unknown' | 'unknown' | 'ambiguous'): Explanation {
  const { path, question, principal, steps, wasCredential } = told;
  const what = `the ${question.kind} ${question.name}`;
  const say = {
    endpoint_unknown: `No: there is no endpoint ${path}.`,
    unknown: `No: nobody at ${path} has ${what}.`,
    ambiguous: `No: several servers at ${path} have ${what}; write SERVER.NAME.`,
  }[reason];
  return {
    ...{ answer: 'no', rule: '', reason, say, path, steps, wasCredential },
    ...{ principal: toldPrincipal(principal), target: undefined, scopes: undefined, dependsOn: undefined },
  };
}

interface Outcome {
  readonly trace: Trace;
  /** Undefined where no server was begun. */
  readonly catalogue: ServerCatalogue | undefined;
  /** Why another server's name is in the way. */
  readonly conflict: string | undefined;
}

export function answerOf(told: Told, meant: Meant, { trace, catalogue, conflict }: Outcome): Explanation {
  const { decision } = trace;
  const isLost = conflict !== undefined && decision.answer !== 'no';
  const answer = isLost ? 'no' : ANSWERS[decision.answer];
  const rule = isLost ? conflict : decision.rule;
  const dependsOn = answer === 'depends' ? openIn(trace, told.question) : undefined;
  const reason = isLost ? 'name_conflict' : (refusedFor(decision) ?? absenceOf(catalogue));
  return {
    ...{ answer, rule, reason, path: told.path, wasCredential: told.wasCredential },
    principal: toldPrincipal(told.principal),
    say: sentence(told, meant, { answer, rule, reason, catalogue, dependsOn }),
    target: toldTarget(meant, catalogue),
    scopes: decision.answer === 'step-up' ? decision.scopes : undefined,
    dependsOn,
    steps: [...told.steps, targetStep(meant, catalogue, conflict)],
  };
}

/** What conditions read and the question did not say. */
function openIn({ policies }: Trace, { arguments: given, request }: ExplainQuestion): readonly string[] {
  const reads = policies.flatMap(({ policy, truth }) => (truth === 'unknown' ? (policy.condition?.reads ?? []) : []));
  const named = reads.flatMap((each) => [
    ...(each.arguments && given === undefined ? ['arguments'] : []),
    ...(request === undefined ? [...each.request].map((member) => `request.${member}`) : []),
  ]);
  return named.length === 0 ? ['what is not known yet'] : [...new Set(named)];
}

const ANSWERS: Readonly<Record<Decision['answer'], ExplainedAnswer>> = {
  ...{ yes: 'yes', no: 'no', 'step-up': 'step-up', ask: 'depends' },
};

function refusedFor(decision: Decision): ExplainedReason | undefined {
  return decision.answer === 'no' ? decision.reason : undefined;
}

function absenceOf(catalogue: ServerCatalogue | undefined): ExplainedReason | undefined {
  return catalogue === undefined || catalogue.state === 'ready' ? undefined : catalogue.state;
}

interface Saying extends Pick<Explanation, 'answer' | 'rule' | 'reason' | 'dependsOn'> {
  readonly catalogue: ServerCatalogue | undefined;
}

function sentence(
  { path, question, principal }: Told,
  { name }: Meant,
  { answer, rule, reason, catalogue, dependsOn }: Saying,
): string {
  const what = `${VERBS[question.kind]} ${name} at ${path}`;
  if (reason === 'name_conflict') return `No: ${principal.id} may not ${what}, because ${rule}.`;
  if (answer === 'no') return `No: ${principal.id} may not ${what} (${reason}, ${rule}).`;
  const may = {
    yes: `Yes: ${principal.id} may ${what}, by ${rule}`,
    'step-up': `With more scopes: ${principal.id} is asked for them before the call (${rule})`,
    depends: `It depends on ${dependsOn?.join(', ')}: ${principal.id} may or may not ${what}, by ${rule}`,
  }[answer];
  return reason === undefined || reason === 'idle' ? `${may}.` : `${may}; but its server is ${stateOf(catalogue)}.`;
}

const VERBS: Readonly<Record<ExplainQuestion['kind'], string>> = {
  tool: 'call the tool',
  prompt: 'get the prompt',
  resource: 'read',
};

function stateOf(catalogue: ServerCatalogue | undefined): string {
  const { state = 'stopped', reason = '' } = catalogue ?? {};
  return reason === '' ? state : `${state}: ${reason}`;
}

function toldPrincipal(principal: Principal): ToldPrincipal {
  const { id, kind, organisation, user, roles, groups, scopes, grants } = principal;
  return { id, kind, organisation, user, roles, groups, scopes, grants };
}

function toldTarget({ server, kind, key, name }: Meant, catalogue: ServerCatalogue | undefined): ToldTarget {
  return { kind, server: server.name, key, name, state: catalogue?.state };
}

function targetStep(meant: Meant, catalogue: ServerCatalogue | undefined, conflict: string | undefined): ExplainStep {
  const { server, key, isListed } = meant;
  const isThere = isListed ? 'which lists it' : 'whose list has it not, or is not known';
  const state = catalogue === undefined ? 'no gateway is asked how it is' : `it is ${stateOf(catalogue)}`;
  const say = `${key} of the server ${server.name}, ${isThere}; ${state}`;
  if (conflict === undefined) return { about: 'target', mark: 'told', rule: '', say };
  return { about: 'target', mark: 'decides', rule: '', say: `${say}; ${conflict}` };
}
