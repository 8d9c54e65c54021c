/*
 * A step to the next snapshot that ends in the middle is made whole by the one after it, also when that is to the same one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeServer, madeSnapshot } from '../../test/rig/made.ts';
import { Current } from './current.ts';
import { type FollowParts, follow } from './follow.ts';

test('what was not done for the last snapshot is done when it is asked for again', async () => {
  const first = madeSnapshot([]);
  const next = { ...madeSnapshot([madeServer('a')]), version: 2 };
  const current = new Current(first);
  const followed: string[][] = [];
  let isBroken = true;
  const parts = {
    current,
    memory: { recall: async () => {}, follow: () => {} },
    catalogues: { remove: () => {}, put: () => {} },
    upstreams: {
      of: () => undefined,
      follow: (servers: ReadonlyMap<string, unknown>) => {
        if (isBroken) throw new Error('in the middle');
        followed.push([...servers.keys()]);
        return { added: [...servers.keys()], removed: [], replaced: [] };
      },
    },
    views: { renewed: () => [], expect: async () => {} },
    hub: { renewed: async () => {} },
    inFlight: { endKilled: () => {} },
    emit: () => {},
  } as unknown as FollowParts;
  await assert.rejects(follow(parts, next), /in the middle/);
  isBroken = false;
  assert.deepEqual((await follow(parts, next)).added, ['a']);
  assert.deepEqual((await follow(parts, next)).added, [], 'and no more than once');
  assert.deepEqual(followed, [['a']]);
});
