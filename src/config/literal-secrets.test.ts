import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { literalSecretsIn } from './literal-secrets.ts';

const ROWS: readonly (readonly [what: string, text: string, fields: readonly string[], path?: string])[] = [
  ['a token', 'auth: {tokens: [{name: a, token: abc}]}', ['auth.tokens[0].token']],
  ['a token from the environment', `auth: {tokens: [{name: a, token: "\${A}"}]}`, []],
  ['a token from a file', `auth: {tokens: [{name: a, token: "\${file:/run/a}"}]}`, []],
  ['a token of a server', 'servers: {s: {auth: {tokens: [{token: abc}]}}}', ['servers.s.auth.tokens[0].token']],
  ['a secret of an issuer', 'auth: {issuers: [{secrets: [abc]}]}', ['auth.issuers[0].secrets[0]']],
  [
    'a secret of a client',
    'auth: {issuers: [{introspection: {clientSecret: a}}]}',
    ['auth.issuers[0].introspection.clientSecret'],
  ],
  ['a header', 'servers: {s: {headers: {Authorization: Bearer x}}}', ['servers.s.headers.Authorization']],
  ['a header that is none', 'servers: {s: {headers: {Accept-Language: de}}}', []],
  ['a header of which a part comes from elsewhere', `servers: {s: {headers: {Authorization: "Bearer \${A}"}}}`, []],
  ['a variable', 'servers: {s: {env: {GITHUB_TOKEN: x, HOME: /h}}}', ['servers.s.env.GITHUB_TOKEN']],
  ['a variable of all servers', 'defaults: {env: {API_KEY: x}}', ['defaults.env.API_KEY']],
  ['a hash of a key, which is none', 'auth: {keys: [{id: a, hash: abc}]}', []],
  ['a name that sounds like one', 'servers: {token: {command: secret, args: [password]}}', []],
  ['an empty one', 'servers: {s: {env: {TOKEN: ""}}}', []],
  [
    'a file of another client',
    '{"mcpServers": {"s": {"env": {"API_TOKEN": "x"}}}}',
    ['mcpServers.s.env.API_TOKEN'],
    'mcp.json',
  ],
  ['a file that is none', '{{{', []],
];

describe('secrets in clear', () => {
  for (const [what, text, fields, path = 'gatewright.yaml'] of ROWS) {
    test(`${what}: ${fields.length === 0 ? 'none' : fields.join()}`, () =>
      assert.deepEqual(literalSecretsIn(text, path), fields));
  }
});
