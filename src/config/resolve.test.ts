/*
 * What a file means: values by field, inheritance, defaults, folders.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { NO_ACCESS_RULES } from '../model/access.ts';
import { NO_IDENTITY } from '../model/identity.ts';
import { defaultLimits } from '../model/limits.ts';
import type { Config, ServerConfig } from './config.ts';
import { parseConfig } from './load.ts';

const ENV = { PORT: '9100', DIGITS: '01234567890123456789012345678901', OFF: 'false' };
const FILE = join('some', 'folder', 'gatewright.yaml');

function configOf(text: string): Config {
  const loaded = parseConfig(text, FILE, ENV);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}

function serverOf(text: string): ServerConfig {
  const [server] = configOf(text).servers;
  assert.ok(server);
  return server;
}

test('an almost empty file gets every default', () => {
  assert.deepEqual(configOf('servers: {a: {command: node}}'), {
    servers: [
      {
        name: 'a',
        title: undefined,
        description: undefined,
        enabled: true,
        transport: { kind: 'stdio', command: 'node', args: [], env: {}, cwd: resolve('some', 'folder') },
        tools: { allow: undefined, block: [] },
        revision: undefined,
        shared: false,
        repeatCalls: 'never',
        organisation: 'default',
        owner: undefined,
        visibility: 'private',
        limits: defaultLimits(),
      },
    ],
    defaults: {},
    listen: { host: '127.0.0.1', port: 9000, tls: undefined },
    control: { databaseUrl: undefined, encryptionKeyFile: undefined, isServed: true, listen: undefined },
    endpoints: [],
    identity: NO_IDENTITY,
    access: NO_ACCESS_RULES,
    egress: [],
    trustedProxies: [],
    limits: defaultLimits(),
    publicUrl: undefined,
    allowedHosts: [],
    allowedOrigins: [],
    source: resolve(FILE),
  });
});

test('a configuration cannot be changed afterwards, at any depth', () => {
  const config = configOf('servers: {a: {command: node, args: [x]}}');
  const [server] = config.servers;
  assert.ok(Object.isFrozen(config) && Object.isFrozen(server?.tools) && Object.isFrozen(config.limits));
  assert.ok(server?.transport.kind === 'stdio' && Object.isFrozen(server.transport.args));
});

test('numbers and words in text fields are text, exactly as written', () => {
  const { transport } = serverOf('servers: {a: {command: node, args: [3000, 0x10, 007, true], env: {A: 1.0, B: on}}}');
  assert.ok(transport.kind === 'stdio');
  assert.deepEqual(transport.args, ['3000', '0x10', '007', 'true']);
  assert.deepEqual(transport.env, { A: '1.0', B: 'on' });
});

test('a variable becomes a number, a word or text as the field wants', () => {
  const config = configOf(`
    servers: {a: {command: node, enabled: "\${OFF}"}}
    listen: {port: "\${PORT}"}
    auth: {tokens: [{name: a, token: "\${DIGITS}"}]}
  `);
  assert.equal(config.servers[0]?.enabled, false);
  assert.equal(config.listen.port, 9100);
  const digits = createHash('sha256').update('01234567890123456789012345678901').digest('hex');
  assert.equal(config.identity.tokens[0]?.sha256, digits);
});

test('JSON is read like YAML, tabs and all', () => {
  assert.equal(serverOf('{\n\t"servers": {\n\t\t"a": { "command": "node" }\n\t}\n}').name, 'a');
});

test('servers stay in the order of the file', () => {
  const { servers } = configOf('servers: {b: {command: x}, a: {command: x}, c: {command: x}}');
  assert.deepEqual(
    servers.map(({ name }) => name),
    ['b', 'a', 'c'],
  );
});

const limitRows: { name: string; text: string; want: number }[] = [
  { name: 'built in, when nobody says more', text: 'servers: {a: {command: x}}', want: 60_000 },
  { name: 'from `limits`', text: 'servers: {a: {command: x}}\nlimits: {callTimeoutMs: 100}', want: 100 },
  {
    name: 'from `defaults` before `limits`',
    text: 'servers: {a: {command: x}}\nlimits: {callTimeoutMs: 100}\ndefaults: {callTimeoutMs: 200}',
    want: 200,
  },
  {
    name: 'from the server before all',
    text: 'servers: {a: {command: x, callTimeoutMs: 300}}\nlimits: {callTimeoutMs: 100}\ndefaults: {callTimeoutMs: 200}',
    want: 300,
  },
];

for (const { name, text, want } of limitRows) {
  test(`a limit of a server comes ${name}`, () => assert.equal(serverOf(text).limits.callTimeoutMs, want));
}

test('the defaults of servers do not change the limits of the gateway', () => {
  const config = configOf('servers: {a: {command: x}}\ndefaults: {callTimeoutMs: 200}');
  assert.equal(config.limits.callTimeoutMs, 60_000);
});

test('a value is inherited whole: a server’s own tools replace the default ones', () => {
  const config = configOf(`
    defaults: {tools: {allow: [a], block: [b]}, env: {X: "1"}, isolation: shared, repeatCalls: idempotent, revision: 2025-11-25}
    servers:
      own: {command: x, tools: {block: [c]}, env: {Y: "2"}}
      heir: {command: x}
      http: {url: "http://a/"}
  `);
  const [own, heir, http] = config.servers;
  assert.deepEqual(own?.tools, { allow: undefined, block: ['c'] });
  assert.deepEqual(heir?.tools, { allow: ['a'], block: ['b'] });
  assert.ok(own?.transport.kind === 'stdio' && heir?.transport.kind === 'stdio');
  assert.deepEqual([own.transport.env, heir.transport.env], [{ Y: '2' }, { X: '1' }]);
  assert.deepEqual([heir.shared, heir.repeatCalls, heir.revision], [true, 'idempotent', '2025-11-25']);
  assert.deepEqual(http?.transport, { kind: 'http', url: 'http://a/', headers: {}, trusted: true, orSse: true });
});

test('the transport of a url is what was said, or is found out', () => {
  const config = configOf(`
    servers:
      unsaid: {url: "http://a/"}
      http: {url: "http://a/", type: streamable-http}
      sse: {url: "http://a/", transport: sse, headers: {A: b}}
  `);
  const where = { url: 'http://a/', headers: {}, trusted: true };
  assert.deepEqual(
    config.servers.map(({ transport }) => transport),
    [
      { kind: 'http', ...where, orSse: true },
      { kind: 'http', ...where, orSse: false },
      { kind: 'sse', ...where, headers: { A: 'b' } },
    ],
  );
});

const folders: { name: string; cwd: string; want: string }[] = [
  { name: 'a relative folder starts at the folder of the file', cwd: '../x', want: resolve('some', 'x') },
  { name: 'an absolute folder stays', cwd: '/srv/x', want: resolve('/srv/x') },
];

for (const { name, cwd, want } of folders) {
  test(name, () => {
    const { transport } = serverOf(`servers: {a: {command: x, cwd: ${cwd}}}`);
    assert.ok(transport.kind === 'stdio');
    assert.equal(transport.cwd, want);
  });
}

test('both words for HTTP are accepted, and hosts are compared in small letters', () => {
  const config = configOf(`
    servers: {a: {url: "http://a/", type: streamable-http}, b: {url: "http://a/", transport: http}}
    allowedHosts: [Gate.Example:8443, "[::1]:9000"]
    allowedOrigins: [https://app.example]
  `);
  assert.deepEqual(config.allowedHosts, ['gate.example:8443', '[::1]:9000']);
});
