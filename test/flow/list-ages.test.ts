/*
 * How long lists are good: what servers say of it reaches newer clients with the time taken off that has passed, several
 * servers say the least of what each says, and what is older than it may be is shown to nobody.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { type Behaviour, type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const HOUR_MS = 3_600_000;

const listing = (name: string, hint: JsonObject): Behaviour => ({
  answer: { resultType: 'complete', tools: [{ name, inputSchema: { type: 'object' } }], ...hint },
});

/** A newer server with one tool, its list good for so long. */
function serverOf(name: string, hint: JsonObject): Promise<ScriptedHttpUpstream> {
  return startScripted({ revision: MODERN, transport: 'http', behaviours: { 'tools/list': listing(name, hint) } });
}

interface Listed {
  readonly tools: readonly { readonly name: string }[];
  readonly ttlMs: number;
  readonly cacheScope: string;
  readonly _meta: JsonObject;
}

async function listOf(stage: Stage, endpoint: string) {
  const { answer } = await stage.modern(endpoint).call('tools/list');
  const { tools, ttlMs, cacheScope, _meta } = (answer?.result ?? {}) as Listed;
  return { names: tools.map(({ name }) => name), ttlMs, cacheScope, missing: _meta['io.gatewright/missing'] };
}

describe('a newer client is told', async () => {
  const open = async (t: TestContext, entries: Record<string, JsonObject> = {}) => {
    const servers = {
      hour: await serverOf('a', { ttlMs: HOUR_MS, cacheScope: 'public' }),
      'two-hours': await serverOf('b', { ttlMs: 2 * HOUR_MS, cacheScope: 'public' }),
      own: await serverOf('c', { ttlMs: HOUR_MS, cacheScope: 'private' }),
    };
    const endpoints = { both: { servers: ['hour', 'two-hours'] }, mixed: { servers: ['hour', 'own'] } };
    const stage = await openStage(servers, { entries, config: { endpoints } });
    t.after(() => stage.close());
    return stage;
  };
  const isLessThan = (ttlMs: number, allMs: number) => ttlMs > 0 && ttlMs < allMs && Number.isInteger(ttlMs);

  it('the time that is left, and whose list it is', async (t) => {
    const stage = await open(t);
    for (const [endpoint, scope, allMs] of [
      ['hour', 'public', HOUR_MS],
      ['two-hours', 'public', 2 * HOUR_MS],
      ['own', 'private', HOUR_MS],
      ['both', 'public', HOUR_MS],
      ['mixed', 'private', HOUR_MS],
    ] as const) {
      const { ttlMs, cacheScope } = await listOf(stage, endpoint);
      assert.equal(cacheScope, scope, endpoint);
      assert.ok(isLessThan(ttlMs, allMs), `${endpoint}: ${ttlMs}`);
      const again = await listOf(stage, endpoint);
      assert.ok(again.ttlMs <= ttlMs);
    }
  });

  it('that a list is its own behind a filter, and that what it reads there is', async (t) => {
    const stage = await open(t, { hour: { tools: { block: ['a'] } } });
    assert.deepEqual((await listOf(stage, 'hour')).cacheScope, 'private');
    assert.deepEqual((await listOf(stage, 'both')).cacheScope, 'private');
  });

  it('nothing by which to keep a list from which a server is missing', async (t) => {
    const hour = await serverOf('a', { ttlMs: HOUR_MS, cacheScope: 'public' });
    const gone = await serverOf('b', { ttlMs: HOUR_MS, cacheScope: 'public' });
    const stage = await openStage({ hour, gone });
    t.after(() => stage.close());
    assert.equal((await listOf(stage, '')).cacheScope, 'public');
    await gone.close();
    await stage.modern('').call('tools/call', { name: 'gone__b' });
    const { ttlMs, cacheScope, missing } = await listOf(stage, '');
    assert.deepEqual([ttlMs, cacheScope, missing], [0, 'private', [{ server: 'gone', reason: 'down' }]]);
  });

  for (const filter of [false, true]) {
    it(`what a server says of a resource${filter ? ', but behind a filter that it is its own' : ''}`, async (t) => {
      const read = { contents: [], ttlMs: 77_000, cacheScope: 'public', resultType: 'complete' };
      const up = await startScripted({
        ...{ revision: MODERN, transport: 'http' },
        behaviours: { 'resources/read': { answer: read }, 'server/discover': { answer: discovered(HOUR_MS) } },
      });
      const stage = await openStage({ up }, { entries: filter ? { up: { tools: { block: ['echo'] } } } : {} });
      t.after(() => stage.close());
      const { answer } = await stage.modern('up').call('resources/read', { uri: 'scripted://text' });
      assert.deepEqual(answer?.result, { ...read, cacheScope: filter ? 'private' : 'public' });
      const about = (await stage.modern('up').call('server/discover')).answer?.result;
      assert.equal(at(about, 'cacheScope'), 'public');
      assert.ok(isLessThan(Number(at(about, 'ttlMs')), HOUR_MS));
    });
  }
});

