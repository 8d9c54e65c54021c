/*
 * The official conformance suite in front of the fixture over stdio: a pipe costs no scenario.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../conformance/run.ts', import.meta.url));

test('the conformance suite passes in front of a server on a pipe', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, '--same', '--over', 'stdio'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /2025-11-25 over stdio: 30\/30, 3\/3 beyond\n/);
  assert.match(stdout, /2026-07-28 over stdio: 37\/37, 3\/3 beyond\n/);
});
