import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { KeyRing, SEALS_FOR_MS } from './key-ring.ts';
import { TASK_IDS_KEPT_MS, Tasks } from './tasks.ts';

const TASK = { server: 'srv', tool: 'build', id: 'ü "1"' };
const principal = (id: string): Principal => ({ ...NOBODY, id, kind: 'token' });
const ann = { principal: principal('ann'), endpoint: 'srv' };

function world() {
  const time = { nowMs: 0 };
  const saved: Buffer[] = [];
  const file = { load: async () => saved.at(-1), save: async (bytes: Buffer) => void saved.push(bytes) };
  const ring = () =>
    new KeyRing({ file, now: () => time.nowMs, keptMs: () => TASK_IDS_KEPT_MS, onFailure: assert.ifError });
  return { time, tasks: new Tasks(ring()), restarted: () => new Tasks(ring()) };
}

describe('the id of a task', () => {
  test('opens for whom it was given to, where it was given, also when the gateway was restarted', async () => {
    const { tasks, restarted } = world();
    const given = await tasks.give(ann, TASK);
    assert.match(given, /^[A-Za-z0-9_-]+$/);
    assert.deepEqual(await tasks.take(ann, given), TASK);
    assert.deepEqual(await restarted().take(ann, given), TASK);
  });
  test('opens for nobody else, and nowhere else', async () => {
    const { tasks } = world();
    const given = await tasks.give(ann, TASK);
    assert.equal(await tasks.take({ ...ann, principal: principal('bob') }, given), undefined);
    assert.equal(await tasks.take({ ...ann, endpoint: '' }, given), undefined);
  });
  test('opens no more when a single character of it differs, or it is no such id', async () => {
    const { tasks } = world();
    const given = await tasks.give(ann, TASK);
    for (let at = 0; at < given.length; at++) {
      const other = given[at] === 'A' ? 'B' : 'A';
      assert.equal(await tasks.take(ann, given.slice(0, at) + other + given.slice(at + 1)), undefined);
    }
    for (const odd of ['', TASK.id, given.slice(1), `${given}=`, `${given}A`, given.toUpperCase()])
      assert.equal(await tasks.take(ann, odd), undefined);
  });
  test('is good for as long as ids are kept, and not for ever', async () => {
    const { tasks, time } = world();
    const given = await tasks.give(ann, TASK);
    time.nowMs = TASK_IDS_KEPT_MS;
    assert.deepEqual(await tasks.take(ann, given), TASK);
    time.nowMs = TASK_IDS_KEPT_MS + SEALS_FOR_MS;
    assert.equal(await tasks.take(ann, given), undefined);
  });
});
