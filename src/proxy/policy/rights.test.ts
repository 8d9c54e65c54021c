import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeEndpoint, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { type AccessDefinition, NO_ACCESS_RULES, type PolicyDefinition, type Scope } from '../../model/access.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { LOCAL_USER, NOBODY, type Principal, type Reach } from '../../model/principal.ts';
import type { EndpointDefinition, ServerDefinition } from '../../model/snapshot.ts';
import { settled, shown } from './decide.ts';
import type { RequestAbout } from './decision.ts';
import { rightsIn } from './rights.ts';

interface Row {
  readonly who?: Partial<Principal>;
  readonly server?: Partial<ServerDefinition>;
  readonly endpoint?: Partial<EndpointDefinition>;
  readonly access?: Partial<AccessDefinition>;
  readonly kind?: EntryKind;
  readonly key?: string;
}

function judged({ who, server, endpoint, access, kind = 'tools', key = 'read' }: Row): string {
  const fs = madeServer('fs', { visibility: 'private', ...server });
  const here = madeEndpoint('', { naming: 'prefixed', servers: ['fs'], ...endpoint });
  const rules = { ...NO_ACCESS_RULES, ...access };
  const snapshot = madeSnapshot([fs], { endpoints: new Map([[here.name, here]]), access: rules });
  const principal: Principal = { ...NOBODY, id: 'iss|ann', kind: 'user', ...who };
  const decision = rightsIn(snapshot)(principal).decide({ endpoint: here, server: fs }, kind, key);
  const scopes = decision.answer === 'step-up' ? ` ${decision.scopes.join('+')}` : '';
  return `${decision.answer} ${decision.rule}${scopes}`;
}

const scope = (change: Partial<Scope>): Scope => ({
  servers: ['*'],
  endpoints: undefined,
  tools: undefined,
  prompts: undefined,
  resources: undefined,
  ...change,
});
const reach = (change: Partial<Reach>): Reach => ({
  servers: undefined,
  endpoints: undefined,
  tools: undefined,
  exceptServers: [],
  ...change,
});
const role = (...permissions: Scope[]) => ({ roles: new Map([['editor', { name: 'editor', permissions }]]) });
const policy = (name: string, change: Partial<PolicyDefinition> = {}): PolicyDefinition => ({
  name,
  organisation: 'default',
  priority: 100,
  effect: 'deny',
  who: '*',
  exceptWho: undefined,
  what: '*',
  exceptWhat: undefined,
  when: undefined,
  ...change,
});
const NO_ONE = { principals: undefined, users: undefined, roles: undefined, groups: undefined, scopes: undefined };
const opened = (
  entries: Record<string, string[]>,
  mode: 'any' | 'all' = 'any',
  defaultScope: string | null = null,
) => ({
  permissions: { entries: new Map(Object.entries(entries)), mode, defaultScope },
});

