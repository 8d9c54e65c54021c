/*
 * What a file makes of credentials: whom they make of their bearer, how far they reach, what of a token is believed.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { IdentityDefinition, IssuerDefinition } from '../model/identity.ts';
import { parseConfig } from './load.ts';

const [ONE, TWO] = ['one-secret-of-thirty-two-bytes-and-more', 'two-secrets-of-thirty-two-bytes-and-more'];
const THREE = 'three-secrets-of-thirty-two-bytes-and-more';

function identityOf(text: string): IdentityDefinition {
  const loaded = parseConfig(text, 'g.yaml', { ONE, TWO, THREE });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config.identity;
}

function issuerOf(fields: string): IssuerDefinition {
  const [issuer] = identityOf(`servers: {}\nauth: {issuers: [{issuer: "https://id.example.com/", ${fields}}]}`).issuers;
  assert.ok(issuer);
  return issuer;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const token = (name: string, variable: string, fields = '') => `{name: ${name}, token: "\${${variable}}"${fields}}`;

test('a static token may do everything, and is kept as its hash', () => {
  assert.deepEqual(identityOf(`auth: {tokens: [${token('a', 'ONE')}]}`).tokens, [
    {
      name: 'a',
      sha256: sha256(ONE),
      organisation: 'default',
      user: undefined,
      roles: [],
      grants: 'all',
      reach: undefined,
    },
  ]);
});

test('a key may do nothing by itself, and ends when it says', () => {
  const hash = sha256(ONE).toUpperCase();
  const { keys } = identityOf(
    `auth: {keys: [{id: abcd, hash: ${hash}, expiresAt: "2030-01-01T01:00:00+01:00", roles: [viewer], endpoints: [default]}]}`,
  );
  assert.deepEqual(keys, [
    {
      ...{ id: 'abcd', name: 'abcd', sha256: sha256(ONE), expiresAtMs: Date.UTC(2030, 0, 1) },
      ...{ organisation: 'default', user: undefined, roles: ['viewer'], grants: 'none' },
      reach: { servers: undefined, endpoints: ['default'], tools: undefined, exceptServers: [] },
    },
  ]);
});

test('the bearer has the organisation of its user, and his roles where it names none', () => {
  const { tokens, users } = identityOf(`
    auth: {tokens: [
      ${token('a', 'ONE', ', user: ann, grants: none')},
      ${token('b', 'TWO', ', user: ann, roles: [service]')},
      ${token('c', 'THREE', ', user: ann, roles: []')}]}
    access: {organisations: {acme: {}}, users: {ann: {organisation: acme, roles: [viewer], groups: [dev]}}}`);
  assert.deepEqual(
    tokens.map(({ organisation, roles, grants }) => [organisation, roles, grants]),
    [
      ['acme', ['viewer'], 'none'],
      ['acme', ['service'], 'all'],
      ['acme', [], 'all'],
    ],
  );
  assert.deepEqual(users.get('ann')?.groups, ['dev']);
});

describe('the list of a server replaces that of the gateway', () => {
  const file = (auth: string, fields = '') =>
    identityOf(
      `servers: {x: {command: x, auth: ${auth}}, y: {command: y}}\nauth: {tokens: [${token('a', 'ONE', fields)}]}`,
    );
  const reaches = ({ tokens }: IdentityDefinition) =>
    tokens.map(({ name, reach }) => [name, reach?.servers, reach?.exceptServers]);

  test('whole: who is not in it does not reach the server', () => {
    const identity = file(`{tokens: [${token('b', 'TWO')}]}`);
    assert.deepEqual(reaches(identity), [
      ['a', undefined, ['x']],
      ['b', ['x'], []],
    ]);
    assert.deepEqual([...identity.ownTokens], [['x', ['b']]]);
    assert.deepEqual(identity.openServers, []);
  });
  test('and a token that is in both reaches both', () => {
    assert.deepEqual(reaches(file(`{tokens: [${token('a', 'ONE')}]}`)), [['a', undefined, undefined]]);
    assert.deepEqual(reaches(file(`{tokens: [${token('a', 'ONE')}]}`, ', servers: [y]')), [['a', ['y', 'x'], []]]);
  });
  test('and an empty one asks for nothing there', () => {
    const identity = file('{tokens: []}');
    assert.deepEqual(identity.openServers, ['x']);
    assert.deepEqual(reaches(identity), [['a', undefined, undefined]]);
    assert.equal(identity.ownTokens.size, 0);
  });
  test('and an absent one changes nothing', () => {
    const identity = file('{}');
    assert.deepEqual([identity.openServers, identity.ownTokens.size], [[], 0]);
  });
});

test('an issuer has safe defaults: its own address found, no roles taken, nothing granted', () => {
  const issuer = issuerOf('');
  assert.deepEqual(issuer.keys, { kind: 'discovery' });
  assert.deepEqual([issuer.grants, issuer.announced, issuer.leewayMs, issuer.audiences], ['none', true, 60_000, []]);
  assert.ok(issuer.algorithms.every((algorithm) => !algorithm.startsWith('HS') && algorithm !== 'none'));
  assert.deepEqual(issuer.claims, {
    subject: undefined,
    ...{ scopes: [['scope'], ['scp']], roles: [], groups: [], organisation: undefined, user: undefined, required: [] },
    mappings: new Map(),
  });
});

test('shared secrets sign with the hashes that they are long enough for, and are told to nobody', () => {
  const issuer = issuerOf(`secrets: ["\${ONE}", "\${TWO}"]`);
  assert.deepEqual(issuer.keys, { kind: 'secrets', secrets: [ONE, TWO], mayLack: [] });
  assert.deepEqual([issuer.algorithms, issuer.announced], [['HS256'], false]);
});

test('with a shared secret claims may be lacking, and the subject may stand elsewhere', () => {
  const { keys, claims } = issuerOf(`secrets: ["\${ONE}"], mayLack: [aud], claims: {subject: user.id}`);
  assert.deepEqual(keys, { kind: 'secrets', secrets: [ONE], mayLack: ['aud'] });
  assert.deepEqual(claims.subject, ['user', 'id']);
});

test('an answer of introspection is good for thirty seconds, or for less', () => {
  const fields = (more: string) =>
    issuerOf(`introspection: {clientId: c, clientSecret: s${more}}`).introspection?.cacheMs;
  assert.deepEqual([fields(''), fields(', cacheSeconds: 0')], [30_000, 0]);
});

const paths: [what: string, written: string, want: string[][]][] = [
  ['a name', 'roles', [['roles']]],
  ['a path', 'realm_access.roles', [['realm_access', 'roles']]],
  ['a URL, whole', '"https://example.com/roles"', [['https://example.com/roles']]],
  ['several paths', '[roles, a.b]', [['roles'], ['a', 'b']]],
  ['a list of names with dots', '[[resource_access, my.client, roles]]', [['resource_access', 'my.client', 'roles']]],
];
for (const [what, written, want] of paths) {
  test(`a claim is ${what}`, () => assert.deepEqual(issuerOf(`claims: {roles: ${written}}`).claims.roles, want));
}

test('a mapping gives scopes, roles and groups', () => {
  const { mappings } = issuerOf('mappings: {"groups:dev": {roles: [user], scopes: [a]}}').claims;
  assert.deepEqual(mappings.get('groups:dev'), { scopes: ['a'], roles: ['user'], groups: [] });
});

test('who is denied is denied at one issuer, or at any', () => {
  const { denied } = identityOf(
    'auth: {issuers: [{issuer: "https://a.example"}], deny: {subjects: [ann, {issuer: "https://a.example", subject: bob}], tokenIds: [t1]}}',
  );
  assert.deepEqual(denied, {
    subjects: [
      { issuer: undefined, subject: 'ann' },
      { issuer: 'https://a.example', subject: 'bob' },
    ],
    tokenIds: ['t1'],
  });
});
