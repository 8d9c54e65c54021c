/*
 * The watcher finds groups and descendants, and takes a zombie for gone.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { assertNoneLeft, descendantsOf, groupMembers, isAlive } from './process-watcher.ts';

describe('the process watcher', () => {
  it('finds the members of a group and the descendants of a process, until they are killed', async () => {
    const shell = spawn('sh', ['-c', 'sleep 600 & sleep 600 & echo ready; wait'], { detached: true });
    await once(shell.stdout, 'data');
    const pid = shell.pid ?? assert.fail();
    assert.equal(groupMembers(pid).length, 3);
    assert.equal(descendantsOf(pid).length, 2);
    assert.ok(descendantsOf(process.pid).some((entry) => entry.pid === pid));
    await assert.rejects(
      assertNoneLeft(() => groupMembers(pid), 0),
      /sleep 600/,
    );
    process.kill(-pid, 'SIGKILL');
    await assertNoneLeft(() => groupMembers(pid));
  });

  it('takes a zombie for gone', async () => {
    const script = 'sleep 0 & echo $!; exec sleep 600';
    const parent = spawn('sh', ['-c', script], { detached: true });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = parent.pid ?? assert.fail();
    // `sleep` has become the shell's successor and never asks how the child of the shell ended.
    await assertNoneLeft(() => descendantsOf(pid));
    assert.equal(isAlive(Number(printed.toString())), false);
    process.kill(-pid, 'SIGKILL');
    await once(parent, 'exit');
  });
});
