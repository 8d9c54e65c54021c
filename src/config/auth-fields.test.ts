/*
 * Faults of who may call and of who may do what: each with its place and the way out.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from './load.ts';

const SERVERS = 'servers: {files: {command: f}, git-hub: {command: g}}\n';
const HASH = 'a'.repeat(64);
const SECRET = 'k3kkdjfuehdj39sjfhaskdjfhqweiruzbvcmx';

const said = (text: string) => {
  const result = parseConfig(SERVERS + text, 'g.yaml', { SECRET }, {}, { conditionFault });
  const problems = result.ok ? [] : result.problems;
  return problems.map(({ line, field, say, suggestion }) => `${line} ${field}: ${say} ${suggestion ?? ''}`);
};

const conditionFault = (condition: string) => (condition.includes('??') ? 'This is no expression.' : undefined);

type Row = [what: string, text: string, expected: RegExp];

function refuses(rows: readonly Row[]): void {
  for (const [what, text, expected] of rows) {
    test(what, () => {
      const [first, ...others] = said(text);
      assert.match(first ?? 'taken', expected);
      assert.deepEqual(others, [], 'one mistake, one message');
    });
  }
}

const token = (fields: string) => `auth: {tokens: [{name: a, token: "\${SECRET}", ${fields}}]}`;
const key = (fields: string) => `auth: {keys: [{id: abcd, hash: ${HASH}, ${fields}}]}`;
const issuer = (fields: string) => `auth: {issuers: [{issuer: "https://id.example.com", ${fields}}]}`;

describe('a token or key is refused', () => {
  refuses([
    [
      'with a role that is not there',
      token('roles: [veiwer]'),
      /tokens\[0\]\.roles\[0\]: There is no such role\. Did you mean "viewer"/,
    ],
    [
      'with a user that is not there',
      token('user: ann'),
      /\.user: There is no such user\. Define it under "access\.users"/,
    ],
    [
      'with an organisation that is not there',
      token('organisation: acme'),
      /organisation: There is no such organisation\. Known: default/,
    ],
    [
      'with a server that is not there',
      token('servers: [fils]'),
      /servers\[0\]: There is no such server\. Did you mean "files"/,
    ],
    [
      'with an endpoint that is not there',
      token('endpoints: [defalt]'),
      /endpoints\[0\]: There is no such endpoint\. Did you mean "default"/,
    ],
    ['with a tool of a server that is not there', token('tools: [fils.read]'), /tools\[0\]: There is no such server/],
    ['with a tool without its server', token('tools: [read]'), /tools\[0\]: A tool is named with its server/],
    ['with grants that nobody knows', token('grants: some'), /grants: Must be "all" or "none"/],
    ['with a misspelt field', token('role: [viewer]'), /role: Unknown field\. Did you mean "roles"/],
    ['with no hash', 'auth: {keys: [{id: abcd}]}', /keys\[0\]\.hash: This field is missing/],
    ['with a hash that is none', 'auth: {keys: [{id: abcd, hash: abc}]}', /hash: Must be the SHA-256 of the key/],
    ['with an id that would end early', `auth: {keys: [{id: a_b, hash: ${HASH}}]}`, /id: Letters and digits/],
    [
      'with an end that has no zone',
      key('expiresAt: 2030-01-01T00:00:00'),
      /expiresAt: Must be a date and time with its zone/,
    ],
    ['with an end that is no day', key('expiresAt: 2030-13-01T00:00:00Z'), /expiresAt: Must be a date and time/],
    [
      'with the id of another',
      `auth: {keys: [{id: abcd, hash: ${HASH}}, {id: abcd, hash: ${'b'.repeat(64)}}]}`,
      /keys\[1\]\.id: Another entry has the same id/,
    ],
  ]);
});

describe('tokens of a server are refused', () => {
  const file = (auth: string, more = '') => {
    const text = `servers: {files: {command: f, auth: ${auth}}}\n${more}`;
    const result = parseConfig(text, 'g.yaml', { SECRET });
    return result.ok
      ? ['taken']
      : result.problems.map(({ field, say, suggestion }) => `${field}: ${say} ${suggestion ?? ''}`);
  };
  const rows: Row[] = [
    [
      'with servers of their own',
      `{tokens: [{name: a, token: "\${SECRET}", servers: [files]}]}`,
      /auth\.tokens\[0\]\.servers: This list is for this server alone/,
    ],
    ['with a word that goes with an empty list', `{allowAnonymous: true}`, /allowAnonymous: Goes with an empty list/],
    [
      'with the same name twice',
      `{tokens: [{name: a, token: "\${SECRET}"}, {name: a, token: "\${SECRET}x"}]}`,
      /tokens\[1\]\.name: Another entry has the same name/,
    ],
  ];
  for (const [what, auth, expected] of rows) test(what, () => assert.match(file(auth)[0] ?? '', expected));
  test('with another secret under a name that the gateway has', () => {
    assert.match(
      file(`{tokens: [{name: a, token: "\${SECRET}x"}]}`, token(''))[0] ?? '',
      /servers\.files\.auth\.tokens\[0\]\.token: Another list has another token/,
    );
  });
  test('with another name for a secret that the gateway has', () => {
    assert.match(
      file(`{tokens: [{name: b, token: "\${SECRET}"}]}`, token(''))[0] ?? '',
      /tokens\[0\]\.name: This token has another name/,
    );
  });
  test('with roles for a token that the gateway has', () => {
    assert.match(
      file(`{tokens: [{name: a, token: "\${SECRET}", roles: [viewer]}]}`, token(''))[0] ?? '',
      /tokens\[0\]\.roles: This token stands in another list/,
    );
  });
  test('when there are none and other machines reach the gateway', () => {
    const listen = `${token('')}\nlisten: {host: 0.0.0.0}`;
    assert.match(
      file('{tokens: []}', listen)[0] ?? '',
      /servers\.files\.auth\.tokens: An empty list lets everybody .*allowAnonymous/,
    );
    assert.deepEqual(file('{tokens: [], allowAnonymous: true}', listen), ['taken']);
    assert.deepEqual(file('{tokens: []}', token('')), ['taken']);
  });
});

describe('an issuer is refused', () => {
  refuses([
    [
      'without https',
      'auth: {issuers: [{issuer: "http://id.example.com"}]}',
      /issuers\[0\]\.issuer: Must begin with https/,
    ],
    ['that is no address', 'auth: {issuers: [{issuer: id.example.com}]}', /issuer: This is not a valid URL/],
    ['with a query', 'auth: {issuers: [{issuer: "https://id.example.com/?a=b"}]}', /issuer: Must have no query/],
    [
      'with a bar, which would make subjects of two issuers one',
      'auth: {issuers: [{issuer: "https://id.example.com/a|b"}]}',
      /issuer: Must not have a "\|"/,
    ],
    [
      'with keys that anybody on the way could change',
      issuer('jwksUri: "http://id.example.com/keys"'),
      /jwksUri: Must begin with https/,
    ],
    [
      'with secrets and public keys',
      issuer(`secrets: ["\${SECRET}"], jwksUri: "https://id.example.com/k"`),
      /jwksUri: An issuer has either/,
    ],
    ['with a short secret', issuer('secrets: [too-short-for-a-secret]'), /secrets\[0\]: .*at least 32 bytes/],
    [
      'with a placeholder',
      issuer('secrets: [changeme-changeme-changeme-changeme]'),
      /secrets\[0\]: This is a placeholder/,
    ],
    ['with a secret’s algorithm and public keys', issuer('algorithms: [HS256]'), /algorithms\[0\]: Needs "secrets"/],
    [
      'with a public key’s algorithm and secrets',
      issuer(`secrets: ["\${SECRET}"], algorithms: [RS256]`),
      /algorithms\[0\]: Needs public keys/,
    ],
    [
      'with secrets that are too short for the algorithm',
      issuer(`secrets: ["\${SECRET}"], algorithms: [HS512]`),
      /algorithms\[0\]: Needs secrets of 64 bytes/,
    ],
    [
      'whose tokens lack claims, with public keys',
      issuer('mayLack: [aud]'),
      /issuers\[0\]\.mayLack: Only for an issuer with/,
    ],
    [
      'whose tokens lack claims, with a key set',
      issuer('jwksUri: "https://id.example.com/k", mayLack: [iss]'),
      /issuers\[0\]\.mayLack: Only for an issuer with "secrets"/,
    ],
    [
      'with a subject of its own and public keys',
      issuer('claims: {subject: userId}'),
      /claims\.subject: Only for an issuer with "secrets"/,
    ],
    [
      'whose tokens lack what none may lack',
      issuer(`secrets: ["\${SECRET}"], mayLack: [exp]`),
      /mayLack\[0\]: Must be "aud" or "iss"/,
    ],
    [
      'beside another whose tokens name nobody',
      `auth: {issuers: [{issuer: a, secrets: ["\${SECRET}"], mayLack: [iss]}, {issuer: b, secrets: ["\${SECRET}"], mayLack: [aud, iss]}]}`,
      /issuers\[1\]\.mayLack: Tokens of another issuer may lack "iss"/,
    ],
    ['with no algorithm', issuer('algorithms: [none]'), /algorithms\[0\]: Must be "HS256"/],
    ['with too much leeway', issuer('leewaySeconds: 301'), /leewaySeconds: Must be at most 300/],
    [
      'with introspection that is nowhere',
      issuer('jwksUri: "https://id.example.com/k", introspection: {clientId: a, clientSecret: b}'),
      /introspection: Needs "url"/,
    ],
    [
      'with answers kept for too long',
      issuer('introspection: {clientId: a, clientSecret: b, cacheSeconds: 31}'),
      /cacheSeconds: Must be at most 30/,
    ],
    [
      'with a mapping of no value',
      issuer('mappings: {admins: {roles: [admin]}}'),
      /mappings\.admins: Expected "claim:value"/,
    ],
    [
      'with a mapping twice',
      issuer('mappings: {"g:a": {}, "G:A": {}}'),
      /mappings\["G:A"\]: Another entry differs in capital/,
    ],
    [
      'with a mapping to a role that is not there',
      issuer('mappings: {"g:a": {roles: [amin]}}'),
      /roles\[0\]: There is no such role\. Did you mean "admin"/,
    ],
    [
      'with a claim that is a number',
      issuer('claims: {roles: [[]]}'),
      /claims\.roles\[0\]: Must be at least 1 entries/,
    ],
    [
      'that is there twice',
      'auth: {issuers: [{issuer: "https://a.example"}, {issuer: "https://a.example"}]}',
      /issuers\[1\]\.issuer: Another entry has the same issuer/,
    ],
  ]);
});

describe('access is refused', () => {
  const policy = (fields: string) => `access: {policies: [{name: p, effect: deny, ${fields}}]}`;
  refuses([
    [
      'with an organisation that is no name',
      'access: {organisations: {"My Org": {}}}',
      /organisations\["My Org"\]: An organisation name.*Write "my-org"/,
    ],
    [
      'with a user of an issuer that is not there',
      `${issuer('')}\naccess: {users: {ann: {identities: [{issuer: "https://id.example.co", subject: s}]}}}`,
      /issuer: There is no such issuer\. Did you mean "https:\/\/id\.example\.com"/,
    ],
    [
      'with one identity for two users',
      `${issuer('')}\naccess: {users: {ann: {identities: [{issuer: "https://id.example.com", subject: s}]}, bob: {identities: [{issuer: "https://id.example.com", subject: s}]}}}`,
      /bob\.identities\[0\]: This identity is listed before/,
    ],
    [
      'with a role over no servers',
      'access: {roles: {r: {permissions: [{tools: ["*"]}]}}}',
      /permissions\[0\]: Says nothing of servers\. Add "servers", with "\*"/,
    ],
    [
      'with a role over nothing of a server',
      'access: {roles: {r: {permissions: [{servers: [files]}]}}}',
      /permissions\[0\]: Says nothing of tools, prompts or resources.*"\*"/,
    ],
    [
      'with a word in place of a permission',
      'access: {roles: {r: {permissions: [all]}}}',
      /permissions\[0\]: Expected a map, or "\*" for everything/,
    ],
    [
      'with a misspelt field deep in it',
      'access: {roles: {r: {permissions: [{servers: [files], tool: [a], prompts: []}]}}}',
      /tool: Unknown field\. Did you mean "tools"/,
    ],
    [
      'with scopes for a tool without its server',
      'access: {permissions: {read: [a]}}',
      /permissions\.read: A tool is named with its server here: server:tool/,
    ],
    [
      'with scopes for a server that is not there',
      'access: {permissions: {"fils:read": [a]}}',
      /permissions\["fils:read"\]: There is no such server/,
    ],
    ['with a mode of nothing', 'access: {scopeMode: all}', /scopeMode: There are no permissions/],
    ['with a scope of two words', 'access: {defaultScope: "a b"}', /defaultScope: A scope is one word/],
    ['with a policy for nobody', policy('who: {}, what: "*"'), /who: Names nobody.*"\*" for everybody/],
    [
      'with a policy for a role that is not there',
      policy('who: {roles: [amin]}, what: "*"'),
      /who\.roles\[0\]: There is no such role/,
    ],
    [
      'with a policy for a user that is not there',
      policy('who: {users: [ann]}, what: "*"'),
      /who\.users\[0\]: There is no such user/,
    ],
    [
      'with a policy about nothing',
      policy('who: "*"'),
      /policies\[0\]\.what: This field is missing|what: Expected a map/,
    ],
    [
      'with a policy about a server that is not there',
      policy('who: "*", what: {servers: [fils], tools: ["*"]}'),
      /what\.servers\[0\]: There is no such server/,
    ],
    ['with a priority above all', policy('who: "*", what: "*", priority: 1001'), /priority: Must be at most 1000/],
    [
      'with a condition that does not compile',
      policy('who: "*", what: "*", when: "a ??"'),
      /^2 access\.policies\[0\]\.when: This is no expression/,
    ],
    [
      'with conditions that read credentials',
      'access: {conditionHeaders: [X-API-Key]}',
      /conditionHeaders\[0\]: This header holds a credential/,
    ],
  ]);
});

describe('the edge is refused', () => {
  refuses([
    ['with half of a certificate', 'listen: {tls: {certFile: a.pem}}', /listen\.tls\.keyFile: This field is missing/],
    [
      'with a proxy that is a name',
      'listen: {trustedProxies: [proxy.local]}',
      /trustedProxies\[0\]: Must be an address or an address range/,
    ],
    [
      'with a range that is too wide for its kind',
      'listen: {trustedProxies: [10.0.0.0/33]}',
      /trustedProxies\[0\]: Must be an address/,
    ],
    [
      'with a way out that is an address with a path',
      'egress: {allow: [{host: "https://a.example/"}]}',
      /egress\.allow\[0\]\.host: Must be a host name/,
    ],
    ['with a way out to no port', 'egress: {allow: [{host: a.example, ports: [0]}]}', /ports\[0\]: Must be at least 1/],
  ]);
});