const tables: Record<string, readonly [string, Row, string][]> = {
  'what a credential brings': [
    ['nobody is granted anything', {}, 'no none'],
    ['the local user is granted all', { who: LOCAL_USER }, 'yes grants:all'],
    ['a credential may grant all', { who: { grants: 'all' } }, 'yes grants:all'],
    ['that is all of its organisation', { who: { grants: 'all', organisation: 'acme' } }, 'no organisation'],
    [
      'and what is shared',
      { who: { grants: 'all', organisation: 'acme' }, server: { visibility: 'shared' } },
      'yes grants:all',
    ],
    [
      'it may be for other servers',
      { who: { grants: 'all', reach: reach({ servers: ['web'] }) } },
      'no credential.servers',
    ],
    ['for no server at all', { who: { grants: 'all', reach: reach({ servers: [] }) } }, 'no credential.servers'],
    [
      'for all but this',
      { who: { grants: 'all', reach: reach({ exceptServers: ['fs'] }) } },
      'no credential.exceptServers',
    ],
    [
      'for other endpoints',
      { who: { grants: 'all', reach: reach({ endpoints: ['set'] }) } },
      'no credential.endpoints',
    ],
    [
      'for /mcp, which is called default',
      { who: { grants: 'all', reach: reach({ endpoints: ['default'] }) } },
      'yes grants:all',
    ],
    ['for this tool', { who: { grants: 'all', reach: reach({ tools: ['fs.re*'] }) } }, 'yes grants:all'],
    ['for another tool', { who: { grants: 'all', reach: reach({ tools: ['fs.write'] }) } }, 'no credential.tools'],
    [
      'for tools, and then for nothing else',
      { who: { grants: 'all', reach: reach({ tools: ['*'] }) }, kind: 'prompts' },
      'no credential.tools',
    ],
  ],
  'where something stands': [
    ['what the endpoint does not hold is not there', { who: LOCAL_USER, endpoint: { servers: [] } }, 'no endpoint'],
    [
      'another organisation’s toolset',
      { who: { grants: 'all' }, endpoint: { name: 'set', organisation: 'acme' } },
      'no organisation',
    ],
    [
      'the administrator of all is everywhere',
      { who: { roles: ['system_admin'], organisation: 'acme' } },
      'yes roles.system_admin',
    ],
    [
      'a filter keeps out whoever asks',
      { who: LOCAL_USER, server: { tools: { allow: undefined, block: ['read'] } } },
      'no servers.fs.tools.block:read',
    ],
  ],
  'roles that are always there': [
    [
      'admin: everything of his organisation',
      { who: { roles: ['admin'] }, server: { owner: 'bob' } },
      'yes roles.admin',
    ],
    ['and nothing of another', { who: { roles: ['admin'], organisation: 'acme' } }, 'no organisation'],
    ['user: what is the organisation’s own', { who: { roles: ['user'] } }, 'yes roles.user'],
    ['but not what is somebody’s own and private', { who: { roles: ['user'] }, server: { owner: 'bob' } }, 'no none'],
    ['service: the same', { who: { roles: ['service'] } }, 'yes roles.service'],
    ['viewer: no tools', { who: { roles: ['viewer'] } }, 'no none'],
    ['but resources', { who: { roles: ['viewer'] }, kind: 'resources' }, 'yes roles.viewer'],
    ['a role is written as it is written', { who: { roles: ['User'] } }, 'no none'],
    ['a role that nobody defined', { who: { roles: ['__proto__', 'constructor'] } }, 'no none'],
  ],
  'ownership and visibility': [
    ['the owner', { who: { user: 'ann' }, server: { owner: 'ann' } }, 'yes owner'],
    ['somebody else', { who: { user: 'bob' }, server: { owner: 'ann' } }, 'no none'],
    [
      'one of that name elsewhere',
      { who: { user: 'ann', organisation: 'acme' }, server: { owner: 'ann' } },
      'no organisation',
    ],
    ['who has no name owns nothing', { who: { user: undefined }, server: { owner: undefined } }, 'no none'],
    ['public', { server: { visibility: 'public' } }, 'yes public'],
    ['public, elsewhere', { who: { organisation: 'acme' }, server: { visibility: 'public' } }, 'no organisation'],
    ['shared, elsewhere', { who: { organisation: 'acme' }, server: { visibility: 'shared' } }, 'yes shared'],
    ['a stranger is no member', { who: { kind: 'anonymous' }, server: { visibility: 'shared' } }, 'no none'],
  ],
  'roles of one’s own': [
    [
      'a permission names the tool',
      { who: { roles: ['editor'] }, access: role(scope({ tools: ['x', 're*'] })) },
      'yes access.roles.editor[0].tools:re*',
    ],
    ['another tool', { who: { roles: ['editor'] }, access: role(scope({ tools: ['write'] })) }, 'no none'],
    ['no tool at all', { who: { roles: ['editor'] }, access: role(scope({ tools: [] })) }, 'no none'],
    ['prompts alone', { who: { roles: ['editor'] }, access: role(scope({ prompts: ['*'] })) }, 'no none'],
    [
      'the second permission',
      { who: { roles: ['editor'] }, access: role(scope({}), scope({ tools: ['*'] })) },
      'yes access.roles.editor[1].tools:*',
    ],
    [
      'another server',
      { who: { roles: ['editor'] }, access: role(scope({ servers: ['web'], tools: ['*'] })) },
      'no none',
    ],
    [
      'another endpoint',
      { who: { roles: ['editor'] }, access: role(scope({ endpoints: ['set'], tools: ['*'] })) },
      'no none',
    ],
    [
      'a template of which something is granted',
      {
        who: { roles: ['editor'] },
        access: role(scope({ resources: ['file:///pub/*'] })),
        kind: 'templates',
        key: 'file:///{+path}',
      },
      'yes access.roles.editor[0].resources:file:///pub/*',
    ],
  ],
  policies: [
    ['an allow grants', { access: { policies: [policy('ok', { effect: 'allow' })] } }, 'yes access.policies.ok'],
    [
      'a deny denies what is granted',
      { who: LOCAL_USER, access: { policies: [policy('stop')] } },
      'no access.policies.stop',
    ],
    [
      'deny beats allow of the same priority',
      { access: { policies: [policy('ok', { effect: 'allow' }), policy('stop')] } },
      'no access.policies.stop',
    ],
    [
      'a higher allow beats a lower deny',
      { access: { policies: [policy('stop'), policy('ok', { effect: 'allow', priority: 101 })] } },
      'yes access.policies.ok',
    ],
    [
      'but not what the credential is for',
      { who: { reach: reach({ servers: [] }) }, access: { policies: [policy('ok', { effect: 'allow' })] } },
      'no credential.servers',
    ],
    [
      'a policy of another organisation',
      { who: LOCAL_USER, access: { policies: [policy('stop', { organisation: 'acme' })] } },
      'yes grants:all',
    ],
    [
      'who is excepted is not meant',
      {
        who: { roles: ['admin'] },
        access: {
          policies: [
            policy('stop', {
              exceptWho: { ...NO_ONE, roles: ['adm*'] },
            }),
          ],
        },
      },
      'yes roles.admin',
    ],
    [
      'what is excepted is not meant',
      { who: LOCAL_USER, access: { policies: [policy('stop', { exceptWhat: scope({ tools: ['read'] }) })] } },
      'yes grants:all',
    ],
    [
      'what names no kind means nothing',
      { who: LOCAL_USER, access: { policies: [policy('stop', { what: scope({}) })] } },
      'yes grants:all',
    ],
  ],
  scopes: [
    [
      'a scope opens',
      { who: { scopes: ['r'] }, access: opened({ 'fs:read': ['r', 'x'] }) },
      'yes access.permissions.fs:read',
    ],
    ['all are asked for', { who: { scopes: ['r'] }, access: opened({ 'fs:read': ['r', 'x'] }, 'all') }, 'no none'],
    [
      'what can be had is told',
      { endpoint: { scopesSupported: ['a', 'r'] }, access: opened({ 'fs:*': ['r'] }) },
      'step-up none r',
    ],
    [
      'whole, with what is held already',
      {
        who: { scopes: ['a'] },
        endpoint: { scopesSupported: ['a', 'r', 'x'] },
        access: opened({ 'fs:*': ['r', 'x'] }, 'all'),
      },
      'step-up none a+r+x',
    ],
    [
      'what cannot be had is not',
      { endpoint: { scopesSupported: ['a'] }, access: opened({ 'fs:*': ['r'] }) },
      'no none',
    ],
    [
      'nor where a policy denies',
      { endpoint: { scopesSupported: ['r'] }, access: { ...opened({ 'fs:*': ['r'] }), policies: [policy('stop')] } },
      'no access.policies.stop',
    ],
    [
      'nor to who holds no token',
      { who: { kind: 'key' }, endpoint: { scopesSupported: ['r'] }, access: opened({ 'fs:*': ['r'] }) },
      'no none',
    ],
  ],
};

