import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { anySnapshot } from '../../../test/identity/made-access.ts';
import { lists, madeList, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { PolicyDefinition } from '../../model/access.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExplainQuestion } from '../../model/explanation.ts';
import { NO_IDENTITY } from '../../model/identity.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { tableOf } from '../../model/table.ts';
import { decide } from '../policy/decide.ts';
import { rightsIn } from '../policy/rights.ts';
import { Views } from '../policy/view.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { ruleQuestions } from './rule-questions.ts';

const ANN = { name: 'ann', disabled: false, memberships: new Map([['default', ['user']]]) };
const BOB = { ...ANN, name: 'bob', memberships: new Map([['acme', ['user']]]) };
const GONE = { ...ANN, name: 'gone', disabled: true };

const policyOf = (name: string, change: Partial<PolicyDefinition> = {}): PolicyDefinition => ({
  ...{ name, organisation: 'default', priority: 100, effect: 'deny', who: '*', exceptWho: undefined },
  ...{ what: '*', exceptWhat: undefined, when: undefined },
  ...change,
});

const NO_LISTS = { principals: undefined, users: undefined, roles: undefined, groups: undefined, scopes: undefined };

const toolsOf = (...tools: string[]): PolicyDefinition['what'] => ({
  ...{ servers: ['*'], endpoints: undefined, tools, prompts: undefined, resources: undefined },
});

function world(
  change: Partial<Snapshot> = {},
  servers = [madeServer('fs'), madeServer('hr', { organisation: 'acme' })],
) {
  const people = [ANN, BOB, GONE].map((each) => [each.name, each] as const);
  const given = madeSnapshot(servers, { ...change });
  const snapshot: Snapshot = { ...given, people: { ...given.people, users: tableOf(people) } };
  const catalogues = new Catalogues();
  for (const { name } of servers)
    catalogues.put(name, { state: 'ready', lists: lists({ tools: madeList('tools', ['read', 'write']) }) });
  const identify = () => Promise.reject(new GatewayError('internal'));
  const verifier = { identify, lastSeen: () => undefined };
  const views = new Views(() => snapshot, catalogues);
  const parts = { snapshot: () => snapshot, now: () => 0, verifier, views, catalogues, serversRun: true };
  return { snapshot, rules: ruleQuestions(parts) };
}

const asked = (name: string, tool: string, change: Partial<ExplainQuestion> = {}): ExplainQuestion => ({
  ...{ as: { name, organisation: 'default' }, claims: undefined, kind: 'tool', name: tool, endpoint: '' },
  ...{ arguments: undefined, request: undefined },
  ...change,
});

describe('a rehearsal of policies', () => {
  const deny = policyOf('no-write', { what: toolsOf('write') });

  test('answers each question as it is and as it would be, and changes nothing', async () => {
    const { rules, snapshot } = world();
    const change = { organisation: 'default', without: [], put: [deny] };
    const answers = await rules.rehearse(change, [asked('user:ann', 'fs__write'), asked('user:ann', 'fs__read')]);
    assert.deepEqual(
      answers.map(({ before, after }) => [before.answer, before.rule, after.answer, after.rule]),
      [
        ['yes', 'roles.user', 'no', 'access.policies.no-write'],
        ['yes', 'roles.user', 'yes', 'roles.user'],
      ],
    );
    assert.deepEqual(snapshot.access.policies, []);
  });

  test('a policy of the same name is replaced, and what is taken away is not there', async () => {
    const { rules } = world({ access: { ...madeSnapshot([]).access, policies: [deny] } });
    const puts = [policyOf('no-write', { what: toolsOf('read') })];
    const [put] = await rules.rehearse({ organisation: 'default', without: [], put: puts }, [
      asked('user:ann', 'fs__write'),
    ]);
    const [gone] = await rules.rehearse({ organisation: 'default', without: ['no-write'], put: [] }, [
      asked('user:ann', 'fs__write'),
    ]);
    assert.deepEqual([put?.before.answer, put?.after.answer, gone?.after.answer], ['no', 'yes', 'yes']);
  });

  test('a sample tells what differs, and counts the rest', async () => {
    const { rules } = world();
    const sample = {
      principals: ['user:ann', 'user:bob', 'user:gone', 'nobody'],
      endpoint: '',
      pairsMax: 100,
      rowsMax: 100,
    };
    const report = await rules.sample({ organisation: 'default', without: [], put: [deny] }, sample);
    assert.deepEqual(report, {
      rows: [
        {
          ...{ principal: 'user:ann', kind: 'tools', server: 'fs', name: 'write' },
          ...{
            before: { answer: 'yes', rule: 'roles.user' },
            after: { answer: 'no', rule: 'access.policies.no-write' },
          },
        },
      ],
      ...{ changed: 1, otherRule: 0, asked: 2, isCut: false },
      unknown: ['user:bob', 'user:gone', 'nobody'].map((principal) => ({
        principal,
        why: 'It is no principal that is known here, and no credential that holds.',
      })),
    });
  });

  test('a sample stops at its bounds, and says so', async () => {
    const { rules } = world();
    const change = { organisation: 'default', without: [], put: [policyOf('none')] };
    const within = await rules.sample(change, { principals: ['user:ann'], endpoint: '', pairsMax: 2, rowsMax: 2 });
    const beyond = await rules.sample(change, { principals: ['user:ann'], endpoint: '', pairsMax: 1, rowsMax: 2 });
    const short = await rules.sample(change, { principals: ['user:ann'], endpoint: '', pairsMax: 2, rowsMax: 1 });
    assert.deepEqual(
      [within, beyond, short].map(({ rows, changed, asked: pairs, isCut }) => [rows.length, changed, pairs, isCut]),
      [
        [2, 2, 2, false],
        [1, 1, 1, true],
        [1, 2, 2, false],
      ],
    );
  });

  test('what a sample foretells is what is decided when the policies are so', async () => {
    await fc.assert(
      fc.asyncProperty(anySnapshot, anySnapshot, async (from, other) => {
        const { rules, snapshot } = world({ access: from.access }, [...from.servers.values()]);
        const put = other.access.policies.filter(({ organisation }) => organisation === 'default').slice(0, 2);
        const names = put.map(({ name }) => name);
        const sample = { principals: ['user:ann'], endpoint: '', pairsMax: 1_000, rowsMax: 1_000 };
        const { rows } = await rules.sample({ organisation: 'default', without: [], put }, sample);
        const kept = from.access.policies.filter(
          (each) => each.organisation !== 'default' || !names.includes(each.name),
        );
        const then = { ...snapshot, access: { ...snapshot.access, policies: [...kept, ...put] } };
        const differing = [...snapshot.servers.values()].flatMap((server) => {
          const endpoint = snapshot.endpoints.get('');
          assert.ok(endpoint);
          const of = (each: Snapshot, tool: string) => {
            const { answer, rule } = decide(rightsIn(each)(ANN_ACTS), { endpoint, server }, 'tools', tool);
            return { answer: answer === 'ask' ? 'depends' : answer, rule };
          };
          if (server.organisation !== 'default' && server.visibility !== 'shared') return [];
          return ['read', 'write']
            .map((tool) => ({ name: tool, before: of(snapshot, tool), after: of(then, tool) }))
            .filter(({ before, after }) => before.answer !== after.answer)
            .map((row) => ({ principal: 'user:ann', kind: 'tools', server: server.name, ...row }));
        });
        assert.deepEqual(rows, differing);
      }),
      { numRuns: 300 },
    );
  });
});

const ANN_ACTS = {
  ...{ id: 'user:ann', kind: 'user' as const, organisation: 'default', user: 'ann', roles: ['user'], groups: [] },
  ...{ scopes: [], grants: 'none' as const, reach: undefined, claims: {} },
};

describe('questions within an organisation', () => {
  const token = {
    name: 'laptop',
    sha256: '0'.repeat(64),
    user: undefined,
    roles: [],
    grants: 'all' as const,
    reach: undefined,
  };
  const identity = { ...NO_IDENTITY, tokens: [{ ...token, organisation: 'default' }] };

  const rows: readonly [string, ExplainQuestion, string][] = [
    ['one of its own', asked('user:ann', 'fs__read'), 'yes '],
    ['one of the file', asked('token:laptop', 'fs__read'), 'yes '],
    ['somebody of another one is nobody', asked('user:bob', 'fs__read'), 'no credential'],
    ['a server of another one is not there', asked('user:ann', 'hr__read'), 'no unknown'],
    ['nor is its endpoint', asked('user:ann', 'read', { endpoint: 'hr' }), 'no endpoint_unknown'],
    ['a word that is no name is not taken for a credential', asked('gwk_abcd_x', 'fs__read'), 'no credential'],
  ];
  for (const [what, question, wanted] of rows)
    test(what, async () => {
      const { rules } = world({ identity });
      const [answer] = await rules.rehearse({ organisation: 'default', without: [], put: [] }, [question]);
      assert.equal(`${answer?.before.answer} ${answer?.before.reason ?? ''}`, wanted);
      assert.equal(answer?.before.wasCredential, false);
    });
});

describe('which rules count a call', () => {
  const rules = [
    policyOf('all'),
    policyOf('users', { who: { ...NO_LISTS, roles: ['user'] } }),
    policyOf('others', { who: { ...NO_LISTS, users: ['bob'] } }),
    policyOf('writes', { what: toolsOf('write') }),
    policyOf('big', { when: 'arguments.size > 9' }),
    policyOf('here', { when: 'request.address == "10.0.0.1"' }),
    policyOf('broken', { when: '1 / 0 == 1' }),
  ];

  test('those that mean the caller and the target, and whose condition holds or cannot be judged', async () => {
    const question = asked('user:ann', 'fs__read', { arguments: '{"size": 10}' });
    const { call, counted } = await world().rules.weigh('default', rules, question);
    assert.equal(call?.target.server, 'fs');
    assert.deepEqual(Object.fromEntries(counted), {
      ...{ all: 'yes', users: 'yes', others: 'no', big: 'yes', here: 'depends', broken: 'error' },
    });
  });

  test('none where nothing is meant', async () => {
    const { call, why, counted } = await world().rules.weigh('default', rules, asked('user:ann', 'fs__nothing'));
    assert.deepEqual([call, why, counted.size], [undefined, 'unknown', 0]);
  });
});

describe('what somebody may list', () => {
  const policies = [policyOf('no-write', { what: toolsOf('write') })];
  const there = () => world({ access: { ...madeSnapshot([]).access, policies } }).rules;

  test('at the server’s own endpoint, what calls may use', async () => {
    const sight = await there().sightOf('user:ann', 'default', '127.0.0.1');
    assert.deepEqual(
      [sight?.('fs', 'read'), sight?.('fs', 'write'), sight?.('hr', 'read'), sight?.('nothing', 'read')],
      [
        { endpoint: 'fs' },
        { reason: 'denied', rule: 'access.policies.no-write' },
        { reason: 'denied', rule: 'organisation' },
        { reason: 'denied', rule: 'endpoint' },
      ],
    );
  });

  test('nobody is known by an id of another organisation', async () => {
    assert.equal(await there().sightOf('user:bob', 'default', '127.0.0.1'), undefined);
  });
});
