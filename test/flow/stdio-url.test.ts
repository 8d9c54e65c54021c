/*
 * `gatewright stdio --url` with real processes: a client that can only launch a command, of any revision, uses a gateway at an
 * address, and goes on when that is started anew.
 */
import assert from 'node:assert/strict';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { BINARY, cli } from '../rig/cli.ts';
import { startGateway } from '../rig/gateway.ts';
import { at, resultOf } from '../rig/json-rpc.ts';
import { LineClient, type LineOptions } from '../rig/line-client.ts';
import { headerOf } from '../rig/received.ts';
import { scriptedHttp } from '../rig/scripted-http.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, placeOf } from './stage.ts';

const TOKEN = 'the-token-of-number-one-is-long-enough';
const MIRRORING = {
  name: 'mirrors',
  inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
};
const old = await startScripted({ revision: '2025-11-25', transport: 'http' });
const fresh = await startScripted({ revision: MODERN, transport: 'http', answerAs: 'sse', tools: [MIRRORING] });
const auth = { tokens: [{ name: 'one', token: TOKEN }] };
const stage = await openStage({ old, fresh }, { config: { auth } });
after(() => stage.close());

const clients: LineClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) {
    await client.kill('SIGKILL');
    assert.deepEqual(client.rubbish, [], 'on stdout was something else than MCP');
    assert.ok(!client.stderr().includes(TOKEN));
  }
});

function launch(words: readonly string[], options: LineOptions = {}): LineClient {
  const client = new LineClient(words, options);
  clients.push(client);
  return client;
}

const HEADER = ['--header', `Authorization: Bearer \${TOKEN}`];
const env = { TOKEN };
const atStage = (...words: string[]) => launch([...words, '--url', stage.gateway.url, ...HEADER], { env });

const codeOf = (message: unknown) => at(message, 'error', 'code');
const saidIn = (message: unknown) => String(at(message, 'error', 'message'));
const textIn = (message: unknown) => at(message, 'result', 'content', 0, 'text');
const sessions = () => stage.metric('gatewright_sessions', { authorization: `Bearer ${TOKEN}` });
const CALL = { name: 'old__echo', arguments: { say: 'hi' } };

