/*
 * Each thing that the doctor looks for: a configuration that has it, and the safe one, which has nothing.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cli } from '../../../test/rig/cli.ts';
import { parseConfig } from '../../config/load.ts';
import { FINDINGS, foundIn } from './doctor.ts';
import type { Examined } from './finding.ts';

const TOKEN = '0f3a9c1d27b604e85f3a9c1d27b604e8';
const HASH = 'ab'.repeat(32);
const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const DAY_MS = 86_400_000;

const http = { command: 'node' };
const out = '0.0.0.0';
const tls = { certFile: '/etc/c.pem', keyFile: '/etc/k.pem' };
const token = { name: 'ann', token: TOKEN, servers: ['s'] };
const key = { id: 'key1', name: 'ci', hash: HASH, servers: ['s'], expiresAt: '2027-01-01T00:00:00Z' };
const issuer = { issuer: 'https://id.example', mappings: { 'groups:dev': { roles: ['user'] } } };
const SAFE = {
  servers: { s: http },
  listen: { host: out, tls },
  publicUrl: 'https://gw.example',
  auth: { tokens: [token], keys: [key], issuers: [issuer] },
};
const auth = (change: object) => ({ ...SAFE, auth: { ...SAFE.auth, ...change } });

function examined(file: object, change: Partial<Examined> = {}): Examined {
  const loaded = parseConfig(JSON.stringify(file), 'gatewright.json', {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return { config: loaded.config, literalSecrets: [], guarded: [], certificates: [], nowMs: NOW_MS, ...change };
}

type Row = readonly [id: string, file: object, where: readonly string[], change?: Partial<Examined>];
const ROWS: readonly Row[] = [
  ['anonymous-behind-public-url', { servers: { s: http }, publicUrl: 'https://gw.example' }, ['https://gw.example']],
  ['plain-http', { servers: { s: http }, listen: { host: out }, auth: SAFE.auth }, ['0.0.0.0:9000']],
  ['plain-http', { ...SAFE, listen: { host: '::' }, publicUrl: 'http://gw.example' }, ['[::]:9000']],
  ['plain-http-behind-proxy', { ...SAFE, listen: { host: out, port: 81 } }, ['0.0.0.0:81']],
  ['public-url-without-tls', { ...SAFE, publicUrl: 'http://gw.example' }, ['http://gw.example']],
  ['no-public-url', { ...SAFE, publicUrl: undefined }, ['0.0.0.0:9000']],
  ['metrics-behind-proxy', { ...SAFE, listen: {} }, ['https://gw.example']],
  [
    'every-proxy-trusted',
    { ...SAFE, listen: { host: out, tls, trustedProxies: ['10.0.0.1', '0.0.0.0/0', '::/0'] } },
    ['0.0.0.0/0', '::/0'],
  ],
  [
    'many-proxies-trusted',
    { ...SAFE, listen: { host: out, tls, trustedProxies: ['10.0.0.0/8', '128.0.0.0/1', 'fd00::/8'] } },
    ['128.0.0.0/1', 'fd00::/8'],
  ],
  [
    'allowed-origins',
    { ...SAFE, allowedOrigins: ['https://app.example', 'http://localhost:3000'] },
    ['https://app.example', 'http://localhost:3000'],
  ],
  [
    'origins-without-tls',
    { ...SAFE, allowedOrigins: ['http://app.example', 'https://app.example'] },
    ['http://app.example'],
  ],
  ['certificate-over', SAFE, ['/etc/c.pem'], { certificates: [{ path: '/etc/c.pem', endsMs: NOW_MS }] }],
  ['certificate-ends', SAFE, ['/etc/c.pem'], { certificates: [{ path: '/etc/c.pem', endsMs: NOW_MS + 13 * DAY_MS }] }],
  [
    'open-servers-reachable',
    { ...SAFE, servers: { s: { ...http, auth: { tokens: [], allowAnonymous: true } } } },
    ['s'],
  ],
  ['open-servers', { ...SAFE, listen: {}, servers: { s: { ...http, auth: { tokens: [] } } } }, ['s']],
  ['query-token', auth({ queryToken: true }), ['auth.queryToken']],
  ['unlimited-tokens', auth({ tokens: [token, { name: 'bob', token: `${TOKEN}1` }] }), ['bob']],
  ['unlimited-keys', auth({ keys: [{ ...key, servers: undefined, grants: 'all' }] }), ['ci']],
  ['keys-without-end', auth({ keys: [{ ...key, expiresAt: undefined }] }), ['key1 (ci)']],
  ['keys-over', auth({ keys: [{ ...key, expiresAt: '2026-05-31T23:59:59Z' }] }), ['key1 (ci)']],
  ['further-audiences', auth({ issuers: [{ ...issuer, audiences: ['api://gw'] }] }), ['https://id.example: api://gw']],
  ['shared-secret-issuers', auth({ issuers: [{ ...issuer, secrets: [TOKEN] }] }), ['https://id.example']],
  [
    'lacking-claims',
    auth({ issuers: [{ ...issuer, secrets: [TOKEN], mayLack: ['aud', 'iss'] }] }),
    ['https://id.example: aud, iss'],
  ],
  [
    'short-client-secrets',
    auth({ issuers: [{ ...issuer, introspection: { clientId: 'gw', clientSecret: 'k29sl30a' } }] }),
    ['https://id.example'],
  ],
  ['issuers-grant-all', auth({ issuers: [{ ...issuer, grants: 'all' }] }), ['https://id.example']],
  ['issuers-grant-nothing', auth({ issuers: [{ issuer: 'https://id.example' }] }), ['https://id.example']],
  ['database-without-tls', { ...SAFE, storage: { url: 'postgres://u:p@db.example/g' } }, ['db.example']],
  [
    'database-without-tls',
    { ...SAFE, storage: { url: 'postgres://u:p@db.example/g?sslmode=disable' } },
    ['db.example'],
  ],
  [
    'database-not-verified',
    { ...SAFE, storage: { url: 'postgres://u:p@db.example/g?sslmode=no-verify' } },
    ['db.example'],
  ],
  [
    'database-not-verified',
    { ...SAFE, storage: { url: 'postgres://u:p@db.example/g?sslmode=require&uselibpqcompat=true' } },
    ['db.example'],
  ],
  ['shared-state', { ...SAFE, servers: { s: { ...http, isolation: 'shared' } } }, ['s']],
  ['repeated-calls', { ...SAFE, servers: { s: { ...http, repeatCalls: 'idempotent' } } }, ['s']],
  [
    'credentials-in-clear',
    { ...SAFE, servers: { s: { url: 'http://s.example/mcp', headers: { 'X-Key': 'k' } } } },
    ['s'],
  ],
  [
    'wide-egress',
    { ...SAFE, egress: { allow: [{ host: '0.0.0.0/0' }, { host: '10.0.0.0/8' }, { host: '*.com' }] } },
    ['0.0.0.0/0', '*.com'],
  ],
  [
    'inner-egress',
    { ...SAFE, egress: { allow: [{ host: '127.0.0.1', ports: [80] }, { host: '169.254.0.0/16' }] } },
    ['127.0.0.1 port 80', '169.254.0.0/16'],
  ],
  ['egress-in-clear', { ...SAFE, egress: { allow: [{ host: 'id.example', http: true }] } }, ['id.example (http)']],
  ['secrets-in-file', SAFE, ['auth.tokens[0].token'], { literalSecrets: ['auth.tokens[0].token'] }],
  [
    'file-of-others',
    SAFE,
    ['/etc/g.yaml (configuration, 0620)'],
    { guarded: [{ path: '/etc/g.yaml', what: 'configuration', mode: 0o100620 }] },
  ],
  [
    'secrets-readable',
    SAFE,
    ['/etc/k.pem (private key, 0640)'],
    { guarded: [{ path: '/etc/k.pem', what: 'private key', mode: 0o100640 }] },
  ],
  [
    'secrets-readable',
    SAFE,
    ['/d (data folder, 0755)'],
    { guarded: [{ path: '/d', what: 'data folder', mode: 0o40755 }] },
  ],
  [
    'secrets-readable',
    SAFE,
    ['/etc/g.yaml (configuration, 0644)'],
    { literalSecrets: ['x'], guarded: [{ path: '/etc/g.yaml', what: 'configuration', mode: 0o100644 }] },
  ],
  [
    'config-readable',
    SAFE,
    ['/etc/g.yaml (configuration, 0644)'],
    { guarded: [{ path: '/etc/g.yaml', what: 'configuration', mode: 0o100644 }] },
  ],
];

describe('the doctor', () => {
  test('finds nothing in a safe configuration', () => {
    const guarded = [{ path: '/etc/k.pem', what: 'private key', mode: 0o100600 }] as const;
    const certificates = [{ path: '/etc/c.pem', endsMs: NOW_MS + 15 * DAY_MS }];
    assert.deepEqual(foundIn(examined(SAFE, { guarded, certificates })), []);
    for (const url of [
      'postgres://u:p@db.example/g?sslmode=verify-full',
      'postgres://u@[::1]/g',
      'postgres://%2Frun%2Fpg/g',
    ])
      assert.deepEqual(foundIn(examined({ ...SAFE, storage: { url } })), []);
  });

  test('finds nothing where one person tries it out', () => {
    assert.deepEqual(foundIn(examined({ servers: { s: http } })), []);
  });

  for (const [id, file, where, change] of ROWS) {
    test(`finds ${id}: ${where.join()}`, () => {
      const found = foundIn(examined(file, change)).find((each) => each.id === id);
      assert.deepEqual(found?.where, where);
    });
  }

  test('has a row here for everything that it looks for', () => {
    assert.deepEqual(
      [...new Set(ROWS.map(([id]) => id))],
      FINDINGS.map(({ id }) => id),
    );
  });

  test('tells the worst first, and never a secret', () => {
    const found = foundIn(examined({ ...auth({ queryToken: true }), listen: { host: out }, publicUrl: undefined }));
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ['serious', 'warning', 'warning'],
    );
    assert.ok(!JSON.stringify(found).includes(TOKEN));
  });
});

describe('gatewright doctor', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-doctor-'));
  after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'gatewright.yaml');
  const ask = async (text: string, mode: number, ...words: string[]) => {
    await rm(config, { force: true });
    await writeFile(config, text, { mode });
    return cli(['doctor', '--config', config, '--data-dir', join(folder, 'none'), ...words]);
  };

  test('is content with a file that is', async () => {
    const { code, out: said } = await ask('servers: {s: {command: node}}\n', 0o600);
    assert.equal(code, 0);
    assert.match(said, /^Nothing deviates from what is safe \(\d+ things looked at\)\.\n$/);
  });

  test('says what, where and what to do, and ends with a code of its own', async () => {
    const text = `servers: {s: {url: "http://s.example/mcp", headers: {Authorization: Bearer abc-secret}}}\n`;
    const { code, out: said } = await ask(text, 0o644);
    assert.equal(code, 8);
    assert.match(said, /^serious: credentials-in-clear\n {2}These servers .+\n {2}- s\n {2}What to do: Write https/);
    assert.match(said, /serious: secrets-readable\n.+\n {2}- \S+gatewright\.yaml \(configuration, 0644\)/);
    assert.match(said, /warning: secrets-in-file\n.+\n {2}- servers\.s\.headers\.Authorization\n/);
    assert.match(said, /\n3 findings, 2 serious\.\n$/);
    assert.doesNotMatch(said, /abc-secret/);
  });

  test('gives programs one object', async () => {
    const { code, json } = await ask('servers: {s: {command: node, repeatCalls: idempotent}}\n', 0o600, '--json');
    assert.equal(code, 0);
    assert.equal(json.ok, true);
    const [finding] = json.findings as { id: string; where: string[] }[];
    assert.deepEqual([finding?.id, finding?.where], ['repeated-calls', ['s']]);
  });

  test('tells the errors of a file that has some', async () => {
    const broken = await ask('servers: {s: {comand: node}}\n', 0o600, '--json');
    assert.deepEqual([broken.code, broken.json.ok], [3, false]);
    const missing = await cli(['doctor', '--config', join(folder, 'missing.yaml')]);
    assert.equal(missing.code, 3);
  });
});
