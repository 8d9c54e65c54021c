/*
 * What starts and what does not: a listener that others reach asks who they are, whatever said where to listen; and what one
 * gets who sets nothing (defaults of the security notes, S9).
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { cli } from '../rig/cli.ts';
import { dataFolder } from '../rig/data-folder.ts';
import { startGateway } from '../rig/gateway.ts';
import { rawRequest } from '../rig/raw-request.ts';

const TOKEN = { name: 'ann', token: '0f3a9c1d27b604e85f3a9c1d27b604e8' };
const server = { command: 'node' };
const withAuth = (auth: object) => ({ servers: { s: server }, auth });
const NOTHING = { servers: { s: server } };
const OPEN = { ...server, auth: { tokens: [] } };

const ROWS: readonly (readonly [what: string, file: object, host: string, starts: boolean])[] = [
  ['nobody is asked', NOTHING, '127.0.0.1', true],
  ['nobody is asked', NOTHING, '127.0.0.2', true],
  ['nobody is asked', NOTHING, '::1', true],
  ['nobody is asked', NOTHING, 'localhost', true],
  ['nobody is asked', NOTHING, '0.0.0.0', false],
  ['nobody is asked', NOTHING, '::', false],
  ['nobody is asked', NOTHING, '10.0.0.5', false],
  ['nobody is asked', NOTHING, '169.254.1.1', false],
  ['nobody is asked', NOTHING, 'gateway.example', false],
  ['nobody is asked', NOTHING, 'localhost.evil.test', false],
  ['nobody is asked', NOTHING, '127.0.0.1.evil.test', false],
  ['nobody is asked', NOTHING, '::ffff:10.0.0.5', false],
  ['there are tokens', withAuth({ tokens: [TOKEN] }), '0.0.0.0', true],
  ['there are keys', withAuth({ keys: [{ id: 'key1', name: 'k', hash: 'ab'.repeat(32) }] }), '0.0.0.0', true],
  ['there is an issuer', withAuth({ issuers: [{ issuer: 'https://id.example' }] }), '0.0.0.0', true],
  ['a server has tokens of its own', { servers: { s: { ...server, auth: { tokens: [TOKEN] } } } }, '0.0.0.0', true],
  ['all lists are empty', withAuth({ tokens: [], keys: [], issuers: [] }), '0.0.0.0', false],
  ['some are shut out and nobody is let in', withAuth({ deny: { tokenIds: ['a'] } }), '0.0.0.0', false],
  ['only users are known', { ...NOTHING, access: { users: { ann: { roles: ['user'] } } } }, '0.0.0.0', false],
  ['one server is open', { servers: { s: OPEN }, auth: { tokens: [TOKEN] } }, '0.0.0.0', false],
  ['one server is open', { servers: { s: OPEN }, auth: { tokens: [TOKEN] } }, '127.0.0.1', true],
  [
    'one server is open and that is meant',
    { servers: { s: { ...server, auth: { tokens: [], allowAnonymous: true } } }, auth: { tokens: [TOKEN] } },
    '0.0.0.0',
    true,
  ],
];

describe('where', () => {
  for (const [what, file, host, starts] of ROWS) {
    it(`${what}, ${host} is ${starts ? 'taken' : 'refused'}, in the file and beside it`, () => {
      const inFile = parseConfig(JSON.stringify({ ...file, listen: { host } }), 'gatewright.json', {});
      assert.equal(inFile.ok, starts, JSON.stringify(inFile));
      const override = { host: { value: host, from: '--host' } };
      const beside = parseConfig(JSON.stringify(file), 'gatewright.json', {}, override);
      assert.equal(beside.ok, starts, JSON.stringify(beside));
      if (!beside.ok) assert.match(beside.problems[0]?.say ?? '', /can be reached from other machines/);
    });
  }
});

describe('a gateway that nobody is asked by', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-start-'));
  after(() => rm(folder, { recursive: true }));
  const config = join(folder, 'gatewright.json');
  await writeFile(config, JSON.stringify({ servers: {} }));
  const base = { env: dataFolder() };

  it('does not start where others reach it, whoever says so', async () => {
    const asked = ['serve', '--config', config, '--port', '0'];
    const flag = await cli([...asked, '--host', '0.0.0.0'], base);
    const variable = await cli(asked, { env: { ...base.env, GATEWRIGHT_HOST: '::' } });
    await writeFile(config, JSON.stringify({ servers: {}, listen: { host: '0.0.0.0' } }));
    const file = await cli(asked, base);
    for (const [{ code, err }, blamed] of [
      [flag, '--host'],
      [variable, 'GATEWRIGHT_HOST'],
      [file, 'listen.host'],
    ] as const) {
      assert.equal(code, 3, err);
      assert.match(
        err,
        new RegExp(`${blamed.replace('.', '\\.')}: \\S+ can be reached from other machines.*auth\\.tokens`),
      );
    }
  });
});

describe('who sets nothing', () => {
  it('gets a listener for this machine, and no way around', async () => {
    const gateway = await startGateway({ servers: {} }, { managed: true });
    after(() => gateway.stop());
    assert.equal(gateway.url, `http://127.0.0.1:${gateway.port}`);
    const ask = (path: string, headers: readonly (readonly [string, string])[] = [], method = 'GET') =>
      rawRequest({ port: gateway.port, method, path, headers });
    for (const path of ['/', '/debug', '/debug/pprof', '/admin', '/console', '/operator', '/env', '/.env'])
      assert.equal((await ask(path)).status, 404, path);
    assert.equal((await ask('/api/v1/servers')).status, 401);
    for (const method of ['TRACE', 'OPTIONS', 'PUT']) {
      const { status } = await ask('/mcp', [], method);
      assert.ok([400, 405].includes(status), `${method}: ${status}`);
    }
    await assert.rejects(ask('/mcp', [], 'CONNECT'), /the connection ended after ""/);
    const page = await ask('/mcp', [['Origin', `http://localhost:${gateway.port}`]]);
    assert.equal(page.header('access-control-allow-origin'), `http://localhost:${gateway.port}`);
    for (const answer of [page, await ask('/live'), await ask('/none')]) {
      for (const name of ['x-powered-by', 'server', 'set-cookie', 'access-control-allow-credentials'])
        assert.equal(answer.header(name), undefined, name);
      assert.notEqual(answer.header('access-control-allow-origin'), '*');
    }
    assert.equal((await ask('/mcp', [['Host', 'evil.test']])).status, 403);
    assert.equal((await ask('/mcp', [['Origin', 'http://evil.test']])).status, 403);
  });
});