describe('a client that is led to a gateway', () => {
  for (const revision of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const) {
    it(`is served in ${revision}, and leaves no session behind`, async () => {
      const client = atStage();
      assert.equal(at(await client.initialize(revision), 'result', 'protocolVersion'), revision);
      const tools = at(await client.call('tools/list'), 'result', 'tools') as { name: string }[];
      for (const name of ['old__echo', 'fresh__echo']) assert.ok(tools.some((tool) => tool.name === name));
      assert.equal(textIn(await client.call('tools/call', CALL)), '{"say":"hi"}');
      assert.equal(await sessions(), 1);
      assert.equal(await client.end(), 0);
      assert.equal(await sessions(), 0);
      assert.equal(client.stderr(), '');
    });
  }

  it('is served by requests that describe themselves, beside a session and without', async () => {
    const client = atStage();
    const found = await client.callModern('server/discover');
    assert.deepEqual(at(found, 'result', 'supportedVersions'), [MODERN]);
    await client.initialize();
    const answers = await Promise.all([client.call('tools/call', CALL), client.callModern('tools/call', CALL)]);
    assert.deepEqual(answers.map(textIn), ['{"say":"hi"}', '{"say":"hi"}']);
    assert.deepEqual(
      answers.map((answer) => at(answer, 'result', 'resultType')),
      [undefined, 'complete'],
    );
  });

  it('reaches one endpoint, by a word or by the path', async () => {
    for (const words of [
      ['fresh', '--url', stage.gateway.url],
      ['fresh', '--url', `${stage.gateway.url}/mcp`],
      ['--url', stage.url('fresh')],
    ]) {
      const client = launch([...words, ...HEADER], { env });
      assert.equal(textIn(await client.callModern('tools/call', { name: 'echo', arguments: {} })), '{}');
    }
  });

  it('has its arguments told in the head, where a tool wants that, whether it has asked for the list or not', async () => {
    const call = { name: 'mirrors', arguments: { region: 'Zürich' } };
    for (const asksFirst of [true, false]) {
      const seen = fresh.received.of('tools/call').length;
      const client = atStage('fresh');
      if (asksFirst) await client.callModern('tools/list');
      assert.match(String(textIn(await client.callModern('tools/call', call))), /mirrors/);
      const arrived = fresh.received.of('tools/call')[seen];
      assert.ok(arrived);
      assert.equal(headerOf(arrived, 'mcp-param-region'), `=?base64?${Buffer.from('Zürich').toString('base64')}?=`);
      await client.end();
    }
  });

  it('hears progress, and nothing more of a call that it cancels', async () => {
    const client = atStage();
    await client.initialize();
    const call = { name: 'old__progress', arguments: { steps: 600, everyMs: 50 }, _meta: { progressToken: 'p' } };
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
    assert.equal(client.stderr(), '');
  });

  it('is asked, and its answer reaches the server', async () => {
    const client = atStage();
    await client.initialize('2025-11-25', { elicitation: {} });
    const id = client.start('tools/call', { name: 'old__ask', arguments: { message: 'Who?' } });
    const question = await client.until(({ method }) => method === 'elicitation/create');
    client.send(resultOf(question.id, { action: 'accept', content: { answer: 'me' } }));
    assert.match(String(textIn(await client.answer(id))), /"me"/);
  });

  it('is told when lists change and when what it watches does, in a session and while it listens', async () => {
    const client = atStage();
    await client.initialize();
    const listenId = client.startModern('subscriptions/listen', { notifications: { toolsListChanged: true } });
    await client.until(({ method }) => method === 'notifications/subscriptions/acknowledged');
    await client.call('resources/subscribe', { uri: 'old+scripted://changing' });
    await old.listChanged('tools');
    await old.resourceUpdated('scripted://changing');
    const LISTEN_ID = 'io.modelcontextprotocol/subscriptionId';
    await client.until(({ method, params }) => method === TOOLS_CHANGED && at(params, '_meta') === undefined);
    await client.until(({ method, params }) => method === TOOLS_CHANGED && at(params, '_meta', LISTEN_ID) === listenId);
    await client.until(({ params }) => at(params, 'uri') === 'old+scripted://changing');
    assert.equal(await client.end(), 0);
  });

  it('may say all at once, and gets every answer; batches too, in the one revision that has them', async () => {
    const client = atStage();
    const hello = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    client.start('initialize', hello);
    client.notify('notifications/initialized');
    client.send([{ jsonrpc: '2.0', id: 'a', method: 'ping' }]);
    client.start('tools/call', { name: 'old__slow', arguments: { ms: 300 } });
    client.write('no json\n\n{"jsonrpc":"2.0","id":"last","method":"ping"}');
    assert.equal(await client.end(), 0);
    const ids = client.messages.map(({ id }) => id);
    for (const id of [1, 2, 'last']) assert.ok(ids.includes(id), String(id));
    assert.ok(client.said.some((each) => Array.isArray(each) && at(each, 0, 'id') === 'a'));
    assert.ok(client.messages.some((message) => codeOf(message) === -32700));
  });

  it('that is told to stop leaves no session behind', async () => {
    const before = await sessions();
    const client = atStage();
    await client.initialize();
    assert.equal(await sessions(), before + 1);
    assert.equal(await client.kill('SIGTERM'), 0);
    assert.equal(await sessions(), before);
  });
});

const TOOLS_CHANGED = 'notifications/tools/list_changed';

