/*
 * What a decision costs: 1 000 policies, 5 000 tools of 50 servers, 10 000 principals.
 *
 * Measured in the process of the benchmark, on the decision as the gateway builds it; processor time of all threads. "Warm"
 * is what every call pays: the principal's rights looked up, and one tool decided anew, which the gateway keeps in its view.
 */
import type { AccessDefinition, PolicyDefinition, Scope, Who } from '../src/model/access.ts';
import type { Message } from '../src/model/message.ts';
import { NOBODY, type Principal } from '../src/model/principal.ts';
import type { Snapshot } from '../src/model/snapshot.ts';
import { argumentsOf } from '../src/proxy/policy/arguments.ts';
import type { Conditional, RightsOf, RightsPlace } from '../src/proxy/policy/decision.ts';
import { rightsIn } from '../src/proxy/policy/rights.ts';
import { anyRequest, madeEndpoint, madeServer, madeSnapshot, sentMessage } from '../test/rig/made.ts';

export interface DecisionCost {
  readonly what: string;
  readonly us: number;
}

const SERVERS = 50;
const TOOLS_EACH = 100;
const LISTED = 10_000;
const ROLES = 50;
const SIZES = {
  whole: { policies: 1_000, principals: 10_000, calls: 100_000 },
  quick: { policies: 1_000, principals: 500, calls: 5_000 },
};
const NO_ONE: Who = { principals: undefined, users: undefined, roles: undefined, groups: undefined, scopes: undefined };
const NOTHING: Scope = {
  servers: [],
  endpoints: undefined,
  tools: undefined,
  prompts: undefined,
  resources: undefined,
};

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

export function measureDecisions(extent: 'whole' | 'quick'): readonly DecisionCost[] {
  const { policies, principals, calls } = SIZES[extent];
  const snapshot = snapshotWith(range(policies).map(policyAt));
  const people = range(principals).map(personAt);
  const rightsOf = rightsIn(snapshot);
  const places = placesOf(snapshot);
  // Once only: the second time nothing is new.
  const cost = (what: string, times: number, run: (at: number) => unknown) => ({ what, us: cpuOnce(times, run) });
  return [
    cost('rules made ready, with the first principal', 1, () => rightsOf(personAt(-1))),
    cost('a principal for the first time', people.length, (at) => rightsOf(people[at] as Principal)),
    cost('first list of a principal, 10 000 tools', 20, (at) => listed(rightsOf, people[at] as Principal, places)),
    ...callCosts(rightsOf, people, places, calls),
    ...conditionCosts(calls),
  ];
}

function callCosts(rightsOf: RightsOf, people: readonly Principal[], places: readonly RightsPlace[], calls: number) {
  const place = (at: number) => places[at % places.length] as RightsPlace;
  const warm = (at: number) => rightsOf(people[at % people.length] as Principal).decide(place(at), 'tools', toolAt(at));
  return [{ what: 'a decision, warm', us: cpuOfEach(calls, warm) }];
}

/** Each call has a message of its own, so that its arguments are parsed as those of a call are. */
function conditionCosts(calls: number): readonly DecisionCost[] {
  const conditions: readonly [string, string][] = [
    ['one condition on arguments', 'arguments.path.startsWith("/srv/") && arguments.count < 10'],
    ['one condition with `matches`', 'arguments.path.matches("^/srv/[a-z0-9_-]+/[^/]+$")'],
  ];
  const message = sentMessage({
    ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
    params: { name: 'tool1', arguments: { path: '/srv/reports/summary.txt', count: 3, text: 'a'.repeat(200) } },
  });
  return conditions.map(([what, when]) => {
    const snapshot = snapshotWith([{ ...policyAt(0), effect: 'allow', who: '*', what: '*', when }]);
    const caller = personAt(1);
    const rightsOf = rightsIn(snapshot);
    const [place] = placesOf(snapshot);
    const open = rightsOf(caller).decide(place as RightsPlace, 'tools', 'tool1') as Conditional;
    const call = () => called(rightsOf, caller, open, { ...message });
    if (call().answer !== 'yes') throw new Error(`${what}: not met`);
    return { what, us: cpuOfEach(calls, call) };
  });
}

function called(rightsOf: RightsOf, caller: Principal, open: Conditional, message: Message) {
  rightsOf(caller);
  return open.called(anyRequest(), () => argumentsOf(message));
}

function listed(rightsOf: RightsOf, person: Principal, places: readonly RightsPlace[]): number {
  const rights = rightsOf(person);
  let shown = 0;
  for (const at of range(LISTED)) {
    const place = places[at % places.length] as RightsPlace;
    if (rights.decide(place, 'tools', toolAt(at)).answer !== 'no') shown += 1;
  }
  return shown;
}

function snapshotWith(policies: readonly PolicyDefinition[]): Snapshot {
  const servers = range(SERVERS).map((at) => madeServer(`server${at}`));
  const access: AccessDefinition = { roles: new Map(), permissions: undefined, policies, headers: [] };
  const all = madeEndpoint('', { naming: 'prefixed', servers: servers.map(({ name }) => name) });
  return madeSnapshot(servers, { endpoints: new Map([['', all]]), access });
}

/** Most name a server, a role and some tools; every tenth is about all servers, every fifth about users or groups. */
function policyAt(at: number): PolicyDefinition {
  const who = at % 5 === 0 ? { users: [`user${at}`], groups: [`group${at % 20}`] } : { roles: [`role${at % ROLES}`] };
  const what = {
    servers: [at % 10 === 0 ? '*' : `server${at % SERVERS}`],
    tools: [`tool${at % TOOLS_EACH}`, `tool${at % 10}*`],
  };
  return {
    ...{ name: `p${at}`, organisation: 'default', priority: 1 + (at % 100) },
    ...{ effect: at % 3 === 0 ? 'deny' : 'allow', who: { ...NO_ONE, ...who }, exceptWho: undefined },
    ...{ what: { ...NOTHING, ...what }, exceptWhat: undefined, when: undefined },
  };
}

function personAt(at: number): Principal {
  const roles = [`role${at % ROLES}`, `role${(at * 7) % ROLES}`, ...(at % 2 === 0 ? ['user'] : [])];
  const who = { user: `user${at}`, roles, groups: [`group${at % 20}`], scopes: ['mcp'] };
  return { ...NOBODY, id: `https://id.example.com|${at}`, kind: 'user', ...who, claims: { sub: `${at}`, iat: at } };
}

function placesOf({ endpoints, servers }: Snapshot): readonly RightsPlace[] {
  const endpoint = endpoints.get('');
  if (!endpoint) throw new Error('no endpoint');
  return [...servers.values()].map((server) => ({ endpoint, server }));
}

function toolAt(at: number): string {
  return `tool${Math.floor(at / SERVERS) % TOOLS_EACH}`;
}

/** Others are on the machine too: the window in which they disturbed least is the nearest to what it costs. */
const WINDOWS = 5;

function cpuOfEach(times: number, run: (at: number) => unknown): number {
  return Math.min(...range(WINDOWS).map(() => cpuOnce(times, run)));
}

function cpuOnce(times: number, run: (at: number) => unknown): number {
  const before = process.cpuUsage();
  for (let at = 0; at < times; at += 1) run(at);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
