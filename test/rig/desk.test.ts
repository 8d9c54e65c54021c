/*
 * The admin API in a test's own process: everybody is who they are, and comes in.
 */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { openTestDesk } from './desk.ts';
import type { Somebody } from './desk-people.ts';

const desk = await openTestDesk();
after(() => desk.close());

const WHO: readonly (readonly [who: Somebody | '', status: number])[] = [
  ['', 401],
  ...(['root', 'ada', 'uma', 'eva', 'vic', 'bob', 'ada-write', 'ada-read', 'ada-none', 'uma-write'] as const).map(
    (who) => [who, 404] as const,
  ),
];
for (const [who, status] of WHO) {
  it(`${who || 'nobody'} is ${status === 404 ? 'known' : 'a stranger'}`, async () => {
    assert.equal((await desk.ask(who, 'GET /api/v1/none')).status, status);
    assert.deepEqual(desk.failures, []);
  });
}
