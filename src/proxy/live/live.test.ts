import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { lists, madeList, madeServer, madeSnapshot, NO_CLIENT } from '../../../test/rig/made.ts';
import { startScripted } from '../../../test/rig/scripted-upstream.ts';
import { defaultLimits } from '../../model/limits.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { Gauge } from '../limit/gauge.ts';
import { Streams } from '../limit/streams.ts';
import { Sessions } from '../session/sessions.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { buildServers } from '../upstream/servers.ts';
import { type Live, liveFacts } from './live.ts';

function ground(servers = [madeServer('srv')]) {
  const wheel = new TimerWheel(() => performance.now());
  after(() => wheel.close());
  const limits = () => defaultLimits();
  let snapshot = madeSnapshot(servers);
  const proxyOf = () => undefined;
  const parts = { wheel, limits, proxyOf, emit: () => {}, now: () => Date.now(), snapshot: () => snapshot };
  const built = buildServers({
    ...parts,
    identity: '{"name":"gatewright","version":"0"}',
    files: { load: async () => undefined, save: async () => {} },
    witness: { beginning: () => {}, added: () => {}, notBegun: () => {}, cleared: () => {}, close: async () => {} },
  });
  const [sessions, streams] = [new Sessions(parts), new Streams(limits)];
  after(() => sessions.stop());
  const live: Live = liveFacts({ ...parts, ...built, sessions, streams, inFlight: { servers: new Gauge() } });
  return { live, sessions, ...built, swap: (next: typeof snapshot) => (snapshot = next) };
}

test('tools are told whole, and the same objects while the list is the same', () => {
  const { live, catalogues } = ground();
  assert.equal(live.tools('other'), undefined);
  catalogues.put('srv', { state: 'ready', reason: '', lists: lists({ tools: madeList('tools', ['a', 'b']) }) });
  const first = live.tools('srv');
  assert.deepEqual(
    first?.tools.map(({ name, killed, definition }) => [name, killed, definition]),
    [
      ['a', false, { name: 'a' }],
      ['b', false, { name: 'b' }],
    ],
  );
  assert.equal(live.tools('srv')?.tools, first?.tools);
});

test('a tool that the kill switch holds is told as killed', () => {
  const { live, catalogues, swap } = ground();
  catalogues.put('srv', { state: 'ready', reason: '', lists: lists({ tools: madeList('tools', ['a', 'b']) }) });
  const { overlay, ...snapshot } = madeSnapshot([madeServer('srv')]);
  swap({ ...snapshot, overlay: { ...overlay, tools: new Set(['srv.b']) } });
  assert.deepEqual(
    live.tools('srv')?.tools.map(({ killed }) => killed),
    [false, true],
  );
});

test('sessions are told by organisation and under another name, and ended by it', () => {
  const { live, sessions } = ground();
  const opening = { endpoint: '', door: 'mcp-http', revision: '2025-11-25', client: NO_CLIENT } as const;
  const mine = sessions.open({ ...opening, principal: LOCAL_USER });
  sessions.open({ ...opening, principal: { ...LOCAL_USER, id: 'key:1', organisation: 'acme' } });
  const told = live.sessions({ organisation: 'acme' });
  assert.deepEqual(
    told.sessions.map(({ principal, streams }) => [principal, streams]),
    [['key:1', 0]],
  );
  assert.equal(live.sessions({}).total, 2);
  assert.equal(live.sessions({ limit: 1 }).sessions.length, 1);
  const [{ id } = { id: '' }] = live.sessions({ principal: 'local' }).sessions;
  assert.notEqual(id, mine.id);
  assert.equal(live.endSession(id, { organisation: 'acme' }), false, 'it is not theirs');
  assert.equal(live.endSession(id, {}), true);
  assert.equal(sessions.byId(mine.id), undefined);
});

test('a server that answers is tried out and left, and none of the gateway knows of it', async () => {
  const scripted = await startScripted({ revision: '2025-11-25', transport: 'http' });
  after(() => scripted.close());
  const { live, catalogues, upstreams } = ground();
  const server = madeServer('new', {
    transport: { kind: 'http', url: scripted.url, headers: {}, trusted: true, orSse: false },
  });
  const trial = await live.tryOut(server, new AbortController().signal);
  assert.equal(trial.ok && trial.revision, '2025-11-25');
  assert.equal(upstreams.of('new'), undefined);
  assert.equal(catalogues.of('new').version, 0);
});

test('nobody there, a command, and a trial that was given up', async () => {
  const { live } = ground();
  const nobody = await live.tryOut(madeServer('new'), new AbortController().signal);
  assert.equal(!nobody.ok && nobody.reason, 'unreachable');
  const transport = { kind: 'stdio', command: 'true', args: [], env: {}, cwd: undefined } as const;
  const command = await live.tryOut(madeServer('new', { transport }), new AbortController().signal);
  assert.equal(!command.ok && command.reason, 'refused');
  const givenUp = await live.tryOut(madeServer('new'), AbortSignal.abort());
  assert.equal(!givenUp.ok && givenUp.reason, 'cancelled');
});
