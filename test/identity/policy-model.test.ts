/*
 * The decision against a naive reading of design §4 (threat T15): random rules, random callers, everything that they may ask
 * for. 10 000 sets of rules; GATEWRIGHT_FULL=1 makes it 100 000. Every set that ever disagreed is a row below.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { type AccessDefinition, NO_ACCESS_RULES, type PolicyDefinition } from '../../src/model/access.ts';
import type { EntryKind } from '../../src/model/catalogue.ts';
import { NOBODY, type Principal } from '../../src/model/principal.ts';
import type { ServerDefinition, Snapshot } from '../../src/model/snapshot.ts';
import type { Decision, RequestAbout, Rights, RightsPlace, Settled } from '../../src/proxy/policy/decision.ts';
import { rightsIn } from '../../src/proxy/policy/rights.ts';
import { anyRequest, madeServer, madeSnapshot } from '../rig/made.ts';
import {
  ARGUMENTS,
  anyAbout,
  anyPrincipal,
  anySnapshot,
  CONDITIONS,
  RESOURCES,
  TEMPLATES,
  TOOLS,
} from './made-access.ts';
import { type Asked, matches, naive, type Said, type Truths } from './naive-access.ts';

const FULL = process.env.GATEWRIGHT_FULL === '1';
const SETS = FULL ? 100_000 : 10_000;

const DENY_ALL: Omit<PolicyDefinition, 'name'> = {
  ...{ organisation: 'default', priority: 1, effect: 'deny', who: '*', exceptWho: undefined },
  ...{ what: '*', exceptWhat: undefined, when: undefined },
};

interface World {
  readonly snapshot: Snapshot;
  readonly principal: Principal;
  readonly about: RequestAbout;
}

const anyWorld: fc.Arbitrary<World> = fc.record({ snapshot: anySnapshot, principal: anyPrincipal, about: anyAbout });
const anyEntry = fc.oneof(
  fc.record({ kind: fc.constant('tools' as const), key: fc.constantFrom(...TOOLS) }),
  fc.record({ kind: fc.constant('tools' as const), key: fc.constantFrom(...TOOLS) }),
  fc.record({ kind: fc.constant('prompts' as const), key: fc.constantFrom(...TOOLS) }),
  fc.record({ kind: fc.constant('resources' as const), key: fc.constantFrom(...RESOURCES) }),
);
type Entry = typeof anyEntry extends fc.Arbitrary<infer T> ? T : never;

function placesOf({ endpoints, servers }: Snapshot): readonly RightsPlace[] {
  return [...endpoints.values()].flatMap((endpoint) => [...servers.values()].map((server) => ({ endpoint, server })));
}

type Arguments = (typeof ARGUMENTS)[number];

function called(decision: Decision, about: RequestAbout, args: Arguments): Settled {
  if (decision.answer !== 'ask') return decision;
  return decision.called(about, () => {
    if (args === undefined) throw new RangeError('a number loses precision');
    return args;
  });
}

function truthsFor({ about }: World, place: RightsPlace, key: string, args: Arguments): Truths {
  return ({ when }, principal) => {
    const condition = CONDITIONS.find(({ text }) => text === when);
    if (!condition) throw new Error(`no meaning for ${when}`);
    return condition.means({ principal, server: place.server.name, key, about, args });
  };
}

/** A condition that some arguments would meet may be met. What it is with arguments that cannot be read is no clue. */
function truthsHoped(world: World, place: RightsPlace, key: string): Truths {
  return (policy, principal) => {
    const readable = ARGUMENTS.filter((args) => args !== undefined);
    const all = readable.map((args) => met(policy, truthsFor(world, place, key, args)(policy, principal)));
    return policy.effect === 'deny' ? all.every(Boolean) : all.some(Boolean);
  };
}

function met({ effect }: PolicyDefinition, truth: boolean | 'error'): boolean {
  return truth === 'error' ? effect === 'deny' : truth;
}

