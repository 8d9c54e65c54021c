/*
 * What is generated and checked in says what its sources say.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleFiles } from '../../tools/generate/generate.ts';

test('reference pages and the configuration schema are as generated from their sources', () => {
  assert.deepEqual(staleFiles(), [], 'run "npm run generate"');
});
