/*
 * The limits of the processes behind the gateway: how often one is started again, and how long one stays that nobody uses.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertNoneLeft, groupMembers } from '../rig/process-watcher.ts';
import { textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Stage } from './stage.ts';

const ABLE = { elicitation: { form: {} } };

const hits = (stage: Stage, limit: string): Promise<number> =>
  stage.metric(`gatewright_limit_hits_total{limit="${limit}"}`);

describe('the processes of a server', { concurrency: 3 }, () => {
  it('restartsMax: so often it is started again; when it ends once more it is crashed', async (t) => {
    const up = await startScripted({ revision: MODERN, transport: 'stdio' });
    const stage = await openStage({ up }, { entries: { up: { restartsMax: 2 } } });
    t.after(() => stage.close());
    const client = stage.modern('up');
    for (let ends = 1; ends <= 2; ends++) {
      const mark = stage.gateway.said.length;
      await up.exit(1);
      await stage.server('up', 'ready', mark);
    }
    assert.equal(await hits(stage, 'restartsMax'), 0);
    assert.equal(textOf((await client.call('tools/call', { name: 'echo' })).answer), '{}');
    await up.exit(1);
    const { reason } = await stage.server('up', 'crashed');
    assert.match(String(reason), /^ended more than 2 times within 60 s; the last time: The server exited with code 1/);
    assert.equal(await hits(stage, 'restartsMax'), 1);
    assert.equal(failureOf((await client.call('tools/call', { name: 'echo' })).answer), 'upstream_crashed');
    assert.equal(up.pids.length, 3);
  });

  it('idleStopMs: one that nobody uses is stopped and its lists stay; the next call finds it woken', async (t) => {
    const up = await startScripted({ revision: MODERN, transport: 'stdio' });
    const stage = await openStage({ up }, { entries: { up: { idleStopMs: 400 } } });
    t.after(() => stage.close());
    const client = stage.modern('up');
    const names = async () => JSON.stringify((await client.call('tools/list')).answer?.result);
    const before = await names();
    await stage.server('up', 'idle');
    await assertNoneLeft(() => groupMembers(up.pids[0] as number));
    assert.ok((await hits(stage, 'idleStopMs')) >= 1);
    assert.equal(await names(), before);
    assert.equal(up.pids.length, 1, 'a look at the list woke it');
    const calls = Array.from({ length: 8 }, (_, n) => client.call('tools/call', { name: 'echo', arguments: { n } }));
    assert.deepEqual(
      (await Promise.all(calls)).map(({ answer }) => textOf(answer)),
      calls.map((_, n) => JSON.stringify({ n })),
    );
    assert.equal(up.pids.length, 2);
  });

  it('callerIdleMs: what one caller has to itself ends when it is not used, and is there for the next call', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const stage = await openStage({ up }, { entries: { up: { callerIdleMs: 400 } } });
    t.after(() => stage.close());
    const client = await stage.legacy('up', { capabilities: ABLE });
    const offered = async () => textOf((await client.call('tools/call', { name: 'offered' })).answer);
    assert.deepEqual(JSON.parse(String(await offered())), ABLE);
    assert.equal(up.pids.length, 2);
    await assertNoneLeft(() => groupMembers(up.pids[1] as number));
    assert.equal(await hits(stage, 'callerIdleMs'), 1);
    assert.deepEqual(JSON.parse(String(await offered())), ABLE);
    assert.equal(up.pids.length, 3);
    assert.equal(groupMembers(up.pids[0] as number).length, 1, 'the own process stays');
  });
});