/** `exact`: not what is so whatever the conditions say, which needs no condition to say why. */
function agrees(said: Settled, expected: Said, where: string, exact: boolean): void {
  assert.equal(said.answer, expected.answer, `${where}: ${said.rule}`);
  if (said.answer === 'step-up') assert.deepEqual(said.scopes, expected.scopes, where);
  else if (!exact) return;
  else if (expected.policies) {
    const rules = expected.policies.map((name) => `access.policies.${name}`);
    assert.ok(rules.includes(said.rule), `${where}: ${said.rule}, not ${rules}`);
  } else assert.doesNotMatch(said.rule, /^access\.policies\./, where);
}

/** Every place, one entry, all arguments. */
function check(world: World, entry: Entry): void {
  try {
    checkAll(world, entry);
  } catch (thrown) {
    throw new Error(`${thrown}\n${told(world)}`, { cause: thrown });
  }
}

/** What a row needs, and no more. */
function told({ snapshot: { access, servers, endpoints }, principal, about }: World): string {
  const held = [...servers.values()].map(({ name, organisation, owner, visibility, tools }) => ({
    name,
    organisation,
    owner,
    visibility,
    tools,
  }));
  return inspect({ access, held, endpoints, principal, about }, { depth: 9, breakLength: 160 });
}

function checkAll(world: World, entry: Entry): void {
  const { snapshot, principal, about } = world;
  const rights = rightsIn(snapshot)(principal);
  const hasConditions = snapshot.access.policies.some(({ when }) => when !== undefined);
  for (const place of placesOf(snapshot)) {
    const asked: Asked = { snapshot, principal, ...place, ...entry };
    const where = `${entry.kind} ${entry.key} of ${place.server.name} at /${place.endpoint.name}`;
    const decision = rights.decide(place, entry.kind, entry.key);
    for (const args of hasConditions ? ARGUMENTS : ARGUMENTS.slice(0, 1)) {
      const expected = naive(asked, truthsFor(world, place, entry.key, args));
      const isOpen = decision.answer === 'ask' || !hasConditions;
      agrees(called(decision, about, args), expected, `${where} with ${JSON.stringify(args)}`, isOpen);
    }
    if (hasConditions) checkListed(world, place, entry, decision);
    if (decision.answer !== 'no') assert.ok(rights.sees(place), `${where} is not seen`);
  }
}

function checkListed(world: World, place: RightsPlace, entry: Entry, decision: Decision): void {
  const listed = decision.answer === 'ask' ? decision.listed(world.about) : decision;
  const expected = naive({ ...world, ...place, ...entry }, truthsHoped(world, place, entry.key));
  assert.equal(listed.answer, expected.answer, `${entry.key} of ${place.server.name} listed: ${listed.rule}`);
  for (const args of ARGUMENTS) {
    const { answer } = called(decision, world.about, args);
    if (answer === 'yes') assert.equal(listed.answer, 'yes', 'what may be called is listed');
    if (answer === 'step-up') assert.notEqual(listed.answer, 'no', 'what may be after a step-up is listed');
  }
}

test(`${SETS} sets of rules decide as a naive reading of them does`, { timeout: 1_100_000 }, () => {
  fc.assert(fc.property(anyWorld, anyEntry, check), { numRuns: SETS });
});

interface Row {
  readonly server?: Partial<ServerDefinition>;
  readonly principal?: Partial<Principal>;
  readonly policies?: readonly Partial<PolicyDefinition>[];
  readonly answer: Settled['answer'];
  readonly rule: string;
}

/** Where the gateway's reading, or the naive one, was wrong once. */
const ROWS: readonly [string, Row][] = [
  [
    'a private server is not hidden by its owner from the owner himself, whatever he is let in as',
    {
      server: { owner: 'ann' },
      principal: { kind: 'anonymous', user: 'ann', roles: ['service'] },
      ...{ answer: 'yes', rule: 'roles.service' },
    },
  ],
  [
    'what a policy may allow and a role allows anyway is allowed by the role, which needs no arguments for it',
    {
      principal: { roles: ['user'] },
      policies: [{ effect: 'allow', when: 'arguments.path == "a"' }],
      ...{ answer: 'yes', rule: 'roles.user' },
    },
  ],
  [
    'what no argument saves is denied by the policy that surely does',
    {
      principal: { roles: ['user'] },
      policies: [{ priority: 2, when: 'arguments.path == "a"' }, {}],
      ...{ answer: 'no', rule: 'access.policies.p1' },
    },
  ],
];

