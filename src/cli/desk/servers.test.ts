import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newText } from './servers.ts';

const rows: readonly (readonly [string, string, string, string])[] = [
  ['nothing new is nothing', 'a\nb\n', 'a\nb\n', ''],
  ['what was added is new', 'a\n', 'a\nb\n', 'b\n'],
  ['everything is new after nothing', '', 'a\n', 'a\n'],
  ['what fell out of the ring at the front is not new', 'a\nb\nc\n', 'b\nc\nd\n', 'd\n'],
  [
    'what stands between what stayed is new',
    '[process 1]\na\n[process 2]\nz\n',
    '[process 1]\na\nb\n[process 2]\nz\n',
    'b\n',
  ],
  ['everything is new when nothing stayed', 'a\n', 'x\ny\n', 'x\ny\n'],
];

for (const [name, before, now, fresh] of rows)
  test(`following a log: ${name}`, () => assert.equal(newText(before, now), fresh));
