/*
 * One server with real processes: what an operator can do with it, and when its own process rests. Hours pass by setting
 * the clock forward.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { madeServer, NO_CLIENT } from '../../../test/rig/made.ts';
import { assertNoneLeft, groupMembers } from '../../../test/rig/process-watcher.ts';
import { type ScriptedStdioUpstream, type StartOptions, startScripted } from '../../../test/rig/scripted-upstream.ts';
import { Cancellation } from '../../model/cancellation.ts';
import type { Event } from '../../model/event.ts';
import { defaultLimits, type Limits } from '../../model/limits.ts';
import { LOCAL_USER, NOBODY } from '../../model/principal.ts';
import { codecOf } from '../../wire/codecs.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { Catalogues } from './catalogues.ts';
import type { Caller } from './links.ts';
import { ProcessGroups } from './process-groups.ts';
import { StartQueue } from './start-queue.ts';
import { Upstream } from './upstream.ts';

const OLD = codecOf('2025-11-25');
const local: Caller = { principal: LOCAL_USER, client: NO_CLIENT, codec: OLD };
const somebody: Caller = { ...local, principal: { ...NOBODY, id: 'token:somebody', kind: 'token' } };

interface World {
  readonly upstream: Upstream;
  readonly up: ScriptedStdioUpstream;
  readonly catalogues: Catalogues;
  readonly states: string[];
  /** Sets the clock forward. */
  readonly skip: (ms: number) => void;
}

async function world(
  t: TestContext,
  limits: Partial<Limits> = {},
  options: Partial<StartOptions> = {},
): Promise<World> {
  const up = await startScripted({ revision: '2025-11-25', ...options, transport: 'stdio' });
  const { command, args } = up;
  const transport = { kind: 'stdio', command, args, env: {}, cwd: undefined } as const;
  const definition = madeServer('up', { transport, limits: { ...defaultLimits(), ...limits } });
  let skippedMs = 0;
  const wheel = new TimerWheel(() => performance.now() + skippedMs);
  const catalogues = new Catalogues();
  const groups = new ProcessGroups([]);
  const states: string[] = [];
  const emit = (event: Event) => event.type === 'server_state' && states.push(event.state);
  const starts = new StartQueue(() => 2);
  const identity = '{"name":"test","version":"0"}';
  const upstream = new Upstream({
    ...{ definition, catalogues, wheel, emit, identity, groups, starts, proxyOf: () => undefined },
  });
  t.after(async () => {
    await upstream.stop();
    await groups.close();
    wheel.close();
    await up.close();
  });
  upstream.start();
  await upstream.settled();
  return { upstream, up, catalogues, states, skip: (ms) => (skippedMs += ms) };
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const toolsOf = ({ catalogues }: World) => catalogues.of('up').lists.tools;

describe('an operator', { concurrency: 2 }, () => {
  it('restarts a server: another process, the same lists, and it is there when the restart is over', async (t) => {
    const { upstream, up, catalogues, states } = await world(t);
    const tools = catalogues.of('up').lists.tools;
    await upstream.linkFor(somebody)?.open();
    await upstream.restart();
    assert.equal(catalogues.of('up').state, 'ready');
    assert.equal(catalogues.of('up').lists.tools, tools, 'nobody is told of a change that is none');
    for (const pid of up.pids.slice(0, 2)) assert.deepEqual(groupMembers(pid), []);
    assert.deepEqual([up.pids.length, upstream.processes], [3, 1]);
    assert.ok(!states.includes('down'));
  });

  it('restarts a crashed server, which is tried at once', async (t) => {
    const { upstream, up, catalogues } = await world(t, { restartsMax: 0 });
    await up.exit(1);
    await until(() => catalogues.of('up').state === 'crashed');
    await upstream.restart();
    assert.equal(catalogues.of('up').state, 'ready');
    assert.equal(up.pids.length, 2);
  });

  it('reads what a server says on stderr, and what the one before it said', async (t) => {
    const { upstream, up, catalogues } = await world(t, { restartsMax: 0 }, { stderr: 'hello\n' });
    assert.equal(upstream.logs(), 'hello\n');
    const [first] = up.pids;
    await up.exit(1);
    await until(() => catalogues.of('up').state === 'crashed');
    assert.equal(upstream.logs(), 'hello\n');
    await upstream.restart();
    assert.equal(upstream.logs(), `[process ${first}, ended]\nhello\n[process ${up.pids[1]}]\nhello\n`);
  });
});

describe('the own process of a server', { concurrency: 2 }, () => {
  /** A caller has a process, and no client has used the own one for a while. */
  async function rested(t: TestContext, limits: Partial<Limits> = {}): Promise<World> {
    const made = await world(t, { refreshIntervalMs: 0, ...limits });
    await made.upstream.linkFor(somebody)?.open();
    made.skip(40_000);
    await assertNoneLeft(() => groupMembers(made.up.pids[0] as number));
    return made;
  }

  it('rests while a caller has one and nobody needs it; the server is ready all the same', async (t) => {
    const made = await rested(t);
    const { upstream, up, catalogues } = made;
    await until(() => upstream.processes === 1);
    assert.deepEqual([catalogues.of('up').state, upstream.reachable], ['ready', true]);
    assert.ok(toolsOf(made).entries.length > 0);
    assert.ok(upstream.linkFor(somebody)?.handshake, 'a caller waits for nothing');
    assert.equal(up.pids.length, 2);
  });

  it('is woken by a call that needs it, once for all who come', async (t) => {
    const { upstream, up } = await rested(t);
    assert.equal(upstream.linkFor(local), undefined);
    await Promise.all([upstream.ready(new Cancellation()), upstream.ready(new Cancellation())]);
    assert.ok(upstream.linkFor(local)?.handshake);
    assert.equal(up.pids.length, 3);
  });

  it('is woken to read a list that changed, as the process of a caller says', async (t) => {
    const made = await rested(t);
    await made.up.addTool({ name: 'one-more', inputSchema: { type: 'object' } });
    await made.up.listChanged('tools');
    await until(() => toolsOf(made).byKey.has('one-more'));
    assert.equal(made.up.pids.length, 3);
  });

  it('is woken when no caller has one any more, for it shall be there', async (t) => {
    const { up, catalogues } = await rested(t);
    await up.exit(0);
    await until(() => up.pids.length === 3 && catalogues.of('up').state === 'ready');
  });

  it('stays stopped when no caller has one any more and the operator wants that', async (t) => {
    const { up, catalogues, skip } = await rested(t, { idleStopMs: 60_000 });
    skip(70_000);
    await assertNoneLeft(() => groupMembers(up.pids[1] as number));
    await until(() => catalogues.of('up').state === 'idle');
    assert.equal(up.pids.length, 2);
  });
});
