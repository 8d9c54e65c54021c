/*
 * The reaper against real groups and real deaths: owners are Node processes that are killed as `kill -9` does it.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertNoneLeft, groupMembers, isAlive, processesRunning } from '../../../test/rig/process-watcher.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { ProcessGroups } from './process-groups.ts';
import { Reaper } from './reaper.ts';

/** A leader and a grandchild, neither of which ends by asking. */
const FAMILY =
  "trap '' TERM HUP INT; sh -c \"trap '' TERM HUP INT; while :; do sleep 1; done\" & while :; do sleep 1; done";

function begin(groups: ProcessGroups): number {
  const family = () => spawn('sh', ['-c', FAMILY], { detached: true, stdio: 'ignore' });
  return groups.begin(family).pid ?? assert.fail();
}

function open(t: TestContext): { reaper: Reaper; groups: ProcessGroups; oddities: string[] } {
  const wheel = new TimerWheel(() => performance.now());
  const oddities: string[] = [];
  const reaper = new Reaper({ wheel, onOddity: (what) => oddities.push(what) });
  const groups = new ProcessGroups([reaper]);
  t.after(async () => {
    await groups.close();
    wheel.close();
  });
  return { reaper, groups, oddities };
}

const module = (path: string): string => new URL(path, import.meta.url).href;

/** A process that owns a reaper, runs `script`, and says what that says. */
async function owner(t: TestContext, script: string): Promise<{ child: ChildProcess; said: number[] }> {
  const text = `import { spawn } from 'node:child_process';
    import { writeSync } from 'node:fs';
    import { ProcessGroups } from '${module('./process-groups.ts')}';
    import { Reaper } from '${module('./reaper.ts')}';
    import { TimerWheel } from '${module('../timer-wheel.ts')}';
    const reaper = new Reaper({ wheel: new TimerWheel(() => performance.now()), onOddity() {} });
    const groups = new ProcessGroups([reaper]);
    const family = () => spawn('sh', ['-c', ${JSON.stringify(FAMILY)}], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const say = (...ids) => writeSync(1, ids.join(' ') + '\\n');
    const dieAtOnce = () => process.kill(process.pid, 'SIGKILL');
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout ?? assert.fail(), 'data')) as [Buffer];
  return { child, said: line.toString().trim().split(' ').map(Number) };
}

const left = (ids: readonly number[]) => processesRunning().filter(({ groupId }) => ids.includes(groupId));

describe('the reaper', () => {
  it('ends every group, and itself, when its gateway and all of its group are killed', async (t) => {
    const script = `const ids = [1, 2, 3].map(() => groups.begin(family).pid); say(reaper.pid, ...ids); setInterval(() => {}, 1000);`;
    const { child, said } = await owner(t, script);
    assert.equal(new Set(left(said).map(({ groupId }) => groupId)).size, 4);
    process.kill(-(child.pid ?? assert.fail()), 'SIGKILL');
    await assertNoneLeft(() => left(said), 1_000);
  });

  it('knows of a group that was begun a moment before the gateway was killed', async (t) => {
    const { said } = await owner(t, 'const { pid } = groups.begin(family); say(reaper.pid, pid); dieAtOnce();');
    await assertNoneLeft(() => left(said), 1_000);
  });

  it('finds the child of a gateway that was killed before it could tell of it', async (t) => {
    const script = `reaper.beginning(); const { pid } = family(); say(reaper.pid, pid); dieAtOnce();`;
    const { said } = await owner(t, script);
    await assertNoneLeft(() => left(said), 1_000);
  });

  it('leaves others in peace when it looks for such a child', async (t) => {
    const before = `const old = family(); const { promise, resolve } = Promise.withResolvers(); setTimeout(resolve, 50); await promise;`;
    const script = `${before} reaper.beginning(); const files = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
      say(old.pid, files.pid, reaper.pid); dieAtOnce();`;
    const { said } = await owner(t, script);
    const [old = 0, files = 0, reaper = 0] = said;
    t.after(() => [old, files].map((pid) => process.kill(-pid, 'SIGKILL')));
    await assertNoneLeft(() => left([reaper]), 2_000);
    assert.deepEqual([isAlive(old), isAlive(files)], [true, true], 'born before, and not on sockets');
  });

  it('does not touch a number that was taken back', async (t) => {
    const script = `const { pid } = family(); const other = groups.begin(family).pid;
      reaper.added(pid); reaper.cleared(pid); reaper.cleared(4711); say(reaper.pid, other, pid); dieAtOnce();`;
    const [reaper = 0, other = 0, pid = 0] = (await owner(t, script)).said;
    t.after(() => process.kill(-pid, 'SIGKILL'));
    await assertNoneLeft(() => left([reaper, other]), 1_000);
    assert.ok(isAlive(pid));
  });

  it('outlives the signals that end a gateway', async (t) => {
    const { reaper, groups } = open(t);
    begin(groups);
    const pid = reaper.pid ?? assert.fail();
    await sleep(50);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.kill(pid, signal);
    await sleep(50);
    assert.ok(isAlive(pid));
    assert.equal(reaper.pid, pid);
  });

  it('is replaced when it dies, and the new one knows all that the old one knew', async (t) => {
    const script = `const ids = [1, 2].map(() => groups.begin(family).pid); const first = reaper.pid;
      process.kill(first, 'SIGKILL'); await new Promise((resolve) => setTimeout(resolve, 400)); groups.end(ids.pop());
      say(first, reaper.pid, ...ids, groups.begin(family).pid); dieAtOnce();`;
    const { said } = await owner(t, script);
    assert.notEqual(said[0], said[1]);
    await assertNoneLeft(() => left(said), 1_000);
  });

  it('is there from the first group on, and gone with the last', async (t) => {
    const { reaper, groups, oddities } = open(t);
    assert.equal(reaper.pid, undefined);
    const family = begin(groups);
    const pid = reaper.pid ?? assert.fail();
    await groups.close();
    assert.deepEqual(groupMembers(pid), []);
    await assertNoneLeft(() => groupMembers(family));
    assert.throws(() => begin(groups), /stopped/);
    assert.deepEqual(oddities, []);
  });

  it('is small', async (t) => {
    const { reaper, groups } = open(t);
    begin(groups);
    await sleep(100);
    const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${reaper.pid}/status`, 'utf8'))?.[1]);
    assert.ok(rssKiB < 8_192, `${rssKiB} KiB`);
  });
});
