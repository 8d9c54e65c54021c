/*
 * `gatewright stdio` beside a gateway that runs with the same configuration: the client is joined to that one, and no server
 * runs twice.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, it } from 'node:test';
import { runningGateways } from '../../src/instance/run-file.ts';
import { socketIn } from '../../src/instance/socket-file.ts';
import { at, resultOf } from '../rig/json-rpc.ts';
import { LineClient } from '../rig/line-client.ts';
import { type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-joined-'));
const CALL = { name: 'old__echo', arguments: { say: 'hi' } };
const clients: LineClient[] = [];
let old: ScriptedStdioUpstream;
let stage: Stage;
let args: readonly string[] = [];

before(async () => {
  old = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
  stage = await openStage({ old }, { gateway: { env: { GATEWRIGHT_DATA_DIR: folder } } });
  args = ['--config', runningGateways(folder)[0]?.config ?? '', '--data-dir', folder];
});
afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.kill('SIGKILL');
    assert.deepEqual(client.rubbish, []);
  }
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

function launch(...words: string[]): LineClient {
  const client = new LineClient([...words, ...args]);
  clients.push(client);
  return client;
}

const textIn = (message: unknown) => at(message, 'result', 'content', 0, 'text');
const sessions = () => stage.metric('gatewright_sessions');

it('many clients share the servers of the gateway, in every era, and leave nothing there', async () => {
  const before = old.pids.length;
  const [one, two] = [launch(), launch('old')];
  await Promise.all([one.initialize(), two.initialize('2024-11-05')]);
  assert.equal(textIn(await one.call('tools/call', CALL)), '{"say":"hi"}');
  assert.equal(textIn(await two.call('tools/call', { ...CALL, name: 'echo' })), '{"say":"hi"}');
  assert.equal(textIn(await one.callModern('tools/call', CALL)), '{"say":"hi"}');
  assert.equal(await sessions(), 2);
  assert.deepEqual([await one.end(), await two.kill('SIGTERM')], [0, 0]);
  assert.equal(await sessions(), 0);
  assert.equal(old.pids.length, before);
});

it('a question reaches the client on its pipe, and its answer the server', async () => {
  const client = launch();
  await client.initialize('2025-11-25', { elicitation: {} });
  const id = client.start('tools/call', { name: 'old__ask', arguments: {} });
  const question = await client.until(({ method }) => method === 'elicitation/create');
  client.send(resultOf(question.id, { action: 'accept', content: { answer: 'me' } }));
  assert.match(String(textIn(await client.answer(id))), /"me"/);
});

it('a client that is killed leaves no session and no call behind', async () => {
  const client = launch();
  await client.initialize();
  client.start('tools/call', { name: 'old__slow', arguments: { ms: 600_000 } });
  await old.received.until(({ body }) => body.includes('600000'));
  await client.kill('SIGKILL');
  await old.received.until(({ method }) => method === 'notifications/cancelled');
  while ((await sessions()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
});

it('an endpoint that is not there is refused', async () => {
  const client = launch('nope');
  assert.equal(await client.exited, 6);
  assert.match(client.stderr(), /no server or endpoint "nope"/);
});

it('the socket switches to nothing else, and to this for nobody else', async () => {
  const socketPath = socketIn(runningGateways(folder)[0]?.folder ?? '') ?? '';
  const rows: [string, Record<string, string>, number][] = [
    ['/mcp', { upgrade: 'websocket' }, 400],
    ['/mcp', { upgrade: 'mcp-lines', origin: 'http://localhost' }, 403],
    ['/operator', { upgrade: 'mcp-lines' }, 404],
    ['/mcp/nope', { upgrade: 'mcp-lines' }, 404],
  ];
  for (const [path, headers, status] of rows) {
    const got = await new Promise((resolve, reject) => {
      const sent = request({ socketPath, path, headers: { host: 'x', connection: 'Upgrade', ...headers } });
      sent.on('response', (response) => resolve(response.resume().statusCode));
      sent.on('upgrade', () => resolve(101));
      sent.on('error', reject);
      sent.end();
    });
    assert.equal(got, status, `${path} ${JSON.stringify(headers)}`);
  }
});

it('a gateway that stops answers what runs and takes leave of its clients', async () => {
  const client = launch();
  await client.initialize();
  const id = client.start('tools/call', { name: 'old__slow', arguments: { ms: 300 } });
  await old.received.until(({ body }) => body.includes('"ms":300'));
  assert.equal(await stage.gateway.stop(), 0);
  assert.equal(textIn(await client.answer(id)), 'slept');
  assert.equal(await client.exited, 1);
  assert.match(client.stderr(), /has ended the connection/);
});
