import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKilled, killedAs, NO_OVERLAY } from './overlay.ts';

const killed = (...names: string[]) => ({ ...NO_OVERLAY, principals: new Set(names) });

const ROWS: readonly [string, boolean, boolean][] = [
  ['nobody is killed', isKilled(NO_OVERLAY, 'acme', ['user:ann']), false],
  ['killed in the organisation', isKilled(killed(killedAs('user:ann', 'acme')), 'acme', ['user:ann']), true],
  ['killed in another one', isKilled(killed(killedAs('user:ann', 'other')), 'acme', ['user:ann']), false],
  ['killed in all of them', isKilled(killed(killedAs('user:ann', undefined)), 'acme', ['user:ann']), true],
  ['a key whose user is killed', isKilled(killed(killedAs('user:ann', 'acme')), 'acme', ['key:k1', 'user:ann']), true],
  ['a key of somebody else', isKilled(killed(killedAs('user:ann', 'acme')), 'acme', ['key:k1', 'user:bob']), false],
];

for (const [what, found, wanted] of ROWS) test(what, () => assert.equal(found, wanted));

test('no name of a principal is that of another one in an organisation', () => {
  assert.equal(isKilled(killed(killedAs('b', 'a')), 'x', [killedAs('b', 'a').slice(1)]), false);
});
