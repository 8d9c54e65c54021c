/*
 * `gatewright stdio` with real processes: a client that can only launch a command gets a whole gateway of its own, in every
 * revision. Nothing but MCP is ever on stdout.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { BINARY } from '../rig/cli.ts';
import { at, resultOf } from '../rig/json-rpc.ts';
import { LineClient, type LineOptions } from '../rig/line-client.ts';
import { assertNoneLeft, processesMarked } from '../rig/process-watcher.ts';
import type { JsonObject, Revision } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-stdio-'));
const mark = `GATEWRIGHT_MARK=stdio-${process.pid}`;
const file = join(folder, 'gatewright.json');
const args = ['--config', file, '--data-dir', join(folder, 'data')];
const limits = { bodyBytesMax: 65_536, drainTimeoutMs: 1_500 };

let old: ScriptedStdioUpstream;
let fresh: ScriptedHttpUpstream;
let config: JsonObject;
const clients: LineClient[] = [];

before(async () => {
  old = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
  fresh = await startScripted({ revision: '2026-07-28', transport: 'http', answerAs: 'sse' });
  const env = { GATEWRIGHT_MARK: mark.split('=')[1] ?? '' };
  config = { servers: { old: { command: old.command, args: old.args, env }, fresh: { url: fresh.url } }, limits };
  writeFileSync(file, JSON.stringify(config));
});
afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.kill('SIGKILL');
    assert.deepEqual(client.rubbish, [], 'on stdout was something else than MCP');
  }
});
after(async () => {
  await old.close();
  await fresh.close();
  rmSync(folder, { recursive: true });
});

function launch(words: readonly string[] = [], options?: LineOptions): LineClient {
  const client = new LineClient([...words, ...args], options);
  clients.push(client);
  return client;
}

async function opened(revision?: Revision, capabilities?: JsonObject, words?: readonly string[]): Promise<LineClient> {
  const client = launch(words);
  await client.initialize(revision, capabilities);
  return client;
}

const codeOf = (message: unknown) => at(message, 'error', 'code');
const textIn = (message: unknown) => at(message, 'result', 'content', 0, 'text');
const CALL = { name: 'old__echo', arguments: { say: 'hi' } };

describe('a client that launches the gateway', () => {
  for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const) {
    it(`is served in ${revision}, by all servers, and the end of its input is the end`, async () => {
      const client = launch();
      assert.equal(at(await client.initialize(revision), 'result', 'protocolVersion'), revision);
      const tools = at(await client.call('tools/list'), 'result', 'tools') as { name: string }[];
      for (const name of ['old__echo', 'fresh__echo']) assert.ok(tools.some((tool) => tool.name === name));
      assert.equal(textIn(await client.call('tools/call', CALL)), '{"say":"hi"}');
      assert.equal(await client.end(), 0);
      await assertNoneLeft(() => processesMarked(mark), 1_000);
    });
  }

  it('is served without a session by requests that describe themselves', async () => {
    const client = launch(['fresh']);
    const found = await client.callModern('server/discover');
    assert.deepEqual(at(found, 'result', 'supportedVersions'), ['2026-07-28']);
    const answer = await client.callModern('tools/call', { name: 'echo', arguments: { a: 1 } });
    assert.equal(textIn(answer), '{"a":1}');
    assert.equal(at(answer, 'result', 'resultType'), 'complete');
  });

  it('may speak both ways on one pipe, each request for itself', async () => {
    const client = await opened();
    const answers = await Promise.all([client.call('tools/call', CALL), client.callModern('tools/call', CALL)]);
    assert.deepEqual(answers.map(textIn), ['{"say":"hi"}', '{"say":"hi"}']);
    assert.deepEqual(
      answers.map((answer) => at(answer, 'result', 'resultType')),
      [undefined, 'complete'],
    );
  });

  it('may say all at once, also without a newline at the end, and gets every answer', async () => {
    const client = launch();
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    client.start('initialize', hello);
    client.notify('notifications/initialized');
    client.start('tools/call', CALL);
    client.write('{"jsonrpc":"2.0","id":"last","method":"ping"}');
    assert.equal(await client.end(), 0);
    assert.deepEqual(new Set(client.messages.map(({ id }) => id)), new Set([1, 2, 'last']));
  });

  it('is told what it did wrong, and served on', async () => {
    const client = launch();
    assert.equal(codeOf(await client.call('tools/list')), -32600);
    assert.match(String(at(await client.call('tools/call', CALL), 'error', 'message')), /initialize first/);
    assert.deepEqual(at(await client.call('ping'), 'result'), {});
    client.write('no json\n\n');
    assert.equal(codeOf(await client.until((message) => codeOf(message) === -32700)), -32700);
    await client.initialize();
    assert.match(String(at(await client.initialize(), 'error', 'message')), /initialized already/);
    assert.equal(codeOf(await client.callModern('tools/list', { _meta: { [VERSION]: '2031-01-01' } })), -32022);
    assert.equal(codeOf(await client.call('no/such')), -32601);
    assert.equal(textIn(await client.call('tools/call', CALL)), '{"say":"hi"}');
  });

  it('may send a line as long as allowed, and not one byte more', async () => {
    const client = await opened();
    const line = (id: string, bytes: number) => {
      const head = `{"method":"ping","params":{"x":"`;
      const tail = `"},"jsonrpc":"2.0","id":"${id}"}`;
      return `${head}${'x'.repeat(bytes - head.length - tail.length)}${tail}\n`;
    };
    client.write(line('fits', limits.bodyBytesMax));
    client.write(line('long', limits.bodyBytesMax + 1));
    assert.deepEqual(at(await client.answer('fits'), 'result'), {});
    assert.match(String(at(await client.answer('long'), 'error', 'message')), /too large/);
    assert.deepEqual(at(await client.call('ping'), 'result'), {});
  });

  it('may send batches in the one revision that has them', async () => {
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'ping' },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 'b', method: 'ping' },
    ];
    const client = await opened('2025-03-26');
    client.send(batch);
    await client.call('ping');
    await client.end();
    const answers = client.said.filter((each) => Array.isArray(each));
    assert.deepEqual(answers, [[resultOf('a', {}), resultOf('b', {})]]);
    const newer = await opened('2025-06-18');
    newer.send(batch);
    assert.equal(codeOf(await newer.until((message) => message.error !== undefined)), -32600);
  });

  it('hears the progress of its calls, and nothing more of one that it cancels', async () => {
    const client = await opened();
    const call = { name: 'old__progress', arguments: { steps: 600, everyMs: 100 }, _meta: { progressToken: 'p' } };
    for (const start of [client.start.bind(client), client.startModern.bind(client)]) {
      const seen = old.received.of('notifications/cancelled').length;
      const id = start('tools/call', call);
      await client.until(({ method, params }) => method === 'notifications/progress' && at(params, 'progress') === 2);
      client.notify('notifications/cancelled', { requestId: id });
      await old.received.until(() => old.received.of('notifications/cancelled').length > seen);
      await client.call('ping');
      assert.ok(!client.messages.some((message) => message.id === id && message.method === undefined));
      client.said.length = 0;
    }
  });

  it('is asked, and its answer reaches the server', async () => {
    const client = await opened('2025-11-25', { elicitation: {} });
    const id = client.start('tools/call', { name: 'old__ask', arguments: { message: 'Who?' } });
    const question = await client.until(({ method }) => method === 'elicitation/create');
    assert.equal(at(question, 'params', 'message'), 'Who?');
    client.send(resultOf(question.id, { action: 'accept', content: { answer: 'me' } }));
    assert.match(String(textIn(await client.answer(id))), /"me"/);
  });

  it('is told when lists change and when what it watches does, in a session and while it listens', async () => {
    const client = await opened();
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['fresh+scripted://changing'] };
    const listenId = client.startModern('subscriptions/listen', { notifications });
    await client.until(({ method }) => method === 'notifications/subscriptions/acknowledged');
    await client.call('resources/subscribe', { uri: 'old+scripted://changing' });
    await old.listChanged('tools');
    await old.resourceUpdated('scripted://changing');
    await client.until(({ method, params }) => method === TOOLS_CHANGED && at(params, '_meta') === undefined);
    await client.until(({ method, params }) => method === TOOLS_CHANGED && at(params, '_meta', LISTEN_ID) === listenId);
    await client.until(({ params }) => at(params, 'uri') === 'old+scripted://changing');
    await fresh.received.until(({ method, body }) => method === 'subscriptions/listen' && body.includes('//changing'));
    await fresh.resourceUpdated('scripted://changing');
    const update = await client.until(({ params }) => at(params, 'uri') === 'fresh+scripted://changing');
    assert.equal(at(update, 'params', '_meta', LISTEN_ID), listenId);
    assert.equal(await client.end(), 0);
  });

  it('gets the answers to what runs when its input ends', async () => {
    const client = await opened();
    const id = client.start('tools/call', { name: 'old__slow', arguments: { ms: 300 } });
    assert.equal(await client.end(), 0);
    assert.equal(textIn(await client.answer(id)), 'slept');
  });

  it('does not wait longer than the drain time for what runs when its input ends', async () => {
    const client = await opened();
    const id = client.start('tools/call', { name: 'old__slow', arguments: { ms: 600_000 } });
    assert.equal(await client.end(), 0);
    assert.equal(codeOf(await client.answer(id)), -31023);
    await assertNoneLeft(() => processesMarked(mark), 1_000);
  });

  it('ends it with SIGTERM, and with kill -9, and no server is left either way', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const client = await opened();
      await client.call('tools/call', CALL);
      assert.ok(processesMarked(mark).length > 0);
      assert.equal(await client.kill(signal), signal === 'SIGTERM' ? 0 : null);
      await assertNoneLeft(() => processesMarked(mark), 2_000);
    }
  });

  it('that leaves unread what it is told unasked is cut off', async () => {
    const flood = join(folder, 'flood.json');
    writeFileSync(flood, JSON.stringify({ ...config, limits: { ...limits, streamBufferBytesMax: 1024 } }));
    const client = new LineClient(['--config', flood, '--data-dir', join(folder, 'flood')], { deaf: true });
    clients.push(client);
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    client.start('initialize', hello);
    const data = 'x'.repeat(10_000);
    client.start('tools/call', { name: 'old__log', arguments: { count: 200, data } });
    assert.equal(await client.exited, 1);
    assert.match(client.stderr(), /left unread/);
  });

  it('is told of a wrong start on stderr alone', async () => {
    const client = launch(['nope']);
    assert.equal(await client.exited, 6);
    assert.match(client.stderr(), /no server or endpoint "nope"/);
    assert.deepEqual(client.said, []);
  });
});

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const LISTEN_ID = 'io.modelcontextprotocol/subscriptionId';
const TOOLS_CHANGED = 'notifications/tools/list_changed';

describe('a client of the SDK', () => {
  const server = { command: process.execPath, args: [BINARY, 'stdio', ...args], stderr: 'pipe' as const };
  const info = { name: 'sdk', version: '1' };

  it('of the first generation finds, calls and is asked', async () => {
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const client = new Client(info, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'sdk' } }));
    await client.connect(new StdioClientTransport(server));
    const { tools } = await client.listTools();
    assert.ok(tools.some(({ name }) => name === 'fresh__echo'));
    assert.match(JSON.stringify(await client.callTool({ name: 'old__ask', arguments: {} })), /sdk/);
    await client.close();
    await assertNoneLeft(() => processesMarked(mark), 3_000);
  });

  for (const mode of ['legacy', 'auto'] as const) {
    it(`of the second generation, ${mode}, finds and calls`, async () => {
      const client = new ClientV2(info, { versionNegotiation: { mode } });
      await client.connect(new StdioV2(server));
      const { tools } = await client.listTools();
      assert.ok(tools.some(({ name }) => name === 'old__echo'));
      assert.match(JSON.stringify(await client.callTool(CALL)), /\{\\"say\\":\\"hi\\"\}/);
      assert.match(JSON.stringify(await client.callTool({ ...CALL, name: 'fresh__echo' })), /hi/);
      await client.close();
      await assertNoneLeft(() => processesMarked(mark), 3_000);
    });
  }
});
