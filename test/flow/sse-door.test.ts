/*
 * The door of HTTP+SSE, the transport of 2024-11-05, before servers of every kind: everything that the gateway has to say to
 * such a client comes on its one stream, and the stream's end is the end of everything.
 */
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { Client as ClientV2, SSEClientTransport as SseV2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { at, resultOf } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { type SseClient, sseClient } from '../rig/sse-client.ts';
import { openStage, type Scripted, type StageOptions } from './stage.ts';

const fresh = await startScripted({ revision: MODERN, transport: 'http' });
const up: Record<string, Scripted> = {
  old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  pipe: await startScripted({ revision: '2025-06-18', transport: 'stdio' }),
  stream: await startScripted({ revision: '2024-11-05', transport: 'sse' }),
  fresh,
};
const stage = await openStage(up);
after(() => stage.close());

const SERVERS = Object.keys(up);
const REVISIONS: readonly Revision[] = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'];
const SESSIONS = 'gatewright_sessions';
const ELICITATION = {
  ...{ tool: 'ask', method: 'elicitation/create' },
  result: { action: 'accept', content: { answer: 'me' } },
};
const SAMPLING = {
  ...{ tool: 'sample', method: 'sampling/createMessage' },
  result: { role: 'assistant', model: 'me', content: { type: 'text', text: 'x' } },
};
const upOf = (name: string) => up[name] as Scripted;
const codeOf = (message: unknown) => at(message, 'error', 'code');
const namesIn = (answer: unknown) => (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);

async function own(t: TestContext, options: StageOptions, server = 'old') {
  const old = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const alone = await openStage({ [server]: old }, options);
  t.after(() => alone.close());
  return { stage: alone, old };
}

async function settles(value: () => Promise<number>, expected: number): Promise<void> {
  while ((await value()) !== expected) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a client of HTTP+SSE', () => {
  for (const revision of REVISIONS) {
    it(`agrees on ${revision}, finds the tools of all servers and calls them`, async () => {
      const client = await stage.sse('', {}, revision);
      const listed = namesIn(await client.call('tools/list'));
      for (const server of SERVERS) {
        assert.ok(listed.includes(`${server}__echo`), server);
        const answer = await client.call('tools/call', { name: `${server}__echo`, arguments: { n: 1 } });
        assert.equal(textOf(answer), '{"n":1}', server);
      }
      client.close();
    });
  }

  for (const server of SERVERS) {
    it(`reaches ${server} alone, under its own names, and hears the progress of a call before its answer`, async () => {
      const client = await stage.sse(server);
      assert.ok(namesIn(await client.call('tools/list')).includes('echo'));
      const call = { name: 'progress', arguments: { steps: 3 }, _meta: { progressToken: 'p' } };
      const answer = await client.call('tools/call', call);
      assert.equal(textOf(answer), 'progressed 3');
      const heard = client.stream?.messages ?? [];
      const steps = heard.filter(({ method }) => method === 'notifications/progress');
      assert.deepEqual(
        steps.map(({ params }) => [at(params, 'progressToken'), at(params, 'progress')]),
        [1, 2, 3].map((step) => ['p', step]),
      );
      assert.equal(heard.at(-1), answer);
      client.close();
    });
  }

  for (const server of SERVERS) {
    it(`is asked by ${server}, and its answers reach the server`, async () => {
      const client = await stage.sse(server, { capabilities: { elicitation: {}, sampling: {} } }, '2025-06-18');
      // Elicitation came with 2025-06-18.
      for (const { tool, method, result } of server === 'stream' ? [SAMPLING] : [ELICITATION, SAMPLING]) {
        const id = await client.start('tools/call', { name: tool, arguments: {} });
        const question = await client.until((message) => message.method === method);
        assert.equal((await client.answer(question.id, result)).status, 202);
        assert.match(String(textOf(await client.answerTo(id))), /"me"/);
      }
      client.close();
    });

    it(`is told when the lists of ${server} change, and when a resource does that it watches`, async () => {
      const client = await stage.sse(server);
      await client.call('resources/subscribe', { uri: 'scripted://changing' });
      await upOf(server).listChanged('tools');
      await client.until(({ method }) => method === 'notifications/tools/list_changed');
      await upOf(server).resourceUpdated('scripted://changing');
      const update = await client.until(({ method }) => method === 'notifications/resources/updated');
      assert.equal(at(update, 'params', 'uri'), 'scripted://changing');
      client.close();
    });

    it(`cancels a call to ${server} with a notification, and gets no answer to it`, async () => {
      const client = await stage.sse(server);
      const told = upOf(server).received.of('notifications/cancelled').length;
      const id = await client.start('tools/call', { name: 'slow', arguments: { ms: 600_000 } });
      await upOf(server).received.until(({ body }) => body.includes('600000'));
      await client.notify('notifications/cancelled', { requestId: id });
      // A newer server is told by the end of the request.
      if (server === 'fresh') await fresh.dropped.until(({ body }) => body.includes('600000'));
      else await upOf(server).received.until(() => upOf(server).received.of('notifications/cancelled').length > told);
      assert.deepEqual((await client.call('ping')).result, {});
      assert.ok(!client.stream?.messages.some((message) => message.id === id));
      client.close();
    });
  }

  it('gets on two streams what belongs to each, also under the same id', async () => {
    const [one, two] = [await stage.sse('old'), await stage.sse('old')];
    const answers = await Promise.all(
      [one, two].map((client, n) => client.call('tools/call', { name: 'echo', arguments: { n } })),
    );
    assert.deepEqual(answers.map(textOf), ['{"n":0}', '{"n":1}']);
    assert.equal(answers[0]?.id, answers[1]?.id);
    assert.notEqual(one.endpoint, two.endpoint);
    one.close();
    assert.deepEqual((await two.call('ping')).result, {});
    two.close();
  });

  it('may send batches in the one revision that has them', async () => {
    const batch = [
      { jsonrpc: '2.0', id: 'a', method: 'ping' },
      { jsonrpc: '2.0', id: 'b', method: 'ping' },
    ];
    const client = await stage.sse('', {}, '2025-03-26');
    assert.equal((await client.post(batch)).status, 202);
    await client.until(({ id }) => id === 'b');
    assert.deepEqual(JSON.parse(client.stream?.events.at(-1)?.data ?? ''), [resultOf('a', {}), resultOf('b', {})]);
    const other = await stage.sse();
    const refused = await other.post(batch);
    assert.deepEqual([refused.status, codeOf(refused.messages[0])], [400, -32600]);
    client.close();
    other.close();
  });

  it('is told on its stream what it did wrong in a message, and served on', async () => {
    const client = sseClient(`${stage.gateway.url}/sse`);
    await client.open();
    assert.match(String(at(await client.call('tools/list'), 'error', 'message')), /initialize first/);
    assert.deepEqual((await client.call('ping')).result, {});
    const version = 'io.modelcontextprotocol/protocolVersion';
    const capabilities = 'io.modelcontextprotocol/clientCapabilities';
    for (const requested of [MODERN, '2031-01-01']) {
      const refused = await client.call('tools/list', { _meta: { [version]: requested, [capabilities]: {} } });
      assert.equal(codeOf(refused), -32022);
      assert.match(String(at(refused, 'error', 'message')), /send them to \/mcp/);
      assert.deepEqual(at(refused, 'error', 'data'), { supported: [...REVISIONS].reverse(), requested });
    }
    const hello = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
    assert.equal(at(await client.call('initialize', hello), 'result', 'protocolVersion'), '2024-11-05');
    assert.match(String(at(await client.call('initialize', hello), 'error', 'message')), /initialized already/);
    assert.equal(codeOf(await client.call('no/such')), -32601);
    client.close();
  });

  it('is told in the answer to its POST what is no message, and served on', async () => {
    const client = await stage.sse();
    for (const [body, status, code] of [
      ['', 400, -32700],
      ['{"jsonrpc":"2.0","id":1,"method":"ping"', 400, -32700],
      ['{"jsonrpc":"2.0","id":9,"id":9,"method":"ping"}', 400, -32600],
      ['{"jsonrpc":"1.0","id":9,"method":"ping"}', 400, -32600],
    ] as const) {
      const { status: got, messages } = await client.post(body);
      assert.deepEqual([got, codeOf(messages[0])], [status, code], body);
    }
    const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
    assert.equal((await client.post(ping, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await client.post(ping, { 'mcp-protocol-version': '2031-01-01' })).status, 400);
    assert.deepEqual((await client.call('ping')).result, {});
    client.close();
  });
});

describe('the end of the stream', () => {
  it('ends the session and cancels what runs: nobody could read the answer any more', async (t) => {
    const { stage: alone, old } = await own(t, {});
    const client = await alone.sse('old');
    await client.start('tools/call', { name: 'slow', arguments: { ms: 600_000 } });
    await old.received.until(({ body }) => body.includes('600000'));
    assert.equal(await alone.metric(SESSIONS), 1);
    client.stream?.abort();
    await old.received.until(({ method }) => method === 'notifications/cancelled');
    await settles(() => alone.metric(SESSIONS), 0);
    assert.equal((await client.notify('notifications/cancelled', { requestId: 1 })).status, 404);
  });

  it('leaves nothing behind: no stream, no session, no subscription, a hundred times over', async (t) => {
    const { stage: alone, old } = await own(t, { config: { limits: { streamsPerPrincipalMax: 1 } } });
    for (let n = 0; n < 100; n++) {
      let client: SseClient | undefined;
      while (client === undefined) client = await alone.sse('old').catch(() => undefined);
      if (n % 10 === 0) await client.call('resources/subscribe', { uri: 'scripted://changing' });
      client.stream?.abort();
    }
    await settles(() => alone.metric(SESSIONS), 0);
    await settles(
      async () => old.received.of('resources/subscribe').length - old.received.of('resources/unsubscribe').length,
      0,
    );
  });

  it('comes in order when the gateway stops: what runs is answered first', async (t) => {
    const { stage: alone } = await own(t, {});
    const client = await alone.sse('old');
    const id = await client.start('tools/call', { name: 'slow', arguments: { ms: 500 } });
    const stopped = alone.gateway.stop();
    assert.equal(textOf(await client.answerTo(id)), 'slept');
    await client.stream?.ended;
    assert.equal(await stopped, 0);
  });

  it('does not wait longer than the drain time: what runs then is told so', async (t) => {
    const { stage: alone } = await own(t, { config: { limits: { drainTimeoutMs: 300 } } });
    const client = await alone.sse('old');
    const id = await client.start('tools/call', { name: 'slow', arguments: { ms: 600_000 } });
    const stopped = alone.gateway.stop();
    assert.equal(codeOf(await client.answerTo(id)), -31023);
    await client.stream?.ended;
    assert.equal(await stopped, 0);
  });
});

describe('what people try', () => {
  const info = { name: 'sdk', version: '1' };

  it('POST to /sse is told what is allowed, so that a client falls back to GET', async () => {
    for (const path of ['/sse', '/sse/old']) {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const { status, headers } = await fetch(`${stage.gateway.url}${path}`, { method });
        assert.deepEqual([status, headers.get('allow')], [405, 'GET, OPTIONS']);
      }
    }
    const { status, headers } = await fetch(`${stage.gateway.url}/messages`);
    assert.deepEqual([status, headers.get('allow')], [405, 'POST, OPTIONS']);
  });

  it('a client of Streamable HTTP at /sse fails, and its fallback to HTTP+SSE works', async () => {
    const url = new URL(`${stage.gateway.url}/sse`);
    const first = new Client(info);
    await assert.rejects(first.connect(new StreamableHTTPClientTransport(url) as never), /405|not served/);
    const second = new Client(info);
    await second.connect(new SSEClientTransport(url));
    assert.ok((await second.listTools()).tools.some(({ name }) => name === 'old__echo'));
    await second.close();
  });

  it('a client of HTTP+SSE at /mcp is told where to go', async () => {
    for (const [path, instead] of [
      ['/mcp', '/sse'],
      ['/mcp/old', '/sse/old'],
    ] as const) {
      const response = await fetch(`${stage.gateway.url}${path}`, { headers: { accept: 'text/event-stream' } });
      assert.equal(response.status, 400);
      assert.ok((await response.text()).includes(`use ${instead} instead`));
    }
    await assert.rejects(new Client(info).connect(new SSEClientTransport(new URL(stage.url()))), /400/);
  });

  it('an endpoint that is not there is not there', async () => {
    for (const path of ['/sse/none', '/sse/', '/SSE', '/sse/old/', '/messages/', '/messages/old']) {
      assert.equal((await fetch(`${stage.gateway.url}${path}`)).status, 404, path);
    }
    assert.equal((await fetch(`${stage.gateway.url}/sse`, { headers: { accept: 'text/html' } })).status, 406);
  });

  it('the address to post to is below that of publicUrl, and of the origin by which the client has come', async (t) => {
    const publicUrl = 'https://gateway.example.com/tools/';
    const tokens = [{ name: 'one', token: 'the-token-of-number-one-is-long-enough' }];
    const { stage: alone } = await own(t, { config: { publicUrl, auth: { tokens } } });
    const client = sseClient(`${alone.gateway.url}/sse`, { headers: { authorization: `Bearer ${tokens[0]?.token}` } });
    const stream = await client.open();
    assert.match(stream.events[0]?.data ?? '', /^\/tools\/messages\?sessionId=[\w-]{22}$/);
    client.close();
  });
});

