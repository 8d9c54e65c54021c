/*
 * What is open ends with the credential that opened it: streams of every era, connections of HTTP+SSE and calls that wait for
 * their client, when a key is taken out of the file and when it expires. What another key holds open goes on.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { composeKey } from '../../src/model/key-text.ts';
import { ABLE, askedIn, asking, callWith, isCancelled } from '../flow/asked.ts';
import { openStage, placeOf, type Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import { textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';

const NAMES = ['taken', 'kept'] as const;
type Name = (typeof NAMES)[number];

const KEYS: Record<Name, string> = {
  taken: composeKey('taken', randomBytes(32)),
  kept: composeKey('kept', randomBytes(32)),
};
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const entryOf = (name: Name, more: JsonObject = {}) => ({ id: name, hash: hash(KEYS[name]), grants: 'all', ...more });
const as = (name: Name) => ({ authorization: `Bearer ${KEYS[name]}` });
const ECHO = { name: 'echo', arguments: { n: 1 } };
const KINDS = ['the GET stream', 'the listen stream', 'the connection of HTTP+SSE'] as const;

interface Play {
  readonly stage: Stage;
  readonly old: ScriptedHttpUpstream;
  /** The file from now on. */
  readonly rewrite: (keys: readonly JsonObject[], more?: JsonObject) => Promise<void>;
}

async function openPlay(keys: readonly JsonObject[]): Promise<Play> {
  const old = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const up = { old, new: await startScripted({ revision: MODERN, transport: 'http' }) };
  const stage = await openStage(up, { config: { auth: { keys } } });
  after(() => stage.close());
  const servers = Object.fromEntries(Object.entries(up).map(([name, server]) => [name, placeOf(server)]));
  const rewrite = (now: readonly JsonObject[], more = {}) =>
    stage.gateway.rewrite({ servers, auth: { keys: now }, ...more });
  return { stage, old, rewrite };
}

/** Everything that stays open, by one key; and whether it still is. */
async function opened({ stage }: Play, name: Name) {
  const headers = as(name);
  const legacy = await stage.legacy('old', { headers });
  const sse = await stage.sse('old', { headers });
  const streams: readonly MessageStream[] = [
    await legacy.listen(),
    await stage.modern('new', { headers }).listen({ toolsListChanged: true }),
    sse.stream ?? assert.fail(),
  ];
  const over = new Set<string>();
  for (const [at, stream] of streams.entries()) stream.ended.catch(() => {}).finally(() => over.add(KINDS[at] ?? ''));
  assert.deepEqual(
    streams.map(({ status }) => status),
    [200, 200, 200],
  );
  return { legacy, sse, streams, over };
}

const counted = (stage: Stage, why: string) =>
  stage.metric(`gatewright_credentials_ended_total{why="${why}"}`, as('kept'));

async function assertEnded({ streams, legacy, sse }: Awaited<ReturnType<typeof opened>>): Promise<void> {
  // In the way of its protocol, and not cut off.
  await Promise.all(streams.map((stream) => stream.ended));
  assert.deepEqual(Object.keys(streams[1]?.messages.at(-1) ?? {}).sort(), ['id', 'jsonrpc', 'result']);
  assert.equal((await legacy.call('tools/call', ECHO)).status, 401);
  assert.equal((await legacy.listen()).status, 401);
  assert.equal((await sse.post({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: ECHO })).status, 401);
}

async function assertGoesOn({ over, legacy, sse }: Awaited<ReturnType<typeof opened>>): Promise<void> {
  assert.match(String(textOf((await legacy.call('tools/call', ECHO)).answer)), /"n":1/);
  assert.match(String(textOf(await sse.call('tools/call', ECHO))), /"n":1/);
  assert.deepEqual([...over], []);
}

describe('what a key holds open', () => {
  it('ends when the key is taken out of the file, and nothing else does', async (t) => {
    const play = await openPlay(NAMES.map((name) => entryOf(name)));
    const { stage, old, rewrite } = play;
    const [taken, kept] = [await opened(play, 'taken'), await opened(play, 'kept')];
    for (const name of NAMES)
      askedIn(await stage.modern('old', { ...ABLE, headers: as(name) }).call('tools/call', asking(`by ${name}`)));
    assert.equal(await stage.metric('gatewright_parked_calls', as('kept')), 2);
    const began = Date.now();
    await rewrite([entryOf('kept')]);
    await assertEnded(taken);
    t.diagnostic(`ended ${Date.now() - began} ms after the file was changed`);
    await isCancelled(old, (await callWith(old, 'by taken')).message?.id);
    await assertGoesOn(kept);
    assert.equal(await stage.metric('gatewright_parked_calls', as('kept')), 1);
    // Three streams, two sessions, and the call that waits for its client.
    assert.equal(await counted(stage, 'revoked'), 6);
  });

  it('ends when the key holds and stands for less', async () => {
    const play = await openPlay(NAMES.map((name) => entryOf(name)));
    const [taken, kept] = [await opened(play, 'taken'), await opened(play, 'kept')];
    await play.rewrite([entryOf('taken', { servers: ['new'] }), entryOf('kept')]);
    await Promise.all(taken.streams.map((stream) => stream.ended));
    assert.equal((await taken.legacy.call('tools/call', ECHO)).status, 404);
    await assertGoesOn(kept);
  });

  it('ends when the key is denied', async () => {
    const play = await openPlay(NAMES.map((name) => entryOf(name)));
    const [taken, kept] = [await opened(play, 'taken'), await opened(play, 'kept')];
    const keys = NAMES.map((name) => entryOf(name));
    await play.rewrite([], { auth: { keys, deny: { tokenIds: ['taken'] } } });
    await assertEnded(taken);
    await assertGoesOn(kept);
  });

  it('ends when the key expires', async () => {
    const play = await openPlay(NAMES.map((name) => entryOf(name)));
    const [taken, kept] = [await opened(play, 'taken'), await opened(play, 'kept')];
    // A key that stands for the same until another time goes on until then; long enough to be read on a busy machine.
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    await play.rewrite([entryOf('taken', { expiresAt }), entryOf('kept')]);
    await assertEnded(taken);
    assert.ok(Date.now() >= Date.parse(expiresAt), 'not before');
    await assertGoesOn(kept);
    assert.equal(await counted(play.stage, 'revoked'), 0);
    assert.equal(await counted(play.stage, 'expired'), 3);
  });

  it('goes on when the file changes in what is nobody’s credential', async () => {
    const play = await openPlay(NAMES.map((name) => entryOf(name)));
    const kept = await opened(play, 'kept');
    await play.rewrite(
      NAMES.map((name) => entryOf(name)),
      { limits: { keepAliveMs: 100 } },
    );
    await play.rewrite([entryOf('kept')]);
    // The other key is gone, so the file holds.
    const other = () => play.stage.modern('new', { headers: as('taken') }).call('tools/list');
    while ((await other()).status !== 401) await new Promise(setImmediate);
    await assertGoesOn(kept);
    assert.equal(at(await kept.sse.call('ping'), 'result') !== undefined, true);
  });

  it('ends for the local user when callers are asked who they are from now on', async () => {
    const up = { new: await startScripted({ revision: MODERN, transport: 'http' }) };
    const stage = await openStage(up);
    after(() => stage.close());
    const stream = await stage.modern('new').listen({ toolsListChanged: true });
    await stage.gateway.rewrite({ servers: { new: placeOf(up.new) }, auth: { keys: [entryOf('kept')] } });
    await stream.ended;
    assert.equal((await stage.modern('new').call('tools/list')).status, 401);
  });
});