const discovered = (ttlMs: number): JsonObject => ({
  ...{ resultType: 'complete', supportedVersions: [MODERN], capabilities: { tools: {}, resources: {} } },
  ...{ ttlMs, cacheScope: 'public', _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'n', version: '1' } } },
});

describe('a list that is older than its server says it is good', () => {
  const open = async (t: TestContext, hint: JsonObject, limits: JsonObject) => {
    const up = await serverOf('first', hint);
    const stage = await openStage({ up, other: await serverOf('x', { ttlMs: HOUR_MS }) }, { entries: { up: limits } });
    t.after(() => stage.close());
    return { up, stage };
  };

  it('is shown while it is read anew, no longer than listStaleMs', async (t) => {
    const { up, stage } = await open(t, { ttlMs: 1 }, { listStaleMs: HOUR_MS });
    await up.set('tools/list', { ...listing('second', { ttlMs: 1 }), delayMs: 200 });
    while ((await listOf(stage, 'up')).names[0] === 'first') await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(up.received.of('tools/list').length <= 3);
  });

  it('is shown to nobody from then on: whoever asks waits for the next', async (t) => {
    const { up, stage } = await open(t, { ttlMs: 1 }, { listStaleMs: 0 });
    await up.set('tools/list', { ...listing('second', { ttlMs: HOUR_MS, cacheScope: 'public' }), delayMs: 200 });
    const { names, ttlMs } = await listOf(stage, 'up');
    assert.deepEqual(names, ['second']);
    assert.ok(ttlMs <= HOUR_MS - 200);
    assert.deepEqual((await listOf(stage, '')).names, ['up__second', 'other__x']);
    assert.equal(up.received.of('tools/list').length, 2);
  });

  it('and cannot be read means that its server is missing, in its own words, and nobody waits again', async (t) => {
    const { up, stage } = await open(t, { ttlMs: 1 }, { listStaleMs: 0, callTimeoutMs: 300 });
    await up.set('tools/list', { hang: true });
    const { names, missing } = await listOf(stage, '');
    assert.deepEqual([names, missing], [['other__x'], [{ server: 'up', reason: 'down' }]]);
    assert.deepEqual((await listOf(stage, '')).missing, [{ server: 'up', reason: 'down' }]);
    await up.set('tools/list', listing('back', { ttlMs: HOUR_MS }));
    await stage.server('up', 'ready', stage.gateway.said.length);
    assert.deepEqual((await listOf(stage, '')).names, ['up__back', 'other__x']);
  });

  it('because the server said that it changed, is shown to nobody from that moment', async (t) => {
    const { up, stage } = await open(t, { ttlMs: HOUR_MS }, {});
    const client = stage.modern('up');
    await up.set('tools/list', { ...listing('second', { ttlMs: HOUR_MS }), delayMs: 300 });
    // Nobody is told before the gateway listens.
    while (up.received.of('tools/list').length < 2) {
      await up.listChanged('tools');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { answer } = await client.call('tools/list');
    assert.equal(at(answer, 'result', 'tools', 0, 'name'), 'second');
  });
});
