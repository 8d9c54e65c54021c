import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { anyRequest, madeEndpoint, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { AccessDefinition, PolicyDefinition, Scope, Who } from '../../model/access.ts';
import { LOCAL_USER, NOBODY, type Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Decision, KnownOfCall, Settled } from './decision.ts';
import { rightsIn } from './rights.ts';
import type { Trace } from './trace.ts';

const scopeOf = (change: Partial<Scope>): Scope => ({
  ...{ servers: ['*'], endpoints: undefined, tools: ['*'], prompts: undefined, resources: undefined },
  ...change,
});
const whoOf = (change: Partial<Who>): Who => ({
  ...{ principals: undefined, users: undefined, roles: undefined, groups: undefined, scopes: undefined },
  ...change,
});
const policyOf = (name: string, change: Partial<PolicyDefinition>): PolicyDefinition => ({
  ...{ name, organisation: 'default', priority: 100, effect: 'deny', who: '*', exceptWho: undefined },
  ...{ what: '*', exceptWhat: undefined, when: undefined },
  ...change,
});

const pattern = fc.constantFrom('*', 'read', 'write', 're*', '__proto__', '');
const name = fc.constantFrom('editor', 'user', 'r', 'w', '__proto__');
const patterns = fc.array(pattern, { maxLength: 2 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const scope = fc.record({ servers: patterns, tools: maybe(patterns) }).map(scopeOf);
const who = fc.oneof(
  fc.constant('*' as const),
  fc.record({ roles: maybe(fc.array(name)), scopes: maybe(fc.array(name)) }).map(whoOf),
);
const when = fc.constantFrom(undefined, undefined, 'arguments.path == "a"', "request.address == ''", '1 / 0 == 1');
const policy = fc.record({
  priority: fc.integer({ min: 1, max: 3 }),
  effect: fc.constantFrom('allow' as const, 'deny' as const),
  ...{ who, what: fc.oneof(fc.constant('*' as const), scope), exceptWhat: maybe(scope), when },
});
const access: fc.Arbitrary<AccessDefinition> = fc
  .record({
    policies: fc.array(policy, { maxLength: 4 }),
    editor: fc.array(scope, { maxLength: 2 }),
    asked: fc.array(name, { maxLength: 2 }),
    mode: fc.constantFrom('any' as const, 'all' as const),
  })
  .map(({ policies, editor, asked, mode }) => ({
    roles: new Map([['editor', { name: 'editor', permissions: editor }]]),
    permissions: { entries: new Map([['fs:re*', asked]]), mode, defaultScope: null },
    policies: policies.map((each, at) => policyOf(`p${at}`, each)),
    headers: [],
  }));
const principal: fc.Arbitrary<Principal> = fc
  .record({
    kind: fc.constantFrom('user' as const, 'key' as const),
    ...{ roles: fc.array(name), scopes: fc.array(name), grants: fc.constantFrom('all' as const, 'none' as const) },
    organisation: fc.constantFrom('default', 'default', 'acme'),
    reach: maybe(patterns.map((tools) => ({ ...NO_REACH, tools: tools.map((each) => `fs.${each}`) }))),
  })
  .map((change) => ({ ...NOBODY, id: 'iss|ann', ...change }));
const NO_REACH = { servers: undefined, endpoints: undefined, exceptServers: [] };

const here = madeEndpoint('', { naming: 'prefixed', servers: ['fs'], scopesSupported: ['r', 'w'] });
const fs = madeServer('fs', { tools: { allow: undefined, block: ['__proto__'] } });
const place = { endpoint: here, server: fs };
const under = (rules: AccessDefinition): Snapshot =>
  madeSnapshot([fs], { endpoints: new Map([['', here]]), access: rules });

const ALL_KNOWN: KnownOfCall = { about: anyRequest(), argumentsOf: () => ({ path: 'a' }) };

function settled(decision: Decision): Settled {
  return decision.answer === 'ask'
    ? decision.called(anyRequest(), ALL_KNOWN.argumentsOf ?? (() => undefined))
    : decision;
}

/** What a reader of the trace would say. */
function implied({ refusals, policies, grants }: Trace): string {
  if (refusals[0]) return 'no';
  const met = policies.find((each) => each.truth === true || (each.truth === 'error' && each.policy.denies));
  if (met) return met.policy.denies ? 'no' : 'yes';
  return grants.length > 0 ? 'yes' : 'no';
}

const runs = process.env.GATEWRIGHT_FULL === undefined ? 2_000 : 50_000;

test('a trace says what the decision says, and what it names implies it', () => {
  fc.assert(
    fc.property(access, principal, pattern, (rules, caller, key) => {
      const rights = rightsIn(under(rules))(caller);
      const trace = rights.trace(place, 'tools', key, ALL_KNOWN);
      assert.deepEqual(trace.decision, settled(rights.decide(place, 'tools', key)));
      if (trace.decision.answer === 'step-up') assert.equal(implied(trace), 'no');
      else assert.equal(implied(trace), trace.decision.answer);
    }),
    { numRuns: runs },
  );
});

test('what is not known leaves open what the decision leaves open, and nothing else', () => {
  fc.assert(
    fc.property(access, principal, pattern, (rules, caller, key) => {
      const rights = rightsIn(under(rules))(caller);
      const { decision } = rights.trace(place, 'tools', key, { about: undefined, argumentsOf: undefined });
      const asked = rights.decide(place, 'tools', key);
      assert.deepEqual([decision.answer, decision.rule], [asked.answer, asked.rule]);
    }),
    { numRuns: runs },
  );
});

test('what is settled by a part of what is known stays as it is when all is known', () => {
  const { about, argumentsOf } = ALL_KNOWN;
  fc.assert(
    fc.property(access, principal, pattern, (rules, caller, key) => {
      const rights = rightsIn(under(rules))(caller);
      const whole = rights.trace(place, 'tools', key, ALL_KNOWN).decision;
      for (const part of [
        { about, argumentsOf: undefined },
        { about: undefined, argumentsOf },
      ]) {
        const { decision } = rights.trace(place, 'tools', key, part);
        if (decision.answer !== 'ask') assert.equal(decision.answer, whole.answer);
      }
    }),
    { numRuns: runs },
  );
});

function traced(rules: Partial<AccessDefinition>, caller: Partial<Principal>, key = 'read'): Trace {
  const snapshot = under({ roles: new Map(), permissions: undefined, policies: [], headers: [], ...rules });
  return rightsIn(snapshot)({ ...NOBODY, id: 'iss|ann', kind: 'user', ...caller }).trace(
    place,
    'tools',
    key,
    ALL_KNOWN,
  );
}

describe('a trace names', () => {
  test('everything that grants, though the first would do', () => {
    const editor = { name: 'editor', permissions: [scopeOf({ tools: ['re*'] })] };
    const { grants } = traced({ roles: new Map([['editor', editor]]) }, { roles: ['user', 'editor'], grants: 'all' });
    assert.deepEqual(grants, ['grants:all', 'roles.user', 'access.roles.editor[0].tools:re*']);
  });

  test('everything that stands in the way, though the first would do', () => {
    const reach = { ...NO_REACH, servers: ['web'], tools: ['web.*'] };
    const { refusals } = traced({}, { ...LOCAL_USER, reach }, '__proto__');
    const rules = ['credential.servers', 'servers.fs.tools.block:__proto__', 'credential.tools'];
    assert.deepEqual(
      refusals.map(({ rule }) => rule),
      rules,
    );
  });

  test('policies in the order in which they are asked, also those that mean others', () => {
    const editors = policyOf('editors', { priority: 9, who: whoOf({ roles: ['editor'] }) });
    const { policies } = traced(
      { policies: [policyOf('all', { effect: 'allow' }), editors, policyOf('none', {})] },
      {},
    );
    const told = policies.map(({ policy: { rule }, isMeant, truth }) => [rule, isMeant, truth]);
    assert.deepEqual(told, [
      ['access.policies.none', true, true],
      ['access.policies.all', true, true],
      ['access.policies.editors', false, undefined],
    ]);
  });

  test('scopes that are asked for and not held', () => {
    const permissions = { entries: new Map([['fs:*', ['r']]]), mode: 'any' as const, defaultScope: null };
    const { scopes, decision } = traced({ permissions }, {});
    assert.deepEqual(scopes, { rule: 'access.permissions.fs:*', scopes: ['r'], mode: 'any', held: false });
    assert.equal(decision.answer, 'step-up');
  });
});
