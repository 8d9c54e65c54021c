/*
 * What is taken back is gone within a second (R14, on the node itself): a key, its user, a server, a tool, a principal; for
 * whatever is open of it: sessions, their streams and subscriptions, HTTP+SSE, listen streams. Others notice nothing.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { madeServer, madeSnapshot } from '../rig/made.ts';
import { madeIdentity } from '../rig/made-identity.ts';
import { keyText, madeKey, madeOverlay, madePeople, madeUser } from '../rig/made-people.ts';
import { type Plane, startPlane } from '../rig/plane.ts';
import { legacyClient, modernClient } from '../rig/raw-client.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';

/** The promise. */
const WITHIN_MS = 1_000;
const RESOURCE = 'scripted://changing';
const users = [madeUser('ann'), madeUser('bob')];
const keys = [madeKey('taken'), madeKey('kept', { user: 'bob' })];
const ECHO = { name: 'old__echo', arguments: {} };

async function openPlay() {
  const scripted = (revision: Revision) => startScripted({ revision, transport: 'http' });
  const [old, newer] = [await scripted('2025-11-25'), await scripted(MODERN)];
  const servers = Object.entries({ old, newer }).map(([name, { url }]) =>
    madeServer(name, { transport: { kind: 'http', url, headers: {}, trusted: true, orSse: false } }),
  );
  const identity = madeIdentity({ required: true });
  const plane = await startPlane(madeSnapshot(servers, { identity, people: madePeople(users, keys) }));
  const open: { close(): void }[] = [];
  after(async () => {
    for (const client of open) client.close();
    await plane.close();
    await Promise.all([old.close(), newer.close()]);
  });
  return { plane, open };
}

/** Everything that one key has open. */
async function opened(plane: Plane, open: { close(): void }[], id: string) {
  const options = { headers: { authorization: `Bearer ${keyText(id)}` } };
  const legacy = legacyClient(`${plane.url}/mcp`, '2025-11-25', options);
  const sse = sseClient(`${plane.url}/sse`, options);
  const modern = modernClient(`${plane.url}/mcp`, options);
  open.push(legacy, sse, modern);
  await legacy.initialize();
  await sse.initialize();
  await legacy.call('resources/subscribe', { uri: `old+${RESOURCE}` });
  const resourceSubscriptions = [`old+${RESOURCE}`];
  const streams = [
    await legacy.listen(),
    await modern.listen({ toolsListChanged: true, resourceSubscriptions }),
    sse.stream ?? assert.fail('no stream'),
  ];
  const over = new Set<number>();
  streams.forEach((stream, n) => void stream.ended.catch(() => {}).finally(() => over.add(n)));
  return { legacy, sse, modern, streams, over };
}

type Opened = Awaited<ReturnType<typeof opened>>;

async function within(what: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await what;
  const tookMs = performance.now() - began;
  assert.ok(tookMs <= WITHIN_MS, `it took ${Math.round(tookMs)} ms`);
  return tookMs;
}

async function assertGoesOn({ legacy, modern, sse, over }: Opened): Promise<void> {
  assert.deepEqual([...over], []);
  for (const answer of [
    (await legacy.call('tools/call', { name: 'newer__echo', arguments: {} })).answer,
    (await modern.call('tools/call', { name: 'newer__echo', arguments: {} })).answer,
    await sse.call('tools/call', { name: 'newer__echo', arguments: {} }),
  ])
    assert.ok(at(answer, 'result'), JSON.stringify(answer));
}

const taken = (change: object) => madePeople(users, [madeKey('taken', change), ...keys.slice(1)]);
const credentials: [string, Partial<Snapshot>][] = [
  ['a key is switched off', { people: taken({ disabled: true }) }],
  ['a key is deleted', { people: madePeople(users, keys.slice(1)) }],
  ['its user is switched off', { people: madePeople([madeUser('ann', { disabled: true }), ...users.slice(1)], keys) }],
  [
    'its user leaves the organisation',
    { people: madePeople([madeUser('ann', { memberships: new Map() }), ...users.slice(1)], keys) },
  ],
  ['the kill switch holds its principal', { overlay: madeOverlay({ principals: new Set(['key:taken']) }) }],
  ['the kill switch holds its user', { overlay: madeOverlay({ principals: new Set(['user:ann']) }) }],
  ['the kill switch holds the key', { overlay: madeOverlay({ keys: new Set(['taken']) }) }],
];

describe('everything that a key has open ends', () => {
  for (const [what, change] of credentials) {
    it(`when ${what}, and nothing of another`, async (t) => {
      const { plane, open } = await openPlay();
      const [one, other] = [await opened(plane, open, 'taken'), await opened(plane, open, 'kept')];
      const ended = Promise.all(one.streams.map((stream) => stream.ended));
      const tookMs = await within(plane.publish(change).then(() => ended));
      t.diagnostic(`${Math.round(tookMs)} ms`);
      assert.equal((await one.legacy.call('tools/list')).status, 401);
      assert.equal((await one.modern.call('tools/call', ECHO)).status, 401);
      assert.equal(plane.live.sessions({ principal: 'key:taken' }).total, 0, 'sessions and subscriptions, too');
      await assertGoesOn(other);
    });
  }
});

const changed = ({ method }: RpcMessage) => method === 'notifications/tools/list_changed';
const switched: [string, Partial<Snapshot>][] = [
  [
    'a server is disabled',
    { overlay: madeOverlay({ servers: new Map([['old', { state: 'disabled', reason: '' }]]) }) },
  ],
  ['a tool is killed', { overlay: madeOverlay({ tools: new Set(['old.echo']) }) }],
];

describe('everybody is told, and it is gone', () => {
  for (const [what, change] of switched) {
    it(`when ${what}`, async (t) => {
      const { plane, open } = await openPlay();
      const { legacy, modern, sse, streams, over } = await opened(plane, open, 'taken');
      const told = Promise.all(
        // A listen stream that carries what is gone ends, so that its client asks anew.
        streams.map((stream) => Promise.race([stream.until(changed), stream.ended])),
      );
      const tookMs = await within(plane.publish(change).then(() => told));
      t.diagnostic(`${Math.round(tookMs)} ms; ended: ${[...over].join()}`);
      for (const answer of [
        (await legacy.call('tools/call', ECHO)).answer,
        (await modern.call('tools/call', ECHO)).answer,
        await sse.call('tools/call', ECHO),
      ])
        assert.match(String(at(answer, 'error', 'message')), /Unknown tool/);
      const { answer } = await legacy.call('tools/list');
      assert.ok(!JSON.stringify(answer).includes('"old__echo"'));
    });
  }
});
