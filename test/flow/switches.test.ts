/*
 * What operators switch off while the gateway runs is off for everybody and at once, for clients of every era that have
 * something open, and is back when the switch is lifted; no server and no gateway is started anew for that.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { ExplainQuestion } from '../../src/model/explanation.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { madeServer, madeSnapshot } from '../rig/made.ts';
import { madeOverlay } from '../rig/made-people.ts';
import { type Plane, startPlane } from '../rig/plane.ts';
import { legacyClient, modernClient } from '../rig/raw-client.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';
import { failureOf } from './stage.ts';

const TOOL = (name: string) => ({ name, arguments: {} });

function serverAt(name: string, { url }: ScriptedHttpUpstream) {
  return madeServer(name, { transport: { kind: 'http', url, headers: {}, trusted: true, orSse: false } });
}

async function openPlay() {
  const scripted = (revision: Revision) => startScripted({ revision, transport: 'http' });
  const up = { old: await scripted('2025-11-25'), new: await scripted(MODERN) };
  const servers = Object.entries(up).map(([name, server]) => serverAt(name, server));
  const plane = await startPlane(madeSnapshot(servers));
  after(async () => {
    // What they have open would be waited for.
    for (const client of clients.splice(0)) client.close();
    await plane.close();
    await Promise.all(Object.values(up).map((server) => server.close()));
  });
  return { plane, ...up };
}

const clients: { close(): void }[] = [];
const closing = <Client extends { close(): void }>(client: Client): Client => {
  clients.push(client);
  return client;
};
const modernAt = ({ url }: Plane, path = '') => closing(modernClient(`${url}/mcp${path}`));
async function legacyAt({ url }: Plane, path = '') {
  const client = closing(legacyClient(`${url}/mcp${path}`, '2025-11-25'));
  await client.initialize();
  return client;
}
async function sseAt({ url }: Plane, path = '') {
  const client = closing(sseClient(`${url}/sse${path}`));
  await client.initialize();
  return client;
}

function toolsIn(answer: RpcMessage | undefined): string[] {
  const tools = at(answer, 'result', 'tools') as readonly { readonly name: string }[];
  return tools.map(({ name }) => name);
}
const serversIn = (answer: RpcMessage | undefined) => [...new Set(toolsIn(answer).map((name) => name.split('__')[0]))];
const missingIn = (answer: RpcMessage | undefined) => at(answer, 'result', '_meta', 'io.gatewright/missing');
const changed = ({ method }: RpcMessage) => method === 'notifications/tools/list_changed';
const off = (state: 'disabled' | 'maintenance') =>
  madeOverlay({ servers: new Map([['old', { state, reason: 'why' }]]) });
const NOTHING_OFF = madeOverlay({});

describe('a server that is disabled', () => {
  it('is gone from every list, whoever listens is told, and it is back when that is lifted', async () => {
    const { plane } = await openPlay();
    const [modern, legacy, sse] = [modernAt(plane), await legacyAt(plane), await sseAt(plane)];
    const streams = [await modern.listen({ toolsListChanged: true }), await legacy.listen()];
    await plane.publish({ overlay: off('disabled') });
    await Promise.all([...streams.map((stream) => stream.until(changed)), sse.until(changed)]);
    for (const client of [modern, legacy]) {
      const { answer } = await client.call('tools/list');
      assert.deepEqual([serversIn(answer), missingIn(answer)], [['new'], undefined]);
    }
    assert.deepEqual(
      toolsIn(await sse.call('tools/list')).filter((name) => name.startsWith('old')),
      [],
    );
    const called = await modern.call('tools/call', TOOL('old__echo'));
    const nobodys = await modern.call('tools/call', TOOL('never__echo'));
    assert.deepEqual(at(called.answer, 'error'), at(nobodys.answer, 'error'), 'as if it had never been');
    await plane.publish({ overlay: NOTHING_OFF });
    await plane.upstreams.settled();
    assert.deepEqual(serversIn((await modern.call('tools/list')).answer), ['old', 'new']);
    assert.equal(at((await modern.call('tools/call', TOOL('old__echo'))).answer, 'result', 'isError'), undefined);
  });

  it('has no endpoint of its own: sessions and streams there end', async () => {
    const { plane } = await openPlay();
    const [modern, legacy, sse] = [modernAt(plane, '/old'), await legacyAt(plane, '/old'), await sseAt(plane, '/old')];
    const streams = [await modern.listen({ toolsListChanged: true }), await legacy.listen(), sse.stream];
    await plane.publish({ overlay: off('disabled') });
    await Promise.all(streams.map((stream) => stream?.ended));
    assert.deepEqual([(await modern.call('tools/list')).status, (await legacy.call('tools/list')).status], [404, 404]);
    assert.equal(plane.live.sessions({ endpoint: 'old' }).total, 0);
  });

  it('ends the calls that are under way there first, and then nothing is open with it', async () => {
    const { plane, old } = await openPlay();
    await old.set('tools/call echo', { delayMs: 300 });
    const call = modernAt(plane).call('tools/call', TOOL('old__echo'));
    while (old.received.of('tools/call').length === 0) await new Promise(setImmediate);
    await plane.publish({ overlay: off('disabled') });
    assert.equal(at((await call).answer, 'result', 'isError'), undefined);
    while (old.connectionCount > 0) await new Promise(setImmediate);
    assert.equal(plane.upstreams.of('old'), undefined);
  });

  it('is explained as that', async () => {
    const { plane } = await openPlay();
    await plane.publish({ overlay: off('disabled') });
    const { answer, reason, rule } = await plane.explain(asked('old.echo'));
    assert.deepEqual([answer, reason, rule], ['no', 'disabled', 'overlay.servers.old']);
    assert.equal(plane.live.upstreams({}).find(({ server }) => server === 'old')?.state, 'disabled');
  });
});

describe('a server under maintenance', () => {
  it('is not listed and says why; its calls are refused as for now, and reach nobody', async () => {
    const { plane, old } = await openPlay();
    const modern = modernAt(plane);
    const stream = await modern.listen({ toolsListChanged: true });
    await plane.publish({ overlay: off('maintenance') });
    await stream.until(changed);
    const { answer } = await modern.call('tools/list');
    assert.deepEqual([serversIn(answer), missingIn(answer)], [['new'], [{ server: 'old', reason: 'maintenance' }]]);
    assert.equal(failureOf((await modern.call('tools/call', TOOL('old__echo'))).answer), 'upstream_maintenance');
    const own = await modernAt(plane, '/old').call('tools/list');
    assert.match(String(at(own.answer, 'error', 'message')), /under maintenance/);
    assert.equal(old.received.of('tools/call').length, 0);
    const { answer: may, reason } = await plane.explain(asked('old.echo'));
    assert.deepEqual([may, reason], ['yes', 'maintenance']);
  });

  it('keeps what is open with it, and serves at once when that is over', async () => {
    const { plane, old } = await openPlay();
    const [legacy, met] = [await legacyAt(plane, '/old'), old.received.of('initialize').length];
    await plane.publish({ overlay: off('maintenance') });
    assert.equal(failureOf((await legacy.call('tools/call', TOOL('echo'))).answer), 'upstream_maintenance');
    await plane.publish({ overlay: NOTHING_OFF });
    assert.equal(at((await legacy.call('tools/call', TOOL('echo'))).answer, 'result', 'isError'), undefined);
    assert.ok(old.received.of('initialize').length <= met + 1, 'nothing was met anew but for the call');
  });
});

describe('a tool that the kill switch holds', () => {
  const killed = madeOverlay({ tools: new Set(['old.echo']) });

  it('is in no list and can be called by nobody at any endpoint; others of its server go on', async () => {
    const { plane, old } = await openPlay();
    const [modern, legacy, sse] = [modernAt(plane), await legacyAt(plane, '/old'), await sseAt(plane)];
    const streams = [await modern.listen({ toolsListChanged: true }), await legacy.listen()];
    const others = toolsIn((await legacy.call('tools/list')).answer).filter((name) => name !== 'echo');
    await plane.publish({ overlay: killed });
    await Promise.all([...streams.map((stream) => stream.until(changed)), sse.until(changed)]);
    assert.ok(!toolsIn((await modern.call('tools/list')).answer).includes('old__echo'));
    assert.deepEqual(toolsIn((await legacy.call('tools/list')).answer), others);
    for (const answer of [
      (await modern.call('tools/call', TOOL('old__echo'))).answer,
      (await legacy.call('tools/call', TOOL('echo'))).answer,
      await sse.call('tools/call', TOOL('old__echo')),
    ])
      assert.match(String(at(answer, 'error', 'message')), /Unknown tool/);
    assert.equal(old.received.of('tools/call').length, 0);
    const { answer, reason, rule } = await plane.explain(asked('old.echo'));
    assert.deepEqual([answer, reason, rule], ['no', 'killed', 'overlay.tools.old.echo']);
    await plane.publish({ overlay: NOTHING_OFF });
    assert.ok(toolsIn((await modern.call('tools/list')).answer).includes('old__echo'));
  });

  it('has its calls under way cancelled, and no others', async () => {
    const { plane, old } = await openPlay();
    await old.set('tools/call echo', { hang: true });
    const modern = modernAt(plane);
    const echo = modern.call('tools/call', TOOL('old__echo'));
    const slow = modern.call('tools/call', { name: 'old__slow', arguments: { ms: 400 } });
    while (old.received.of('tools/call').length < 2) await new Promise(setImmediate);
    await plane.publish({ overlay: killed });
    assert.match(String(at((await echo).answer, 'error', 'message')), /cancelled/);
    assert.equal(plane.inFlight.servers.of('old'), 1);
    assert.equal(at((await slow).answer, 'result', 'isError'), undefined);
  });
});

function asked(name: string): ExplainQuestion {
  const unsaid = { claims: undefined, arguments: undefined, request: undefined };
  return { ...unsaid, as: { word: 'local' }, kind: 'tool', name, endpoint: '' };
}
