/*
 * Asking for credentials changes nothing of the protocol: both frozen requirement sets pass through a gateway that knows
 * its callers, as they do through one that does not.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SUITE = fileURLToPath(new URL('../conformance/run.ts', import.meta.url));

test('the official suite passes 67 of 67 with authentication on', async () => {
  const { code, said } = await runSuite();
  const scores = said.match(/^.+ over http: \d+\/\d+/gm) ?? [];
  console.log(scores.join('\n'));
  assert.deepEqual(scores, ['2025-11-25 over http: 30/30', '2026-07-28 over http: 37/37'], said);
  assert.equal(code, 0, said);
});

async function runSuite(): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [SUITE, '--auth'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve) => void child.once('close', (code) => resolve({ code, said })));
}
