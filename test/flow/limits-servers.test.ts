/*
 * The limits of what a server may send and of what the gateway spends on one: answers, lists, processes, sessions, the
 * time to reach it and the time to let it finish. And the promise over all limits: each has a test that hits it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { LIMITS } from '../../src/model/limits.ts';
import { at } from '../rig/json-rpc.ts';
import type { ModernClient, Reply } from '../rig/raw-client.ts';
import { legacyClient, textOf } from '../rig/raw-client.ts';
import { TOOLS } from '../rig/scripted-content.ts';
import { MODERN, type ScriptedTool } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage } from './stage.ts';

const ANSWER_BYTES_MAX = 8_192;

describe('what a server sends', async () => {
  const up = {
    json: await startScripted({ revision: MODERN, transport: 'http' }),
    events: await startScripted({ revision: MODERN, transport: 'http', answerAs: 'sse' }),
    stream: await startScripted({ revision: '2024-11-05', transport: 'sse' }),
    pipe: await startScripted({ revision: MODERN, transport: 'stdio' }),
  };
  const limited = { answerBytesMax: ANSWER_BYTES_MAX };
  const stage = await openStage(up, { entries: { json: limited, events: limited, stream: limited, pipe: limited } });
  after(() => stage.close());

  /** How long an answer to `big` of so many bytes is when it leaves the server. */
  const FRAMES = { json: 0, events: 'data: '.length, stream: 'data: '.length, pipe: 0 };

  for (const server of Object.keys(up) as (keyof typeof up)[]) {
    it(`answerBytesMax (${server}): an answer at the limit passes, one above fails its call alone`, async () => {
      const client = server === 'stream' ? await stage.legacy(server, {}, '2024-11-05') : stage.modern(server);
      const big = (bytes: number): Promise<Reply> => client.call('tools/call', { name: 'big', arguments: { bytes } });
      const counts = await hitsOf(stage);
      const answer = await big(1_000);
      const id = at(up[server].received.of('tools/call')[0]?.message, 'id');
      const around = JSON.stringify({ ...answer.answer, id }).length - 1_000 + FRAMES[server];
      const good = await big(ANSWER_BYTES_MAX - around);
      assert.equal(String(textOf(good.answer)).length, ANSWER_BYTES_MAX - around);
      await counts.assertRose({});
      const [bad, beside] = await Promise.all([
        big(ANSWER_BYTES_MAX - around + 1),
        client.call('tools/call', { name: 'slow', arguments: { ms: 30 } }),
      ]);
      assert.equal(bad.status, 200);
      assert.equal(failureOf(bad.answer), 'upstream_too_large');
      assert.equal(textOf(beside.answer), 'slept');
      await counts.assertRose({ answerBytesMax: 1 });
    });
  }
});

