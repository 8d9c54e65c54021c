/*
 * Servers that only know HTTP+SSE (2024-11-05), behind the gateway: clients of every kind use them, with and without the
 * word `sse` in the configuration, and they heal like the others.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { scriptedHttp } from '../rig/scripted-http.ts';
import { type JsonObject, MODERN, type Revision } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Stage } from './stage.ts';

const EVERYTHING = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

async function staged(t: TestContext, entry: JsonObject = { type: 'sse' }, revision: Revision = '2024-11-05') {
  const up = await startScripted({ revision, transport: 'sse' });
  const stage = await openStage({ up }, { entries: { up: entry } });
  t.after(() => stage.close());
  return { up, stage };
}

const names = (answer: RpcMessage | undefined) =>
  (at(answer, 'result', 'tools') as readonly JsonObject[]).map(({ name }) => name);

describe('a server over HTTP+SSE', { concurrency: 4 }, () => {
  for (const [what, entry] of [
    ['said to be one', { type: 'sse' }],
    ['of which only the address is known', {}],
  ] as const) {
    it(`${what} serves clients of every era, alone and beside others`, async (t) => {
      const { up, stage } = await staged(t, entry);
      assert.equal((await stage.server('up', 'ready')).transport, 'sse');
      const clients = [
        stage.modern('up'),
        stage.modern(),
        await stage.legacy('up'),
        await stage.legacy('', {}, '2025-03-26'),
      ];
      for (const [n, client] of clients.entries()) {
        const prefix = n % 2 === 0 ? '' : 'up__';
        assert.ok(names((await client.call('tools/list')).answer).includes(`${prefix}echo`));
        const { answer } = await client.call('tools/call', { name: `${prefix}echo`, arguments: { n } });
        assert.deepEqual(JSON.parse(String(textOf(answer))), { n });
      }
      // A server of that time may not survive a question that it does not know.
      if ('type' in entry) assert.deepEqual(up.received.of('server/discover'), []);
    });
  }

  it('said to speak Streamable HTTP is not tried another way', async (t) => {
    const { up, stage } = await staged(t, { type: 'http' });
    const { reason } = await stage.server('up', 'down');
    assert.match(String(reason), /405|404/);
    assert.deepEqual(
      up.received.of('initialize').filter(({ path }) => path.startsWith('/messages')),
      [],
    );
  });

  it('with a revision pinned that has no sessions is not spoken to, and the operator is told why', async (t) => {
    const { up, stage } = await staged(t, { type: 'sse', revision: MODERN });
    assert.match(String((await stage.server('up', 'down')).reason), /not spoken over HTTP\+SSE/);
    assert.deepEqual(up.received.all, []);
  });

  it('reports progress and is told of cancelled calls', async (t) => {
    const { up, stage } = await staged(t, { type: 'sse' }, '2024-11-05');
    const client = await stage.legacy('up');
    const { interim } = await client.call('tools/call', {
      name: 'progress',
      arguments: { steps: 2 },
      _meta: { progressToken: 't' },
    });
    assert.deepEqual(
      interim.map((message) => at(message, 'params', 'progressToken')),
      ['t', 't'],
    );
    const slow = client.call('tools/call', { name: 'slow', arguments: { ms: 20_000 } }, { id: 'slow' });
    await up.received.until(({ body }) => body.includes('20000'));
    await client.notify('notifications/cancelled', { requestId: 'slow' });
    await up.received.until(({ message }) => message?.method === 'notifications/cancelled');
    await slow.catch(() => {});
  });

  it('tells of changed lists', async (t) => {
    const { stage } = await staged(t);
    const client = await stage.legacy('up');
    const stream = await client.listen();
    await client.call('tools/call', { name: 'change' });
    await stream.until((message) => message.method === 'notifications/tools/list_changed');
    assert.ok(names((await client.call('tools/list')).answer).some((name) => String(name).startsWith('added-')));
  });

  it('asks the client of its call: for a sample and for roots since 2024-11-05', async (t) => {
    const { stage } = await staged(t, { type: 'sse' }, '2024-11-05');
    const client = await stage.legacy('up', { capabilities: { sampling: {}, roots: {} } });
    for (const [tool, method, result] of [
      ['sample', 'sampling/createMessage', { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } }],
      ['roots', 'roots/list', { roots: [{ uri: 'file:///a' }] }],
    ] as const) {
      const stream = await client.start('tools/call', { name: tool });
      const question = await stream.until((message) => message.method === method);
      await client.answer(question.id, result);
      await stream.ended;
      assert.deepEqual(JSON.parse(String(textOf(stream.messages.at(-1)))), { answered: result });
    }
  });

  it('that takes a POST and never ends it is waited for on its stream only', async (t) => {
    const { up, stage } = await staged(t);
    await up.set('tools/call echo', { neverEnd: true });
    const { answer } = await stage.modern('up').call('tools/call', { name: 'echo', arguments: { n: 1 } });
    assert.equal(textOf(answer), '{"n":1}');
  });

  it('that forgets its session, though the stream stays, gets it anew and the calls once more', async (t) => {
    const { up, stage } = await staged(t);
    const client = await stage.legacy('up', { capabilities: { roots: {} } });
    await client.call('tools/call', { name: 'echo' });
    const opened = () => up.received.of('initialize').filter(({ body }) => body.includes('"roots":{}')).length;
    assert.equal(opened(), 1);
    up.forgetSessions();
    const replies = await Promise.all(
      [1, 2, 3].map((n) => client.call('tools/call', { name: 'echo', arguments: { n } })),
    );
    assert.deepEqual(
      replies.map(({ answer }) => textOf(answer)),
      ['{"n":1}', '{"n":2}', '{"n":3}'],
    );
    assert.equal(opened(), 2);
    await up.set('tools/call', { forgetSession: true });
    assert.equal(failureOf((await client.call('tools/call', { name: 'echo' })).answer), 'upstream_session');
    await up.set('tools/call', undefined);
    assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
  });

  it('found out to be one is found out anew when something newer is in its place', async (t) => {
    const { up, stage } = await staged(t, {});
    await stage.server('up', 'ready');
    const mark = stage.gateway.said.length;
    const { port } = up;
    await up.close();
    await stage.server('up', 'down', mark);
    const newer = await startScripted({ revision: '2025-11-25', transport: 'http', port, path: '/sse' });
    t.after(() => newer.close());
    const ready = await stage.server('up', 'ready', mark);
    assert.deepEqual([ready.revision, ready.transport], ['2025-11-25', 'http']);
    await nextGoodCall(stage);
  });

  it('whose stream ends mid-call loses that call, once, and serves the next', async (t) => {
    const { up, stage } = await staged(t);
    const client = stage.modern('up');
    const running = client.call('tools/call', { name: 'slow', arguments: { ms: 20_000 } });
    await up.received.until(({ body }) => body.includes('20000'));
    const closed = up.close();
    const failed = await running;
    assert.equal(failureOf(failed.answer), 'upstream_lost');
    await closed;
    const back = await startScripted({ revision: '2024-11-05', transport: 'sse', port: up.port });
    t.after(() => back.close());
    await nextGoodCall(stage);
    assert.equal(callsOf(back, 'slow') + callsOf(up, 'slow'), 1, 'a lost call is not repeated');
  });
});

describe('an event stream that cannot be used', { concurrency: 4 }, () => {
  const OPENINGS: readonly (readonly [string, string, RegExp])[] = [
    ['sends elsewhere', 'event: endpoint\ndata: http://127.0.0.2:1/steal\n\n', /another origin.*127\.0\.0\.2:1/],
    ['sends to another scheme', 'event: endpoint\ndata: https:/steal\n\n', /another origin/],
    ['never says where to send to', ': hello\n\n', /did not say in time/],
    ['ends at once', '', /ended the event stream/],
  ];
  for (const [what, opening, reason] of OPENINGS) {
    it(`because it ${what} is no way to the server, and the operator is told`, async (t) => {
      const posts: string[] = [];
      const server = await scriptedHttp(({ method, url }, response) => {
        if (method === 'POST') posts.push(url);
        response.writeHead(method === 'GET' ? 200 : 202, { 'content-type': 'text/event-stream' });
        if (method !== 'GET' || opening === '') response.end();
        else response.write(opening);
      });
      t.after(() => server.close());
      const headers = { authorization: 'Bearer of-the-operator' };
      const entry = { url: server.url, type: 'sse', headers, connectTimeoutMs: 500 };
      const stage = await openStage({}, { others: { bad: entry } });
      t.after(() => stage.close());
      assert.match(String((await stage.server('bad', 'down')).reason), reason);
      const { answer } = await stage.modern().call('tools/call', { name: 'bad__echo' });
      assert.doesNotMatch(JSON.stringify(answer), /127\.0\.0\.2/);
      assert.deepEqual(posts, []);
    });
  }
});

/** Calls until one is answered; the gateway tries again by itself, and because it is asked. */
async function nextGoodCall(stage: Stage): Promise<void> {
  for (;;) {
    const { answer } = await stage.modern('up').call('tools/call', { name: 'echo', arguments: { again: true } });
    if (failureOf(answer) === undefined) return assert.deepEqual(JSON.parse(String(textOf(answer))), { again: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function callsOf(up: ScriptedHttpUpstream, tool: string): number {
  return up.received.of('tools/call').filter(({ message }) => at(message, 'params', 'name') === tool).length;
}

it('the reference server over HTTP+SSE is served', async (t) => {
  const port = await freePort();
  const child = spawn(process.execPath, [EVERYTHING, 'sse'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  await new Promise<void>((resolve) =>
    child.stderr.on('data', (words) => /running|listening/i.test(String(words)) && resolve()),
  );
  const stage = await openStage({}, { others: { everything: { url: `http://127.0.0.1:${port}/sse` } } });
  t.after(() => stage.close());
  const { answer } = await stage
    .modern()
    .call('tools/call', { name: 'everything__echo', arguments: { message: 'hi' } });
  assert.match(String(textOf(answer)), /hi/);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
