/*
 * Children that flood, print rubbish, do not read, hang, die or leave others behind: each costs its own calls alone, while
 * calls to the servers beside it go on, and no process stays.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { badChild } from '../rig/bad-child.ts';
import { assertNoneLeft, groupMembers, isAlive, processesMarked } from '../rig/process-watcher.ts';
import { type Reply, textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage } from './stage.ts';

const MARK = `GATEWRIGHT_MARK=bad-${process.pid}`;
const FLOOD_MIB = 256;

/** In the group of the child, and deaf to everything that can be refused. */
const GRANDCHILD = `const grandchild = spawn('sh', ['-c', "trap '' TERM HUP INT; sleep 600 & wait"], { stdio: 'ignore' });`;
const BAD = {
  'floods-stderr': `const room = Buffer.alloc(1 << 20, 'x'); for (let n = 0; n < ${FLOOD_MIB}; n++) writeSync(2, room); answer('done');`,
  'prints-rubbish': `for (let n = 0; n < 5_000; n++) process.stdout.write('Listening on port ' + n + '\\n'); answer('done');`,
  'stops-reading': `process.stdin.pause(); setInterval(() => {}, 1000); answer('done');`,
  hangs: `if (message.params.arguments.hang !== true) answer('done');`,
  'spins-for-ever': `for (;;) if (!process.stdout.write('rubbish '.repeat(1000) + '\\n')) await once(process.stdout, 'drain');`,
  dies: `${GRANDCHILD} writeSync(2, 'grandchild ' + grandchild.pid); answer(grandchild.pid); setTimeout(() => process.exit(0), 300);`,
  'ignores-signals': `${GRANDCHILD} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); answer(process.pid);`,
};
type Bad = keyof typeof BAD;

const env = { GATEWRIGHT_MARK: MARK.split('=')[1] };
const others = Object.fromEntries(
  Object.entries(BAD).map(([name, script]) => [name, { ...badChild(script), env, callTimeoutMs: 20_000 }]),
);
others.hangs = { ...others.hangs, callTimeoutMs: 300 } as (typeof others)[string];
others['spins-for-ever'] = { ...others['spins-for-ever'], callTimeoutMs: 1_000 } as (typeof others)[string];

const good = {
  pipe: await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
  http: await startScripted({ revision: '2025-11-25', transport: 'http' }),
};
const stage = await openStage(good, { others, config: { limits: { drainTimeoutMs: 0 } } });
after(() => stage.close());

const call = (server: Bad, input: object = {}): Promise<Reply> =>
  stage.modern(server).call('tools/call', { name: 'do', arguments: input });

/** Calls to the servers beside it, all of which must be answered rightly, until `bad` has ended. */
async function beside<T>(bad: Promise<T>): Promise<T> {
  let over = false;
  bad
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  const lane = async (server: keyof typeof good): Promise<void> => {
    const client = stage.modern(server);
    for (let n = 0; !over || n < 20; n++) {
      const { answer } = await client.call('tools/call', { name: 'echo', arguments: { n } });
      assert.equal(textOf(answer), `{"n":${n}}`);
      await sleep(1);
    }
  };
  await Promise.all([lane('pipe'), lane('http')]);
  return bad;
}

function rssMiB(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stage.gateway.pid}/status`, 'utf8'))?.[1]) / 1024;
}

describe('a child that', () => {
  it('floods stderr is read on, and little of it is kept', async () => {
    const beforeMiB = rssMiB();
    const { answer } = await beside(call('floods-stderr'));
    assert.equal(textOf(answer), 'done');
    assert.ok(rssMiB() - beforeMiB < FLOOD_MIB / 2, `${rssMiB() - beforeMiB} MiB more`);
  });

  it('prints what is no message is answered for, and each line is dropped and counted', async () => {
    const series = 'gatewright_oddities_total{server="prints-rubbish",what="line is not a message"}';
    const { answer } = await beside(call('prints-rubbish'));
    assert.equal(textOf(answer), 'done');
    assert.equal(await stage.metric(series), 5_000);
  });

  it('hangs makes its own caller wait, not the next one', async () => {
    const hanging = call('hangs', { hang: true });
    assert.equal(textOf((await call('hangs')).answer), 'done');
    assert.equal(failureOf((await beside(hanging)).answer), 'upstream_timeout');
    assert.equal(textOf((await call('hangs')).answer), 'done');
  });

  it('prints without end and does nothing else fails its call', async () => {
    assert.equal(failureOf((await beside(call('spins-for-ever'))).answer), 'upstream_timeout');
  });

  it('stops reading is killed, and the next call finds a new one', async () => {
    const before = processesMarked(MARK).map(({ pid }) => pid);
    const seen = stage.gateway.said.length;
    const text = 'x'.repeat(1024 * 1024);
    assert.equal(textOf((await call('stops-reading')).answer), 'done');
    assert.equal(failureOf((await beside(call('stops-reading', { text }))).answer), 'upstream_lost');
    await stage.server('stops-reading', 'ready', seen);
    const isNew = processesMarked(MARK).filter(({ pid }) => !before.includes(pid));
    assert.equal(isNew.length, 1);
  });

  it('dies takes its grandchildren along', async () => {
    const seen = stage.gateway.said.length;
    const grandchild = Number(textOf((await call('dies')).answer));
    assert.ok(isAlive(grandchild));
    const { groupId } = processesMarked(MARK).find(({ pid }) => pid === grandchild) ?? assert.fail();
    assert.equal(failureOf((await beside(call('dies'))).answer), undefined);
    await stage.server('dies', 'ready', seen);
    await assertNoneLeft(() => groupMembers(groupId));
  });

  it('ignores signals ends with the gateway all the same, and so do all others', async () => {
    assert.ok(Number(textOf((await call('ignores-signals')).answer)) > 0);
    assert.equal(await stage.gateway.stop(), 0);
    await assertNoneLeft(() => processesMarked(MARK), 0);
  });
});
