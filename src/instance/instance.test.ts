/*
 * Gateways that share a data folder: they find the living, clean up after the dead, and never mix the two up.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { assertNoneLeft, groupMembers } from '../../test/rig/process-watcher.ts';
import { readGroups } from './group-record.ts';
import { type Host, thisHost } from './host.ts';
import { type Instance, type InstanceFacts, openInstance } from './instance.ts';
import { startTimeOf } from './process-identity.ts';
import { gatewaysFolder, type RunFile, readRunFile, runningGateways, writeRunFile } from './run-file.ts';

const facts: InstanceFacts = {
  config: '/etc/gatewright.yaml',
  version: '1.2.3',
  startedAt: '2026-11-21T00:00:00.000Z',
  onFailure: (what, error) => assert.fail(`${what}: ${error}`),
};

function dataFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-instance-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process group that ends by nothing but a kill; with `leaderless` its leader has gone and another is left. */
async function group(t: TestContext, leaderless = false): Promise<ChildProcess & { pid: number }> {
  const script = `trap '' HUP TERM; sleep 600 & echo up; ${leaderless ? 'exit' : 'wait'}`;
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const { pid } = child;
  assert.ok(pid);
  t.after(() => spawnSync('kill', ['-s', 'KILL', '--', `-${pid}`]));
  await once(child.stdout, 'data');
  if (leaderless) await once(child, 'exit');
  return child as ChildProcess & { pid: number };
}

const DEAD = { pid: 999_999_999, startTime: '1' };

/** What a gateway leaves when it is killed. */
function leave(dataDir: string, groups: string, run: Partial<RunFile> = DEAD, name = 'deadbeef'): string {
  const folder = join(gatewaysFolder(dataDir), name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { config, version, startedAt } = facts;
  const whole = { instance: name, url: 'http://127.0.0.1:1', config, version, startedAt, host: thisHost() };
  writeRunFile(folder, { ...whole, ...DEAD, ...run });
  writeFileSync(join(folder, 'groups'), groups);
  return folder;
}

const lineOf = (pid: number): string => `+${pid} ${startTimeOf(pid)}\n`;

function opened(t: TestContext, dataDir: string): Instance {
  const instance = openInstance(dataDir, facts);
  t.after(() => instance.close());
  return instance;
}

describe('a gateway takes its place', () => {
  it('in a folder that is its user’s alone, which goes when it closes', (t) => {
    const dataDir = join(dataFolder(t), 'not', 'there', 'yet');
    const instance = openInstance(dataDir, facts);
    assert.match(instance.id, /^[a-z0-9]{8}$/);
    for (const folder of [dataDir, instance.folder]) assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(instance.folder, 'run.json')).mode & 0o777, 0o600);
    instance.close();
    assert.deepEqual(readdirSync(gatewaysFolder(dataDir)), []);
  });

  it('and is found once it listens, the newest first', (t) => {
    const dataDir = dataFolder(t);
    const [one, two] = [opened(t, dataDir), openInstance(dataDir, { ...facts, startedAt: '2026-11-22T00:00:00.000Z' })];
    assert.deepEqual(runningGateways(dataDir), []);
    one.listening('http://127.0.0.1:1');
    two.listening('http://127.0.0.1:2');
    const found = runningGateways(dataDir);
    assert.deepEqual(
      found.map(({ instance, url, folder }) => [instance, url, folder]),
      [
        [two.id, 'http://127.0.0.1:2', two.folder],
        [one.id, 'http://127.0.0.1:1', one.folder],
      ],
    );
    assert.deepEqual([found[0]?.pid, found[0]?.config, found[0]?.version], [process.pid, facts.config, '1.2.3']);
  });

  it('but not in a folder that others may write to', (t) => {
    const dataDir = dataFolder(t);
    chmodSync(dataDir, 0o777);
    assert.throws(() => openInstance(dataDir, facts), /Other users may write .* chmod go-w/);
  });

  it('also behind a link of its user, who may keep data elsewhere', (t) => {
    const dataDir = join(dataFolder(t), 'link');
    symlinkSync(dataFolder(t), dataDir);
    opened(t, dataDir).listening('http://127.0.0.1:1');
    assert.equal(runningGateways(dataDir).length, 1);
  });

  it('but not behind a link into a folder that others may write to', (t) => {
    const [dataDir, open] = [join(dataFolder(t), 'link'), dataFolder(t)];
    chmodSync(open, 0o777);
    symlinkSync(open, dataDir);
    assert.throws(() => openInstance(dataDir, facts), /Other users may write/);
  });

  it('and a file in its place is named', (t) => {
    const file = join(dataFolder(t), 'file');
    writeFileSync(file, '');
    assert.throws(() => openInstance(file, facts), { message: `The data folder ${file} is no folder.` });
    const below = join(file, 'below');
    assert.throws(() => openInstance(below, facts), {
      message: /below is not reachable: a part of it is no folder\.$/,
    });
  });

  it('nobody finds a dead one, or one whose number is another process now', (t) => {
    const dataDir = dataFolder(t);
    leave(dataDir, '');
    leave(dataDir, '', { pid: process.pid, startTime: '1' }, 'reused00');
    mkdirSync(join(gatewaysFolder(dataDir), 'empty'));
    assert.deepEqual(runningGateways(dataDir), []);
    assert.deepEqual(runningGateways(join(dataDir, 'nowhere')), []);
  });
});

