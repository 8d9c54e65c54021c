import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { assertNoneLeft, groupMembers } from '../../../test/rig/process-watcher.ts';
import { type GroupWitness, ProcessGroups } from './process-groups.ts';

function witness(): { witness: GroupWitness; heard: string[] } {
  const heard: string[] = [];
  const hear = (what: string) => () => void heard.push(what);
  const counted = (what: string) => (groupId: number) => void heard.push(`${what} ${groupId}`);
  return {
    heard,
    witness: {
      beginning: hear('beginning'),
      added: counted('added'),
      notBegun: hear('not begun'),
      cleared: counted('cleared'),
      close: async () => void heard.push('close'),
    },
  };
}

const sleeper = () => spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });

test('a witness hears of a group before it begins, when it has, and when it is gone; once', async () => {
  const { witness: one, heard } = witness();
  const groups = new ProcessGroups([one]);
  const id = groups.begin(sleeper).pid ?? assert.fail();
  groups.end(id);
  groups.end(id);
  await assertNoneLeft(() => groupMembers(id));
  await groups.close();
  assert.deepEqual(heard, ['beginning', `added ${id}`, `cleared ${id}`, 'close']);
});

test('a start that fails is told too, whichever way it fails', () => {
  const { witness: one, heard } = witness();
  const groups = new ProcessGroups([one]);
  const missing = () => spawn('no-such-program-anywhere', { stdio: 'ignore' }).on('error', () => {});
  assert.equal(groups.begin(missing).pid, undefined);
  assert.throws(() =>
    groups.begin(() => {
      throw new Error('refused');
    }),
  );
  assert.deepEqual(heard, ['beginning', 'not begun', 'beginning', 'not begun']);
});

test('a number that is not one of ours gets no signal', async () => {
  const groups = new ProcessGroups([]);
  const stranger = sleeper();
  const id = stranger.pid ?? assert.fail();
  groups.signal(id, 'SIGKILL');
  groups.end(id);
  await groups.close();
  assert.equal(groupMembers(id).length, 1);
  stranger.kill('SIGKILL');
});

test('closing ends what is there and lets nothing begin', async () => {
  const groups = new ProcessGroups([]);
  const ids = [groups.begin(sleeper), groups.begin(sleeper)].map(({ pid }) => pid ?? assert.fail());
  await groups.close();
  await assertNoneLeft(() => ids.flatMap(groupMembers));
  assert.throws(() => groups.begin(sleeper), /stopped/);
});
