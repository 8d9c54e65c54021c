/*
 * The operator's socket: who can open it, what it takes and what it refuses, and that a call over it is a call like any
 * other.
 */
import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cli } from '../rig/cli.ts';
import { startGateway } from '../rig/gateway.ts';
import { at, parseObject } from '../rig/json-rpc.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-socket-'));
const env = { GATEWRIGHT_DATA_DIR: join(folder, 'data') };
let up: ScriptedHttpUpstream;
let stage: Stage;
let socket = '';

before(async () => {
  up = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const entries = { up: { tools: { block: ['fail'] } } };
  const config = {
    auth: { tokens: [{ name: 'ann', token: 'q7Zr2mXw9KbTn4Lc8VdYp3Hs6JgRf5Ea1U' }] },
    limits: { bodyBytesMax: 2048 },
  };
  stage = await openStage({ up }, { config, entries, gateway: { env } });
  socket = socketUnder(env.GATEWRIGHT_DATA_DIR);
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

function socketUnder(dataDir: string): string {
  const [instance = ''] = readdirSync(join(dataDir, 'gateways'));
  return join(dataDir, 'gateways', instance, 'socket');
}

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

function send({ method = 'GET', path, headers = {}, body }: Sent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('nobody but the owner can open it, or come near it', () => {
  assert.equal(lstatSync(socket).mode & 0o777, 0o600);
  for (const place of [dirname(socket), join(env.GATEWRIGHT_DATA_DIR, 'gateways')]) {
    assert.equal(lstatSync(place).mode & 0o077, 0, place);
  }
});

describe('what is asked', () => {
  const rows: readonly (readonly [string, Sent, number])[] = [
    ['the gateway', { path: '/operator' }, 200],
    ['the servers', { path: '/operator/servers' }, 200],
    ['the words of a server', { path: '/operator/logs/up' }, 200],
    ['a server that there is not', { path: '/operator/logs/nobody' }, 404],
    ['a server by a name that is none', { path: '/operator/logs/..%2f..' }, 404],
    ['no server', { path: '/operator/restart/', method: 'POST' }, 404],
    ['a path that there is not', { path: '/operator/passwords' }, 404],
    ['a path beside', { path: '/operators' }, 404],
    ['a path of the network', { path: '/metrics' }, 404],
    ['a restart by GET', { path: '/operator/restart/up' }, 405],
    ['the servers by DELETE', { path: '/operator/servers', method: 'DELETE' }, 405],
    ['a query', { path: '/operator/servers?all=1' }, 404],
    ['a body where none belongs', { path: '/operator/restart/up', method: 'POST', body: '{}' }, 413],
    ['an Origin: something forwards what it should not', { path: '/operator', headers: { origin: 'http://x' } }, 403],
    ['an Origin on MCP', { path: '/mcp', method: 'POST', headers: { origin: 'null' } }, 403],
    [
      'a body over the limit',
      { path: '/mcp', method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x'.repeat(2049) },
      413,
    ],
    ['an endpoint that there is not', { path: '/mcp/nobody', method: 'POST' }, 404],
  ];
  for (const [what, sent, status] of rows) {
    test(`${what}: ${status}`, async () => {
      const answer = await send(sent);
      assert.equal(answer.status, status, answer.text);
      assert.ok(parseObject(answer.text), answer.text);
    });
  }
});

test('the operator needs no token, the network still does', async () => {
  assert.equal((await fetch(stage.url('up'), { method: 'POST' })).status, 401);
  const { code, err } = await cli(['call', 'up.echo', 'a=1'], { env });
  assert.equal(code, 0, err);
});

test('no secret of the configuration is told', async () => {
  for (const path of ['/operator', '/operator/servers', '/operator/logs/up']) {
    assert.doesNotMatch((await send({ path })).text, /q7Zr2mXw9/);
  }
});

test('policy holds for the operator too: a blocked tool is neither listed nor called', async () => {
  const { json } = await cli(['tools', 'up', '--json'], { env });
  assert.ok((json.tools as { name: string }[]).every(({ name }) => name !== 'fail'));
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'fail', _meta: META } };
  const headers = {
    ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'fail' },
  };
  const answer = await send({ path: '/mcp/up', method: 'POST', headers, body: JSON.stringify(call) });
  assert.equal(at(parseObject(answer.text), 'error', 'message'), 'Unknown tool.');
});
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

test('the operator is told why a tool is missing', async () => {
  const { code, err } = await cli(['call', 'up.fail'], { env });
  assert.match(err, /The tool "fail" is withheld: filtered, servers\.up\.tools\.block:fail\./);
  assert.equal(code, 6);
  const { json } = await cli(['servers', '--json'], { env });
  const why = 'servers.up.tools.block:fail';
  assert.deepEqual(at(json, 'servers', 0, 'withheld'), [
    { kind: 'tools', name: 'fail', reason: 'filtered', why, endpoint: 'up' },
  ]);
});

test('a call is counted like any other', async () => {
  const headers = { authorization: 'Bearer q7Zr2mXw9KbTn4Lc8VdYp3Hs6JgRf5Ea1U' };
  const counted = async () =>
    /gatewright_calls_total\{[^}]*tools\/call[^}]*\} (\d+)/.exec(
      await (await fetch(`${stage.gateway.url}/metrics`, { headers })).text(),
    )?.[1];
  const before = Number((await counted()) ?? 0);
  await cli(['call', 'up.echo'], { env });
  assert.equal(Number(await counted()), before + 1);
});

test('where the path is too long for a socket it lies in a short folder, closed as well, and both go', async () => {
  const dataDir = join(folder, 'x'.repeat(100));
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const deep = { GATEWRIGHT_DATA_DIR: dataDir, XDG_RUNTIME_DIR: runtime };
  const gateway = await startGateway({ servers: { up: { url: up.url } } }, { env: deep });
  const target = readlinkSync(socketUnder(dataDir));
  assert.ok(target.startsWith(join(runtime, 'gatewright-')), target);
  assert.equal(lstatSync(dirname(target)).mode & 0o777, 0o700);
  assert.equal(lstatSync(target).mode & 0o777, 0o600);
  assert.equal((await cli(['call', 'up.echo'], { env: deep })).code, 0);
  await gateway.stop();
  assert.equal(existsSync(dirname(target)), false);
});
