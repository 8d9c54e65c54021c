/*
 * A trace of a decision in words: what stands in the way, the policies in order, the scopes, what grants.
 */

import type { PolicyDefinition } from '../../model/access.ts';
import type { ExplainStep } from '../../model/explanation.ts';
import type { Decision, RefusedBy } from '../policy/decision.ts';
import type { Trace, TracedPolicy } from '../policy/trace.ts';

export function decisionSteps(trace: Trace): readonly ExplainStep[] {
  const { decision } = trace;
  const refusals = trace.refusals.map(({ rule, reason }) =>
    step('refusal', rule, SWITCHED[reason] ?? whyRefused(rule), decision),
  );
  const policies = trace.policies.map((each) => policyStep(each, decision));
  const grants = trace.grants.map((rule) => step('grant', rule, 'grants it', decision));
  return [
    ...(refusals.length > 0 ? refusals : [{ ...PASSED, about: 'refusal' as const, say: CLEAR }]),
    ...(policies.length > 0 ? policies : [{ ...PASSED, about: 'policy' as const, say: 'no policy is about it' }]),
    ...scopeSteps(trace),
    ...(grants.length > 0 ? grants : [step('grant', 'none', 'nothing grants it beside policies', decision)]),
  ];
}

const PASSED = { mark: 'passes', rule: '' } as const;
const CLEAR = 'the endpoint has it, no tool filter keeps it out, and the credential is for it';

const SWITCHED: Readonly<Partial<Record<RefusedBy, string>>> = {
  filtered: 'a tool filter keeps it out for everybody',
  disabled: 'an operator has disabled its server',
  killed: 'the kill switch holds the tool',
};

function whyRefused(rule: string): string {
  return WHY_REFUSED[rule] ?? 'stands in the way';
}

const WHY_REFUSED: Readonly<Record<string, string>> = {
  endpoint: 'the endpoint does not have the server',
  organisation: 'it is another organisation’s',
  'credential.exceptServers': 'the server takes its own token list alone, and this credential is not on it',
  'credential.servers': 'the credential is for other servers',
  'credential.endpoints': 'the credential is for other endpoints',
  'credential.tools': 'the credential is for other tools',
};

function step(
  about: ExplainStep['about'],
  rule: string,
  say: string,
  { answer, rule: decisive }: Decision,
): ExplainStep {
  return { about, mark: answer !== 'ask' && rule === decisive ? 'decides' : 'told', rule, say };
}

function policyStep({ policy, isMeant, truth }: TracedPolicy, decision: Decision): ExplainStep {
  const { definition, denies, rule } = policy;
  const say = `${definition.effect}, priority ${definition.priority}: ${stateOf(definition, isMeant, truth, denies)}`;
  if (isMeant && truth === 'unknown') return { about: 'policy', mark: 'open', rule, say };
  return step('policy', rule, say, decision);
}

function stateOf({ when }: PolicyDefinition, isMeant: boolean, truth: TracedPolicy['truth'], denies: boolean): string {
  if (!isMeant) return 'does not mean this caller';
  if (when === undefined) return 'means this caller';
  const condition = `its condition (${when})`;
  if (truth === 'unknown') return `${condition} depends on what is not known yet`;
  if (truth === 'error') return `${condition} is an error, which ${denies ? 'denies' : 'allows nothing'}`;
  return truth ? `${condition} is met` : `${condition} is not met`;
}

function scopeSteps({ scopes, decision }: Trace): readonly ExplainStep[] {
  if (!scopes) return [];
  const asked = `asks for ${scopes.mode === 'any' && scopes.scopes.length > 1 ? 'one of ' : ''}${scopes.scopes.join(', ')}`;
  const held = scopes.held ? 'which the caller has' : 'which the caller has not';
  const told = step('scopes', scopes.rule, `${asked}, ${held}`, decision);
  const missing = decision.answer === 'step-up' ? decision.scopes.join(' ') : '';
  const offer = { about: 'scopes', mark: 'decides', rule: '', say: `a token with ${missing} would do` } as const;
  return missing === '' ? [told] : [told, offer];
}
