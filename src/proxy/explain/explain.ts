/*
 * Why somebody may use something, or may not: who is recognised, what is meant, and how the decision came about.
 *
 *   who ─▶ endpoint ─▶ what is meant there ─▶ the decision, traced ─▶ whether its server is there to answer
 *
 * Nothing is decided here. The rights that decide about calls are asked the same question (policy/compiled.ts), and the
 * view that calls are looked up in is asked whose the name is.
 */
import type { ServerCatalogue } from '../../model/catalogue.ts';
import type { ExplainQuestion, ExplainStep, Explanation } from '../../model/explanation.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';
import { exactly } from '../policy/arguments.ts';
import type { KnownOfCall } from '../policy/decision.ts';
import { rightsIn } from '../policy/rights.ts';
import { asSwitched } from '../policy/switched.ts';
import type { Views } from '../policy/view.ts';
import { answerOf, nobodyTold, type Told, unknownTold } from './answer.ts';
import { endpointIn, shownTo } from './border.ts';
import { claimSteps, userSteps } from './claims.ts';
import { decisionSteps } from './steps.ts';
import { type Meant, meantBy } from './target.ts';
import { type Recognised, recognise, type WhoParts } from './who.ts';

export interface ExplainParts extends WhoParts {
  readonly views: Pick<Views, 'of' | 'stocksAt'>;
  readonly catalogues: { of(server: string): ServerCatalogue };
  /** False where no server was begun: then nothing is said of how they are. */
  readonly serversRun: boolean;
}

export type Explain = (question: ExplainQuestion) => Promise<Explanation>;

export const explainer =
  (parts: ExplainParts): Explain =>
  async (question) => {
    const path = question.endpoint === '' ? '/mcp' : `/mcp/${question.endpoint}`;
    const who = await recognise(parts, question);
    if ('nobody' in who) return nobodyTold(path, who.nobody, who.wasCredential === true);
    const snapshot = parts.snapshot();
    const steps = whoSteps(snapshot, who);
    const told: Told = { path, question, principal: who.principal, wasCredential: who.wasCredential === true, steps };
    const border = 'organisation' in question.as ? question.as.organisation : undefined;
    const endpoint = endpointIn(border, snapshot, question.endpoint);
    if (!endpoint) return unknownTold(told, 'endpoint_unknown');
    const stocks = parts.views.stocksAt(endpoint.name);
    const found = meantBy({ ...parts, snapshot: shownTo(border, snapshot), stocks }, endpoint, question);
    if (typeof found === 'string') return unknownTold(told, found);
    return decided(parts, { snapshot, endpoint, told, meant: chosen(parts, endpoint, who.principal, found) });
  };

function whoSteps({ identity }: Snapshot, { principal, by, issuer }: Exclude<Recognised, { nobody: string }>) {
  const recognised: ExplainStep = { about: 'who', mark: 'told', rule: '', say: `${principal.id}, by ${by}` };
  const claimed = issuer ? claimSteps(issuer, principal) : [];
  return [recognised, ...claimed, ...userSteps(identity, principal)];
}

/** Of several that have the name, the one that a call would reach; else the first. */
function chosen(
  { views }: ExplainParts,
  endpoint: EndpointDefinition,
  principal: Principal,
  found: readonly Meant[],
): Meant {
  const [first] = found as readonly [Meant, ...Meant[]];
  const target = views.of(endpoint.name, principal)?.lists[first.kind].names.get(first.name)?.target;
  return found.find(({ server, key }) => server.name === target?.server && key === target.key) ?? first;
}

interface Case {
  readonly snapshot: Snapshot;
  readonly endpoint: EndpointDefinition;
  readonly told: Told;
  readonly meant: Meant;
}

function decided(parts: ExplainParts, { snapshot, endpoint, told, meant }: Case): Explanation {
  const { principal, question } = told;
  const rights = rightsIn(snapshot)(principal);
  const place = { endpoint, server: meant.server };
  const trace = rights.trace(place, meant.kind, meant.key, knownOf(question, snapshot, parts.now()));
  const catalogue = parts.serversRun
    ? toldOf(asSwitched(parts.catalogues.of(meant.server.name), snapshot.overlay), meant.server, question)
    : undefined;
  const steps = [...told.steps, ...decisionSteps(trace)];
  return answerOf({ ...told, steps }, meant, {
    trace,
    catalogue,
    conflict: conflictOf(parts, endpoint, principal, meant),
  });
}

/** Why a server is not there may name addresses, which are for those who have it. */
function toldOf(
  catalogue: ServerCatalogue,
  { organisation }: ServerDefinition,
  { as }: ExplainQuestion,
): ServerCatalogue {
  return 'organisation' in as && as.organisation !== organisation ? { ...catalogue, reason: '' } : catalogue;
}

/** The name that is in the way, where another server has it. */
function conflictOf({ views }: ExplainParts, endpoint: EndpointDefinition, principal: Principal, meant: Meant) {
  const withheld = views.of(endpoint.name, principal)?.lists[meant.kind].withheld ?? [];
  return withheld.find(
    ({ server, key, reason }) => reason === 'name_conflict' && server === meant.server.name && key === meant.key,
  )?.why;
}

const METHODS: Readonly<Record<ExplainQuestion['kind'], string>> = {
  tool: 'tools/call',
  prompt: 'prompts/get',
  resource: 'resources/read',
};

export function knownOf(
  { kind, request, arguments: given }: ExplainQuestion,
  { access }: Snapshot,
  nowMs: number,
): KnownOfCall {
  const argumentsOf = given === undefined ? undefined : () => exactly(given);
  if (!request) return { about: undefined, argumentsOf };
  const { door, revision, address, atMs = nowMs } = request;
  const readable = Object.entries(request.headers).filter(([name]) => access.headers.includes(name));
  const facts = { id: '', address, headers: Object.fromEntries(readable) };
  return { about: { request: facts, door, revision, method: METHODS[kind], nowMs: atMs }, argumentsOf };
}