describe('the record of groups', () => {
  it('has those that are alive, with the birth of their leader', async (t) => {
    const { groups, folder } = opened(t, dataFolder(t));
    const { pid } = await group(t);
    groups.added(4_711);
    groups.added(pid);
    groups.cleared(4_711);
    assert.deepEqual(readGroups(folder), [{ groupId: pid, startTime: startTimeOf(pid) }]);
    assert.equal(statSync(join(folder, 'groups')).mode & 0o777, 0o600);
  });

  it('does not grow with history', async (t) => {
    const { groups, folder } = opened(t, dataFolder(t));
    const { pid } = await group(t);
    groups.added(pid);
    for (let n = 0; n < 3_000; n++) {
      groups.added(999_999_000);
      groups.cleared(999_999_000);
    }
    assert.ok(readFileSync(join(folder, 'groups')).length < 64 * 1024);
    assert.deepEqual(readGroups(folder), [{ groupId: pid, startTime: startTimeOf(pid) }]);
  });

  it('that cannot be written is said, and stops nothing', (t) => {
    const said: string[] = [];
    const dataDir = dataFolder(t);
    const instance = openInstance(dataDir, { ...facts, onFailure: (what) => said.push(what) });
    instance.close();
    instance.groups.added(4_711);
    assert.deepEqual(said, ['groups are not recorded']);
  });

  it('skips lines that are no lines of ours', (t) => {
    const folder = leave(dataFolder(t), '+12 7\n+-1 7\n+0 7\n+abc\n\n*\n+13 7\n-12\n+14');
    assert.deepEqual(readGroups(folder), [
      { groupId: 13, startTime: '7' },
      { groupId: 14, startTime: '' },
    ]);
  });
});

describe('a gateway that starts', () => {
  it('kills what a dead one has left, also where the leader is gone, and removes its folder', async (t) => {
    const dataDir = dataFolder(t);
    const [whole, headless] = [await group(t), await group(t, true)];
    const folder = leave(dataDir, `${lineOf(whole.pid)}+${headless.pid} 1\n`);
    const { swept } = opened(t, dataDir);
    assert.deepEqual(swept, [{ folder, groups: 2 }]);
    await assertNoneLeft(() => [...groupMembers(whole.pid), ...groupMembers(headless.pid)]);
  });

  it('spares a group whose number was given out anew', async (t) => {
    const dataDir = dataFolder(t);
    const { pid } = await group(t);
    leave(dataDir, `+${pid} 1\n+1 ${startTimeOf(1)}\n+${process.pid} ${startTimeOf(process.pid)}\n`);
    assert.deepEqual(
      opened(t, dataDir).swept.map(({ groups }) => groups),
      [0],
    );
    assert.equal(groupMembers(pid).length, 2);
  });

  it('spares what is left of a group in another session', async (t) => {
    const dataDir = dataFolder(t);
    // Job control gives the inner job a group of its own in the session of the outer shell.
    const script = 'set -m; (sleep 600 & exec sleep 0) & echo $!; wait; sleep 600';
    const shell = spawn('bash', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const job = Number(String(((await once(shell.stdout, 'data')) as [Buffer])[0]));
    t.after(() => [job, shell.pid ?? 0].map((id) => spawnSync('kill', ['-s', 'KILL', '--', `-${id}`])));
    await assertNoneLeft(() => groupMembers(job).filter(({ pid }) => pid === job));
    leave(dataDir, `+${job} 1\n`);
    opened(t, dataDir);
    assert.equal(groupMembers(job).length, 1);
  });

  it('spares everything of one that lives', async (t) => {
    const dataDir = dataFolder(t);
    const living = opened(t, dataDir);
    const { pid } = await group(t);
    living.groups.added(pid);
    assert.deepEqual(opened(t, dataDir).swept, []);
    assert.equal(groupMembers(pid).length, 2);
    assert.ok(readRunFile(living.folder));
  });

  const here = thisHost();
  const rows: { name: string; host: Host; folderGoes: boolean }[] = [
    { name: 'in another container', host: { ...here, namespace: 'pid:[1]' }, folderGoes: false },
    { name: 'on another host', host: { name: 'elsewhere', boot: 'other', namespace: '' }, folderGoes: false },
    { name: 'before the last boot', host: { ...here, boot: 'other' }, folderGoes: true },
  ];
  for (const { name, host, folderGoes } of rows) {
    it(`kills nothing for one that ran ${name}, and ${folderGoes ? 'removes' : 'leaves'} its folder`, async (t) => {
      const dataDir = dataFolder(t);
      const { pid } = await group(t);
      const folder = leave(dataDir, lineOf(pid), { host });
      const instance = opened(t, dataDir);
      assert.equal(groupMembers(pid).length, 2);
      const names = readdirSync(gatewaysFolder(dataDir));
      assert.deepEqual(names.sort(), [...(folderGoes ? [] : [basename(folder)]), instance.id].sort());
    });
  }

  it('removes what a dead one had not finished, and leaves what a living one is about to finish', (t) => {
    const dataDir = dataFolder(t);
    const living = `.${process.pid}.${startTimeOf(process.pid)}.abcdefgh`;
    const gateways = gatewaysFolder(dataDir);
    for (const name of [living, '.999999999.7.abcdefgh', 'unknown'])
      mkdirSync(join(gateways, name), { recursive: true });
    const instance = opened(t, dataDir);
    assert.deepEqual(readdirSync(gateways).sort(), [living, instance.id, 'unknown'].sort());
  });

  it('believes no folder that others may write to', async (t) => {
    const dataDir = dataFolder(t);
    const { pid } = await group(t);
    chmodSync(leave(dataDir, lineOf(pid)), 0o777);
    const { swept } = opened(t, dataDir);
    assert.deepEqual(swept, []);
    assert.equal(groupMembers(pid).length, 2);
  });
});