for (const [what, { server, principal, policies = [], answer, rule }] of ROWS) {
  test(what, () => {
    const all = policies.map((policy, at) => ({ ...DENY_ALL, name: `p${at}`, ...policy }));
    const access: AccessDefinition = { ...NO_ACCESS_RULES, policies: all };
    const snapshot = madeSnapshot([madeServer('fs', server)], { access });
    const caller: Principal = { ...NOBODY, id: 'iss|1', kind: 'user', ...principal };
    const place = placesOf(snapshot)[0];
    assert.ok(place);
    const decision = rightsIn(snapshot)(caller).decide(place, 'tools', 'read');
    assert.deepEqual([decision.answer, decision.rule], [answer, rule]);
    check({ snapshot, principal: caller, about: anyRequest() }, { kind: 'tools', key: 'read' });
  });
}

/** What a request's conditions decide is told as such: with another request the same decision may be another. */
test('a decision that a request can change is open, and says so', () => {
  fc.assert(
    fc.property(anyWorld, anyAbout, anyEntry, ({ snapshot, principal, about }, other, { kind, key }) => {
      const rights = rightsIn(snapshot)(principal);
      for (const place of placesOf(snapshot)) {
        const decision = rights.decide(place, kind, key);
        if (decision.answer !== 'ask' || decision.volatile) continue;
        assert.equal(decision.listed(about).answer, decision.listed(other).answer);
      }
    }),
    { numRuns: SETS / 5 },
  );
});

test('those with the same fingerprint are decided alike, whoever asked first', () => {
  let same = 0;
  const change = fc.record({
    id: fc.constantFrom('iss|1', 'iss|3', 'other'),
    groups: fc.constantFrom([], ['ops'], ['unknown']),
    more: fc.constantFrom([], ['unknown']),
    claims: fc.constantFrom({}, { dept: 'ops', iat: 2 }),
    user: fc.constantFrom(undefined, 'ann', 'carol'),
  });
  const answers = (rights: Rights, { snapshot, about }: World, { kind, key }: Entry) =>
    placesOf(snapshot).map((place) => {
      const decision = rights.decide(place, kind, key);
      const listed = decision.answer === 'ask' ? decision.listed(about) : decision;
      return [rights.sees(place), listed, ...ARGUMENTS.map((args) => called(decision, about, args))];
    });
  fc.assert(
    fc.property(anyWorld, change, anyEntry, (world, { more, ...changed }, entry) => {
      const { principal, snapshot } = world;
      const other = { ...principal, ...changed, roles: [...principal.roles, ...more].reverse() };
      // Compiled anew, so that the other's rights are his own and not those of whom he resembles.
      const [one, two] = [rightsIn(snapshot)(principal), rightsIn({ ...snapshot })(other)];
      if (one.fingerprint !== two.fingerprint) return;
      same += 1;
      assert.deepEqual(answers(one, world, entry), answers(two, world, entry));
    }),
    { numRuns: SETS / 2 },
  );
  assert.ok(same > SETS / 20, `only ${same} were the same`);
});

/** Of what a template expands to some, by a reading that takes each expression for anything. */
function expansions(template: string): readonly string[] {
  const pattern = template.replaceAll(/\{[^}]*\}/g, '*');
  return RESOURCES.filter((uri) => matches(pattern, uri));
}

test('a template is listed when something that it expands to may be read', () => {
  let listed = 0;
  fc.assert(
    fc.property(anyWorld, fc.constantFrom(...TEMPLATES), ({ snapshot, principal, about }, template) => {
      const rights = rightsIn(snapshot)(principal);
      const shown = (place: RightsPlace, kind: EntryKind, key: string) => {
        const decision = rights.decide(place, kind, key);
        return decision.answer === 'ask' ? decision.listed(about).answer : decision.answer;
      };
      for (const place of placesOf(snapshot)) {
        const some = expansions(template).some((uri) => shown(place, 'resources', uri) === 'yes');
        if (!some) continue;
        listed += 1;
        assert.equal(shown(place, 'templates', template), 'yes', template);
      }
    }),
    { numRuns: SETS / 5 },
  );
  assert.ok(listed > SETS / 20);
});