describe('conditions', () => {
  const fs = madeServer('fs', { visibility: 'private' });
  const here = madeEndpoint('', { naming: 'prefixed', servers: ['fs'], scopesSupported: ['w'] });
  const rights = (who: Partial<Principal>, ...policies: PolicyDefinition[]) => {
    const access = { ...NO_ACCESS_RULES, policies };
    const snapshot = madeSnapshot([fs], { endpoints: new Map([['', here]]), access });
    return rightsIn(snapshot)({ ...NOBODY, id: 'iss|ann', kind: 'user', ...who });
  };
  const decided = (when: string, effect: 'allow' | 'deny', who: Partial<Principal> = {}) =>
    rights(who, policy('p', { effect, when })).decide({ endpoint: here, server: fs }, 'tools', 'read');
  const about: RequestAbout = {
    request: { id: '', address: '10.0.0.1', headers: {} },
    door: 'mcp-http',
    revision: '2025-11-25',
    method: 'tools/list',
    nowMs: 0,
  };
  const all = { grants: 'all' } as const;

  const sure: readonly [string, string, 'allow' | 'deny', Partial<Principal>, string][] = [
    ['on the caller alone are settled at once', 'principal.kind == "user"', 'allow', {}, 'yes'],
    ['on the target alone, too', 'target.name == "write"', 'deny', all, 'yes'],
    ['that are wrong deny', 'principal.claims.none == 1', 'deny', all, 'no'],
    ['and allow nothing', 'principal.claims.none == 1', 'allow', {}, 'no'],
    ['that do not compile deny', '1 +', 'deny', all, 'no'],
    ['that say neither yes nor no deny', '"yes"', 'deny', all, 'no'],
    ['on arguments that nothing depends on are not asked', 'arguments.x == 1', 'allow', all, 'yes'],
    ['nor those that could only deny what nothing grants', 'arguments.x == 1', 'deny', {}, 'no'],
  ];
  for (const [what, when, effect, who, answer] of sure) {
    test(what, () => assert.equal(decided(when, effect, who).answer, answer));
  }

  const seen: readonly [string, Partial<PolicyDefinition>, Partial<Principal>, boolean][] = [
    ['allow it', { effect: 'allow', when: 'principal.kind == "user"' }, {}, true],
    [
      'allow it to others',
      { effect: 'allow', when: 'principal.claims.team == "blue"' },
      { claims: { team: 'red' } },
      false,
    ],
    ['are wrong where they could allow it', { effect: 'allow', when: 'principal.claims.none == 1' }, {}, false],
    ['allow other targets', { effect: 'allow', when: 'target.server == "git"' }, {}, false],
    ['may allow some of its tools', { effect: 'allow', when: 'target.name == "read"' }, {}, true],
    ['may allow some of the calls', { effect: 'allow', when: 'arguments.x == request.address' }, {}, true],
    ['deny it', { when: 'principal.kind == "user"' }, all, false],
    ['are wrong where they could deny it', { when: 'principal.claims.none == 1' }, all, false],
    ['deny it to others', { when: 'principal.kind == "key"' }, all, true],
    ['may deny some of its tools', { when: 'target.name == "read"' }, all, true],
  ];
  for (const [what, change, who, expected] of seen) {
    test(`a server is ${expected ? '' : 'not '}there for whom conditions ${what}`, () => {
      assert.equal(rights(who, policy('p', change)).sees({ endpoint: here, server: fs }), expected);
    });
  }

  const ofResources: readonly [string, 'allow' | 'deny', Partial<Principal>, string][] = [
    ['request.method == "resources/read"', 'allow', {}, 'yes'],
    ['request.method == "resources/list"', 'allow', {}, 'no'],
    ['request.method == "resources/read"', 'deny', all, 'no'],
    ['request.method == "resources/list"', 'deny', all, 'yes'],
    ['has(arguments.x)', 'allow', {}, 'no'],
    ['arguments.x == 1', 'deny', all, 'no'],
  ];
  for (const [when, effect, who, answer] of ofResources) {
    test(`a resource is listed as it is read: ${effect} when ${when}`, () => {
      const at = { endpoint: here, server: fs };
      const decision = rights(who, policy('p', { effect, when })).decide(at, 'resources', 'a:b');
      assert.equal(shown(decision, () => ({ ...about, method: 'resources/list' }), 'resources').answer, answer);
      const read = () => ({ ...about, method: 'resources/read' });
      assert.equal(settled(decision, read, () => ({})).answer, answer);
    });
  }

  const byMethod: readonly [EntryKind, string, 'allow' | 'deny', string][] = [
    ['tools', 'tools/call', 'allow', 'yes'],
    ['tools', 'prompts/get', 'allow', 'no'],
    ['tools', 'tools/list', 'allow', 'no'],
    ['tools', 'tools/call', 'deny', 'no'],
    ['tools', 'tools/list', 'deny', 'yes'],
    ['prompts', 'prompts/get', 'allow', 'yes'],
    ['prompts', 'tools/call', 'allow', 'no'],
    ['prompts', 'prompts/get', 'deny', 'no'],
    ['prompts', 'completion/complete', 'deny', 'yes'],
  ];
  for (const [kind, method, effect, answer] of byMethod) {
    test(`${kind} are listed as they are used: ${effect} when the method is ${method}`, () => {
      const who = effect === 'deny' ? all : {};
      const named = policy('p', { effect, when: `request.method == "${method}"` });
      const decision = rights(who, named).decide({ endpoint: here, server: fs }, kind, 'read');
      assert.equal(shown(decision, () => ({ ...about, method: `${kind}/list` }), kind).answer, answer);
    });
  }

  const open: readonly [string, string, 'allow' | 'deny', Partial<Principal>, boolean, string, unknown, string][] = [
    ['on arguments: an allow that is met', 'arguments.x == 1', 'allow', {}, false, 'yes', { x: 1 }, 'yes'],
    ['an allow that is not', 'arguments.x == 1', 'allow', {}, false, 'yes', { x: 2 }, 'no'],
    ['an allow that is wrong', 'arguments.x == 1', 'allow', {}, false, 'yes', {}, 'no'],
    ['a deny that is met', 'arguments.x == 1', 'deny', all, false, 'yes', { x: 1 }, 'no'],
    ['a deny that is not', 'arguments.x == 1', 'deny', all, false, 'yes', { x: 2 }, 'yes'],
    ['a deny that is wrong', 'arguments.x == 1', 'deny', all, false, 'yes', {}, 'no'],
    ['on the address: of a list as of a call', 'request.address == "10.0.0.1"', 'deny', all, true, 'no', {}, 'no'],
    ['another address', 'request.address == "10.0.0.2"', 'deny', all, true, 'yes', {}, 'yes'],
    ['on both', 'request.door == "mcp-sse" && arguments.x == 1', 'deny', all, true, 'yes', { x: 1 }, 'yes'],
    ['on the method', 'request.method == "tools/list" && arguments.x == 1', 'deny', all, false, 'yes', { x: 1 }, 'no'],
  ];
  for (const [what, when, effect, who, volatile, listed, args, called] of open) {
    test(what, () => {
      const decision = decided(when, effect, who);
      assert.ok(decision.answer === 'ask');
      assert.equal(decision.rule, 'access.policies.p');
      assert.equal(decision.volatile, volatile);
      assert.equal(decision.listed(about).answer, listed);
      assert.equal(decision.called(about, () => args).answer, called);
    });
  }

  test('arguments that cannot be read deny', () => {
    const decision = decided('arguments.x == 1', 'deny', all);
    assert.ok(decision.answer === 'ask');
    const called = decision.called(about, () => {
      throw new Error('no');
    });
    assert.deepEqual(called, { answer: 'no', rule: 'access.policies.p', reason: 'denied' });
  });

  test('what a scope more would open is told, and what it would not is not', () => {
    const policies = [
      policy('scoped', { effect: 'allow', who: { ...NO_ONE, scopes: ['w'] }, when: 'arguments.x == 1' }),
      policy('never', { effect: 'deny', priority: 200, when: 'arguments.y == 1' }),
    ];
    const decision = rights({}, ...policies).decide({ endpoint: here, server: fs }, 'tools', 'read');
    assert.ok(decision.answer === 'ask');
    assert.deepEqual(decision.listed(about), { answer: 'step-up', rule: 'none', scopes: ['w'] });
    assert.equal(decision.called(about, () => ({ x: 1, y: 0 })).answer, 'step-up');
    assert.equal(decision.called(about, () => ({ x: 2, y: 0 })).answer, 'no');
    assert.equal(decision.called(about, () => ({ x: 1, y: 1 })).answer, 'no');
  });
});

for (const [about, rows] of Object.entries(tables)) {
  describe(about, () => {
    for (const [what, row, expected] of rows) test(what, () => assert.equal(judged(row), expected));
  });
}
