/*
 * The questions of the control plane about rules (model/rule-questions.ts), put to the decision itself: which limit rules
 * mean a call is asked of the same parts that find the policies that do, and what somebody may list of those that list.
 */
import type { ToldTarget } from '../../model/explanation.ts';
import { REVISIONS } from '../../model/revision.ts';
import type { Counted, RuleCase, RuleQuestions, Seen, Sight } from '../../model/rule-questions.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import { decide, sees, shown } from '../policy/decide.ts';
import type { RequestAbout, Rights, RightsPlace } from '../policy/decision.ts';
import { rightsIn } from '../policy/rights.ts';
import type { TracedPolicy } from '../policy/trace.ts';
import { explainer, knownOf } from './explain.ts';
import { type RehearsalParts, rehearse, sampled } from './rehearsal.ts';
import { recognise } from './who.ts';

export function ruleQuestions(parts: RehearsalParts): RuleQuestions {
  return { rehearse: rehearse(parts), sample: sampled(parts), weigh: weighed(parts), sightOf: sightOf(parts) };
}

const weighed =
  (parts: RehearsalParts): RuleQuestions['weigh'] =>
  async (organisation, rules, question) => {
    const snapshot = parts.snapshot();
    const [{ principal, target, reason, answer }, who] = [
      await explainer({ ...parts, snapshot: () => snapshot })(question),
      await recognise(parts, question),
    ];
    if (!principal || !target || 'nobody' in who) return { call: undefined, why: reason, answer, counted: new Map() };
    const rights = rightsIn(withCases(snapshot, organisation, rules))(who.principal);
    const place = placeOf(snapshot, question.endpoint, target);
    const known = knownOf(question, snapshot, parts.now());
    const { policies } = place ? rights.trace(place, target.kind, target.key, known) : { policies: [] };
    const counted = policies.map((each): [string, Counted] => [each.policy.definition.name, countedBy(each)]);
    return { call: { principal, target }, why: undefined, answer, counted: new Map(counted) };
  };

/** A case is a policy that nobody follows. */
function withCases(snapshot: Snapshot, organisation: string, rules: readonly RuleCase[]): Snapshot {
  const policies = rules.map((rule) => ({ ...rule, organisation, priority: 1, effect: 'deny' as const }));
  return { ...snapshot, access: { ...snapshot.access, policies } };
}

function placeOf({ endpoints, servers }: Snapshot, name: string, target: ToldTarget) {
  const [endpoint, server] = [endpoints.get(name), servers.get(target.server)];
  return endpoint && server ? { endpoint, server } : undefined;
}

function countedBy({ isMeant, truth }: TracedPolicy): Counted {
  if (!isMeant || truth === false || truth === undefined) return 'no';
  if (truth === 'unknown') return 'depends';
  return truth === 'error' ? 'error' : 'yes';
}

const sightOf =
  (parts: RehearsalParts): RuleQuestions['sightOf'] =>
  async (name, organisation, address) => {
    const snapshot = parts.snapshot();
    const who = await recognise(parts, { ...ABOUT_NOBODY, as: { name, organisation } });
    if ('nobody' in who) return undefined;
    return sight(snapshot, rightsIn(snapshot)(who.principal), () => aboutList(address, parts.now()));
  };

const ABOUT_NOBODY = {
  ...{ claims: undefined, kind: 'tool' as const, name: '', endpoint: '' },
  ...{ arguments: undefined, request: undefined },
};

function aboutList(address: string, nowMs: number): RequestAbout {
  return {
    request: { id: '', address, headers: {} },
    door: 'mcp-http',
    revision: REVISIONS[0],
    method: 'tools/list',
    nowMs,
  };
}

/** At the server's own endpoint, or else at the default one; why not is told of the own one. */
function sight(snapshot: Snapshot, rights: Rights, about: () => RequestAbout): Sight {
  const own = ownEndpoints(snapshot);
  const everyone = snapshot.endpoints.get('');
  return (name, tool) => {
    const server = snapshot.servers.get(name);
    if (!server) return NOWHERE;
    const places = [own.get(name), everyone].flatMap((endpoint) => (endpoint ? [{ endpoint, server }] : []));
    const all = places.map((place) => seenAt(rights, place, tool, about));
    return all.find((each) => 'endpoint' in each) ?? all[0] ?? NOWHERE;
  };
}

const NOWHERE: Seen = { reason: 'denied', rule: 'endpoint' };

function seenAt(rights: Rights, place: RightsPlace, tool: string, about: () => RequestAbout): Seen {
  const said = shown(decide(rights, place, 'tools', tool), about, 'tools');
  if (said.answer === 'no') return { reason: said.reason, rule: said.rule };
  return sees(rights, place) ? { endpoint: place.endpoint.name } : NOWHERE;
}

function ownEndpoints({ endpoints }: Snapshot): ReadonlyMap<string, EndpointDefinition> {
  const transparent = [...endpoints.values()].filter(({ naming }) => naming === 'transparent');
  return new Map(transparent.flatMap((endpoint) => endpoint.servers.map((server) => [server, endpoint])));
}