describe('a client of the SDK', () => {
  const info = { name: 'sdk', version: '1' };
  const address = (endpoint: string) => new URL(`${stage.gateway.url}/sse${endpoint}`);

  it('of the first generation finds, calls, hears progress, is asked, and is told of changes', async (t) => {
    const { ElicitRequestSchema, ToolListChangedNotificationSchema } = await import(
      '@modelcontextprotocol/sdk/types.js'
    );
    const client = new Client(info, { capabilities: { elicitation: {} } });
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'sdk' } }));
    const changed = Promise.withResolvers<void>();
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.resolve());
    t.after(() => client.close());
    await client.connect(new SSEClientTransport(address('')));
    const steps: number[] = [];
    // With a pause, for the SDK drops progress that comes in one piece with its answer.
    const call = { name: 'pipe__progress', arguments: { steps: 2, everyMs: 50 } };
    await client.callTool(call, undefined, { onprogress: ({ progress }) => steps.push(progress) });
    assert.deepEqual(steps, [1, 2]);
    assert.match(JSON.stringify(await client.callTool({ name: 'old__ask', arguments: {} })), /sdk/);
    await upOf('old').listChanged('tools');
    await changed.promise;
  });

  for (const mode of ['legacy', 'auto'] as const) {
    it(`of the second generation, ${mode}, finds and calls`, async (t) => {
      const client = new ClientV2(info, { versionNegotiation: { mode } });
      t.after(() => client.close());
      await client.connect(new SseV2(address('')));
      assert.ok((await client.listTools()).tools.some(({ name }) => name === 'fresh__echo'));
      for (const server of SERVERS) {
        const answer = await client.callTool({ name: `${server}__echo`, arguments: { say: 'hi' } });
        assert.match(JSON.stringify(answer), /hi/);
      }
    });
  }
});
