/*
 * What a file makes of roles, scopes, policies, organisations and ways out.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_ACCESS_RULES } from '../model/access.ts';
import { parseConfig } from './load.ts';
import { snapshotOf } from './snapshot.ts';

const SERVERS =
  'servers: {files: {command: f}, git-hub: {command: g, organisation: acme}, hub: {command: h, organisation: acme, visibility: shared}}\n';

function snapshot(text: string) {
  const loaded = parseConfig(`${SERVERS}${text}`, 'g.yaml', {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return { ...snapshotOf(loaded.config), warnings: loaded.warnings, listen: loaded.config.listen };
}

const ORGANISATIONS = 'organisations: {acme: {title: Acme}}';
const accessOf = (text: string) => snapshot(`access: {${ORGANISATIONS}, ${text}}`).access;

test('without rules there are none', () => {
  assert.deepEqual(snapshot(`access: {${ORGANISATIONS}}`).access, { ...NO_ACCESS_RULES });
});

test('a star in place of a permission is everything', () => {
  const { roles } = accessOf(
    'roles: {all: {permissions: ["*"]}, some: {permissions: [{servers: [files], tools: [a]}]}}',
  );
  const everything = ['*'];
  assert.deepEqual(roles.get('all')?.permissions, [
    { servers: everything, endpoints: undefined, tools: everything, prompts: everything, resources: everything },
  ]);
  assert.deepEqual(roles.get('some')?.permissions, [
    { servers: ['files'], endpoints: undefined, tools: ['a'], prompts: undefined, resources: undefined },
  ]);
});

test('scopes open what they name, and nothing opens the rest', () => {
  assert.deepEqual(accessOf('permissions: {"files:*": [read]}').permissions, {
    ...{ entries: new Map([['files:*', ['read']]]), mode: 'any', defaultScope: null },
  });
  assert.deepEqual(accessOf('permissions: {"files:*": [read]}, scopeMode: all, defaultScope: mcp').permissions, {
    ...{ entries: new Map([['files:*', ['read']]]), mode: 'all', defaultScope: 'mcp' },
  });
  assert.equal(accessOf('defaultScope: null').permissions?.defaultScope, null);
});

test('a policy is of the organisation default, of priority 100, and always holds', () => {
  const { policies } = accessOf('policies: [{name: p, effect: deny, who: {groups: [x]}, what: "*"}]');
  assert.deepEqual(policies, [
    {
      ...{ name: 'p', organisation: 'default', priority: 100, effect: 'deny', when: undefined },
      ...{ who: { principals: undefined, users: undefined, roles: undefined, groups: ['x'], scopes: undefined } },
      ...{ exceptWho: undefined, what: '*', exceptWhat: undefined },
    },
  ]);
});

test('header fields are compared in small letters', () => {
  assert.deepEqual(accessOf('conditionHeaders: [X-Team, x-team]').headers, ['x-team']);
});

test('a pattern that fits no server is a warning', () => {
  const { warnings } = snapshot(
    `access: {${ORGANISATIONS}, roles: {r: {permissions: [{servers: ["x*"], tools: ["*"]}]}}}`,
  );
  assert.deepEqual(
    warnings.map(({ field, say }) => `${field}: ${say}`),
    ['access.roles.r.permissions[0].servers[0]: This pattern fits no server that there is.'],
  );
});

test('a server of another organisation has an endpoint with its name before it', () => {
  const { endpoints } = snapshot(`access: {${ORGANISATIONS}}`);
  assert.deepEqual([...endpoints.keys()], ['', 'files', 'acme--git-hub', 'acme--hub']);
  assert.equal(endpoints.get('acme--git-hub')?.organisation, 'acme');
});

test('an endpoint without servers has those of its organisation, and shared ones', () => {
  const { endpoints } = snapshot(
    `access: {${ORGANISATIONS}}\nendpoints: {ours: {scopesSupported: [mcp]}, theirs: {organisation: acme}}`,
  );
  assert.deepEqual(endpoints.get('ours')?.servers, ['files', 'hub']);
  assert.deepEqual(endpoints.get('theirs')?.servers, ['git-hub', 'hub']);
  assert.deepEqual(endpoints.get('ours')?.scopesSupported, ['mcp']);
  assert.deepEqual(endpoints.get('')?.servers, ['files', 'git-hub', 'hub']);
});

test('a server of another organisation is not put behind an endpoint', () => {
  const loaded = parseConfig(
    `${SERVERS}access: {${ORGANISATIONS}}\nendpoints: {ours: {servers: [git-hub]}}`,
    'g.yaml',
    {},
  );
  assert.ok(!loaded.ok);
  assert.match(loaded.problems[0]?.say ?? '', /belongs to another organisation/);
});

test('ways out have the ports of https, unless they say more', () => {
  assert.deepEqual(
    snapshot(
      `access: {${ORGANISATIONS}}\negress: {allow: [{host: "*.corp.example"}, {host: 10.0.0.0/8, ports: [8080], http: true}]}`,
    ).egress,
    [
      { host: '*.corp.example', ports: undefined, http: false },
      { host: '10.0.0.0/8', ports: [8080], http: true },
    ],
  );
});

test('one trusted proxy is a range of one, and files stand beside the file', () => {
  const { trustedProxies, listen } = snapshot(
    `access: {${ORGANISATIONS}}\nlisten: {tls: {certFile: a.pem, keyFile: /etc/b.pem}, trustedProxies: [10.0.0.1, "fd00::1", 10.0.0.0/8]}`,
  );
  assert.deepEqual(trustedProxies, ['10.0.0.1/32', 'fd00::1/128', '10.0.0.0/8']);
  assert.match(listen.tls?.certFile ?? '', /^\/.*a\.pem$/);
  assert.equal(listen.tls?.keyFile, '/etc/b.pem');
});