describe('what a server lists', async () => {
  const more: ScriptedTool[] = [{ name: 'one-more', inputSchema: { type: 'object' } }];
  const pageSize = Math.ceil(TOOLS.length / 3);
  const start = (tools: readonly ScriptedTool[], size: number) =>
    startScripted({ revision: MODERN, transport: 'http', tools, pageSize: size });
  const bytes = TOOLS.reduce((sum, tool) => sum + JSON.stringify(tool).length, 0);
  const up = {
    pages: await start([], pageSize),
    entries: await start([], 100),
    bytes: await start([], 100),
    'too-many-pages': await start([], pageSize),
    'too-many-entries': await start(more, 100),
    'too-many-bytes': await start([], 100),
  };
  const entries = {
    pages: { listPagesMax: 3 },
    entries: { listEntriesMax: TOOLS.length },
    bytes: { listBytesMax: bytes },
    'too-many-pages': { listPagesMax: 2 },
    'too-many-entries': { listEntriesMax: TOOLS.length },
    'too-many-bytes': { listBytesMax: bytes - 1 },
  };
  const stage = await openStage(up, { entries });
  after(() => stage.close());
  const EXPECTED = {
    ...{ pages: 0, entries: 0, bytes: 0 },
    ...{ 'too-many-pages': TOOLS.length - 2 * pageSize, 'too-many-entries': 1, 'too-many-bytes': 1 },
  };

  for (const [server, missing] of Object.entries(EXPECTED)) {
    it(`${server}: ${missing === 0 ? 'all tools' : `all tools but ${missing}`}`, async () => {
      const all = up[server as keyof typeof up] === up['too-many-entries'] ? TOOLS.length + 1 : TOOLS.length;
      const { answer } = await stage.modern(server).call('tools/list');
      assert.equal((at(answer, 'result', 'tools') as unknown[]).length, all - missing);
    });
  }

  it('listPagesMax, listEntriesMax and listBytesMax: each counted once for each reading', async () => {
    const count = (limit: string) => stage.metric(`gatewright_limit_hits_total{limit="${limit}"}`);
    const readings = (server: keyof typeof up, pages = 1) => up[server].received.of('tools/list').length / pages;
    assert.equal(await count('listPagesMax'), readings('too-many-pages', 2));
    assert.equal(await count('listEntriesMax'), readings('too-many-entries'));
    assert.equal(await count('listBytesMax'), readings('too-many-bytes'));
  });
});

describe('conversations with one server for different callers', async () => {
  const TOKENS = [
    'the-token-of-number-one-is-long-enough',
    'the-token-of-number-two-is-long-enough',
    'the-token-of-number-three-is-long-enough',
  ];
  const tokens = TOKENS.map((token, n) => ({ name: `caller-${n}`, token }));
  const as = (n: number) => ({ authorization: `Bearer ${TOKENS[n]}` });
  const up = {
    pipe: await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
    http: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  };
  const entries = { pipe: { processesMax: 2, discoverTimeoutMs: 500 }, http: { upstreamSessionsMax: 2 } };
  const stage = await openStage(up, { config: { auth: { tokens } }, entries });
  after(() => stage.close());

  for (const [server, limit] of [
    ['pipe', 'processesMax'],
    ['http', 'upstreamSessionsMax'],
  ] as const) {
    it(`${limit}: two callers are served, a third when one of them is idle`, async () => {
      const call = async (n: number, name: string, input: object): Promise<Reply> =>
        stage.modern(server, { headers: as(n) }).call('tools/call', { name, arguments: input });
      const counts = await hitsOf(stage, as(0));
      const busy = [0, 1].map((n) => call(n, 'slow', { ms: 800 }));
      await up[server].received.until(() => up[server].received.of('tools/call').length >= 2);
      const full = await call(2, 'echo', {});
      assert.equal(full.status, 429, full.stream.rawBody);
      assert.equal(at(full.answer, 'error', 'code'), -31029);
      assert.equal(full.stream.headers['retry-after'], '1');
      await counts.assertRose({ [limit]: 1 });
      for (const { answer } of await Promise.all(busy)) assert.equal(textOf(answer), 'slept');
      assert.equal(textOf((await call(2, 'echo', { n: 1 })).answer), '{"n":1}');
      await counts.assertRose({ [limit]: 1 });
    });
  }
});

describe('lists that not everybody sees', () => {
  it('listContextsMax: of two kinds of clients who see more the one that looked last does', async (t) => {
    const tools = [{ name: 'asks-you', inputSchema: { type: 'object' }, needs: 'elicitation' }];
    const up = await startScripted({ revision: '2025-11-25', transport: 'http', tools });
    const stage = await openStage({ up }, { entries: { up: { listContextsMax: 1 } } });
    t.after(() => stage.close());
    const kinds = [{ elicitation: {} }, { elicitation: {}, roots: {} }];
    const [one, two] = kinds.map((capabilities) => stage.modern('up', { capabilities }));
    const isShown = async (client: ModernClient | undefined) =>
      JSON.stringify((await client?.call('tools/list'))?.answer).includes('asks-you');
    const counts = await hitsOf(stage);
    assert.ok(await isShown(one));
    assert.ok(await isShown(one));
    await counts.assertRose({});
    assert.ok(await isShown(two));
    await counts.assertRose({ listContextsMax: 1 });
    assert.ok(await isShown(one));
    await counts.assertRose({ listContextsMax: 2 });
  });
});