describe('a gateway that is started anew in between', () => {
  it('is found again: the session is made once more, and what the client wanted holds', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    t.after(() => up.close());
    const config = { servers: { up: placeOf(up) } };
    let gateway = await startGateway(config);
    const { url, port } = gateway;
    const client = launch(['--url', url]);
    await client.initialize('2025-11-25', { elicitation: {} });
    await client.call('resources/subscribe', { uri: 'up+scripted://changing' });
    const lost = client.start('tools/call', { name: 'up__slow', arguments: { ms: 600_000 } });
    await up.received.until(({ body }) => body.includes('600000'));
    await gateway.stop('SIGKILL');
    assert.equal(codeOf(await client.answer(lost)), -31012);
    assert.equal(codeOf(await client.call('ping')), -31011);
    assert.match(client.stderr(), /cannot be reached: ECONNREFUSED/);
    client.said.length = 0;
    gateway = await startGateway(config, { port });
    t.after(() => gateway.stop());
    await gateway.until((line) => line.event === 'ready');
    const id = client.start('tools/call', { name: 'up__ask', arguments: {} });
    const question = await client.until(({ method }) => method === 'elicitation/create');
    client.send(resultOf(question.id, { action: 'accept', content: { answer: 'again' } }));
    assert.match(String(textIn(await client.answer(id))), /again/);
    await client.until(({ method }) => method === TOOLS_CHANGED);
    await up.received.until(() => up.received.of('resources/subscribe').length === 2);
    await up.resourceUpdated('scripted://changing');
    await client.until(({ params }) => at(params, 'uri') === 'up+scripted://changing');
    assert.equal(up.received.all.filter(({ body }) => body.includes('600000')).length, 1, 'a call was repeated');
    assert.equal(textIn(await client.callModern('tools/call', { name: 'up__echo', arguments: {} })), '{}');
    assert.equal(await client.end(), 0);
  });
});

describe('an address that is of no use', () => {
  async function refusedAt(url: string, words: readonly string[] = []) {
    const client = launch(['--url', url, ...words]);
    const answers = [await client.callModern('server/discover'), await client.initialize(), await client.call('ping')];
    assert.equal(await client.end(), 1);
    return { answers, said: client.stderr().trim().split('\n') };
  }

  it('where nobody listens: every request is told, and the person once', async () => {
    const { answers, said } = await refusedAt('http://127.0.0.1:1');
    for (const answer of answers) {
      assert.equal(codeOf(answer), -31011);
      assert.equal(saidIn(answer), 'http://127.0.0.1:1/mcp cannot be reached: ECONNREFUSED');
    }
    assert.deepEqual(said, ['gatewright: http://127.0.0.1:1/mcp cannot be reached: ECONNREFUSED']);
  });

  it('that wants a token, or another one, says how to give it', async () => {
    for (const words of [[], ['--header', 'Authorization: Bearer another-token-altogether']]) {
      const { answers, said } = await refusedAt(`${stage.gateway.url}/mcp?secret=${TOKEN}`, words);
      for (const answer of answers) assert.equal(codeOf(answer), -31001);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', /not accepted at http:\/\/127\.0\.0\.1:\d+\/mcp \(401\).*--header 'Authorization/);
    }
  });

  it('with a path that is none', async () => {
    const { answers, said } = await refusedAt(`${stage.gateway.url}/none`, [
      '--header',
      `Authorization: Bearer ${TOKEN}`,
    ]);
    for (const answer of answers) assert.equal(codeOf(answer), -31005);
    assert.match(said.join(), /There is no MCP over Streamable HTTP at .*\/none \(404\)/);
  });

  it('of a page, of a server that fails, and of one that hangs up', async (t) => {
    for (const [status, type, body, code, words] of [
      [200, 'text/html', '<html>', -31014, /is no MCP \(text\/html\)/],
      [200, 'application/json', '{"hello":1}', -31014, /is no MCP/],
      [502, 'text/html', '<html>', -31011, /nobody who answers behind .*\(502\)/],
      [0, '', '', -31012, /went away before it answered/],
    ] as const) {
      const server = await scriptedHttp((_request, response) => {
        if (status === 0) response.destroy();
        else response.writeHead(status, { 'content-type': type }).end(body);
      });
      t.after(() => server.close());
      const { answers, said } = await refusedAt(server.url);
      for (const answer of answers) assert.equal(codeOf(answer), code, JSON.stringify(answer));
      assert.match(said.join(), words);
    }
  });

  it('that takes all and says nothing keeps nobody from leaving', async (t) => {
    const silent = await scriptedHttp(() => undefined);
    t.after(() => silent.close());
    for (const leave of [(client: LineClient) => client.end(), (client: LineClient) => client.kill('SIGTERM')]) {
      for (const [method, params] of [['initialize', { protocolVersion: '2025-11-25' }], ['ping']] as const) {
        const client = launch(['--url', silent.url]);
        const seen = silent.seen.length;
        client.start(method, params);
        while (silent.seen.length === seen) await sleep(20);
        const outcome = await Promise.race([leave(client), sleep(15_000, 'stays')]);
        assert.equal(outcome, 1, method);
      }
    }
  });

  it('whose answers the client does not read is left, too', async (t) => {
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(4_000_000) } });
    const large = await scriptedHttp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
    t.after(() => large.close());
    const client = launch(['--url', large.url], { deaf: true });
    for (let n = 0; n < 2; n++) {
      client.startModern('ping');
      while (large.seen.length === n) await sleep(20);
    }
    await sleep(100);
    const outcome = await Promise.race([client.kill('SIGTERM'), sleep(15_000, 'stays')]);
    assert.equal(outcome, 0);
  });

  it('that does not speak TLS', async () => {
    const { answers } = await refusedAt(stage.gateway.url.replace('http:', 'https:'));
    for (const answer of answers) assert.equal(codeOf(answer), -31011);
  });

  for (const [words, says] of [
    [['--url', 'localhost:9000'], /--url must begin with http/],
    [['--url', 'http://me:secret@localhost:9000'], /Put credentials into --header/],
    [['--url', 'http://localhost:9000', '--config', 'x.yaml'], /leave --config out/],
    [['old', '--url', 'http://localhost:9000/other'], /--url has a path already/],
    [['--url', 'http://localhost:9000', '--header', 'secret'], /--header is written as/],
    [['--url', 'http://localhost:9000', '--header', 'X: a\r\nY: b'], /no value that can be sent/],
    [['--url', 'http://localhost:9000', '--header', `X: \${NOT_SET_HERE}`], /NOT_SET_HERE is not set/],
    [['--url', 'http://localhost:9000', '--header', 'X: a', '--header', 'x: b'], /is given twice/],
    [['--url', 'http://localhost:9000', '--header', 'Host: a'], /cannot be set/],
    [['--header', 'X: a'], /--header goes with --url/],
  ] as const) {
    it(`is a wrong command: ${words.join(' ').replace(/\s+/g, ' ')}`, async () => {
      const { code, out, err } = await cli(['stdio', ...words]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, says);
      assert.doesNotMatch(err, /secret|a\r/);
    });
  }

  it('over an open network is warned of when a credential goes there', async () => {
    const { err } = await cli(['stdio', '--url', 'http://gateway.invalid', '--header', 'X-Key: secret-of-mine']);
    assert.match(err, /warning: With http:\/\//);
    assert.doesNotMatch(err, /secret-of-mine/);
  });
});

