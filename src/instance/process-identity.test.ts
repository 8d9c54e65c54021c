import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isSameProcess, startTimeFromPs, startTimeOf } from './process-identity.ts';

test('a process keeps its time of birth, and no other number has it', () => {
  const startTime = startTimeOf(process.pid);
  assert.match(startTime, /^\d+$/);
  assert.equal(isSameProcess(process.pid, startTime), true);
  assert.equal(isSameProcess(process.pid, `${startTime}1`), false);
  assert.equal(isSameProcess(999_999_999, startTime), false);
  assert.equal(isSameProcess(999_999_999, ''), false, 'nothing is not the same as nothing');
});

test('a zombie has none, also by ps', async () => {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(String(printed));
  while (startTimeOf(pid) !== '') await new Promise(setImmediate);
  assert.equal(startTimeFromPs(pid), '');
  parent.kill('SIGKILL');
});

test('ps tells it too, always in the same words', () => {
  const startTime = startTimeFromPs(process.pid);
  assert.match(startTime, /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d+ \d\d:\d\d:\d\d \d{4}$/);
  assert.equal(startTimeFromPs(process.pid), startTime);
  assert.equal(startTimeFromPs(999_999_999), '');
});