describe('times', () => {
  it('connectTimeoutMs: a server that never answers is down, and said to be', async (t) => {
    const behaviours = { 'server/discover': { hang: true }, initialize: { hang: true } };
    const up = await startScripted({ revision: MODERN, transport: 'http', behaviours });
    const stage = await openStage({ mute: up }, { entries: { mute: { connectTimeoutMs: 200 } } });
    t.after(() => stage.close());
    await stage.server('mute', 'down');
    assert.ok((await stage.metric('gatewright_limit_hits_total{limit="connectTimeoutMs"}')) >= 1);
  });

  it('startTimeoutMs: a process that never answers is down, and said to be', async (t) => {
    const behaviours = { 'server/discover': { hang: true }, initialize: { hang: true } };
    const up = await startScripted({ revision: MODERN, transport: 'stdio', behaviours });
    const times = { startTimeoutMs: 800, discoverTimeoutMs: 50 };
    const stage = await openStage({ mute: up }, { entries: { mute: times } });
    t.after(() => stage.close());
    await stage.server('mute', 'down');
    assert.ok((await stage.metric('gatewright_limit_hits_total{limit="startTimeoutMs"}')) >= 1);
  });

  it('discoverTimeoutMs: a child that does not answer the new question is asked the old one', async (t) => {
    const behaviours = { 'server/discover': { hang: true } };
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio', behaviours });
    const stage = await openStage({ old: up }, { entries: { old: { discoverTimeoutMs: 200 } } });
    t.after(() => stage.close());
    await stage.server('old', 'ready');
    assert.equal(await stage.metric('gatewright_limit_hits_total{limit="discoverTimeoutMs"}'), 1);
  });

  it('sessionIdleMs: a session that nobody uses ends, one with a stream stays', async (t) => {
    const up = await startScripted({ revision: MODERN, transport: 'http' });
    const stage = await openStage({ new: up }, { config: { limits: { sessionIdleMs: 300 } } });
    t.after(() => stage.close());
    const idle = await stage.legacy('new');
    const open = await stage.legacy('new');
    const stream = await open.listen();
    while ((await stage.metric('gatewright_limit_hits_total{limit="sessionIdleMs"}')) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.equal((await idle.call('ping')).status, 404);
    assert.equal((await open.call('ping')).status, 200);
    stream.abort();
  });

  it('drainTimeoutMs: a call that does not end is ended, and that is said', async (t) => {
    const up = await startScripted({ revision: MODERN, transport: 'http' });
    const stage = await openStage({ new: up }, { config: { limits: { drainTimeoutMs: 200 } } });
    t.after(() => stage.close());
    const client = legacyClient(stage.url('new'), '2025-11-25');
    t.after(() => client.close());
    await client.initialize();
    const call = client.call('tools/call', { name: 'slow', arguments: { ms: 60_000 } });
    call.catch(() => {});
    await up.received.until(({ method }) => method === 'tools/call');
    assert.equal(await stage.gateway.stop(), 0);
    assert.match(stage.gateway.stderr(), /"limit":"drainTimeoutMs"/);
  });
});

describe('all limits', () => {
  it('each has a test here that hits it', () => {
    const folder = new URL('.', import.meta.url);
    const files = readdirSync(folder).filter((name) => /^(limits.*|reload)\.test\.ts$/.test(name));
    const text = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('');
    const counted = Object.entries(LIMITS).filter(([, limit]) => !('paces' in limit));
    const missing = counted.map(([name]) => name).filter((name) => !text.includes(`${name}:`));
    assert.deepEqual(missing, []);
  });
});