describe('a client of the SDK', () => {
  const words = ['stdio', '--url', stage.gateway.url, ...HEADER];
  const server = { command: process.execPath, args: [BINARY, ...words], stderr: 'pipe' as const, env };
  const info = { name: 'sdk', version: '1' };

  it('of the first generation finds, calls and is asked', async (t) => {
    const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
    const client = new Client(info, { capabilities: { elicitation: {} } });
    t.after(() => client.close());
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'sdk' } }));
    await client.connect(new StdioClientTransport(server));
    assert.ok((await client.listTools()).tools.some(({ name }) => name === 'fresh__echo'));
    assert.match(JSON.stringify(await client.callTool({ name: 'old__ask', arguments: {} })), /sdk/);
  });

  for (const mode of ['legacy', 'auto'] as const) {
    it(`of the second generation, ${mode}, finds and calls`, async (t) => {
      const client = new ClientV2(info, { versionNegotiation: { mode } });
      t.after(() => client.close());
      await client.connect(new StdioV2(server));
      assert.ok((await client.listTools()).tools.some(({ name }) => name === 'old__echo'));
      assert.match(JSON.stringify(await client.callTool(CALL)), /hi/);
      assert.match(JSON.stringify(await client.callTool({ ...CALL, name: 'fresh__echo' })), /hi/);
    });
  }
});

it('any MCP server over Streamable HTTP will do', async () => {
  const legacy = launch(['--url', old.url]);
  await legacy.initialize('2025-06-18');
  assert.equal(textIn(await legacy.call('tools/call', { name: 'echo', arguments: {} })), '{}');
  old.forgetSessions();
  assert.equal(textIn(await legacy.call('tools/call', { name: 'echo', arguments: { n: 2 } })), '{"n":2}');
  const modern = launch(['--url', fresh.url]);
  assert.equal(textIn(await modern.callModern('tools/call', { name: 'echo', arguments: {} })), '{}');
});
