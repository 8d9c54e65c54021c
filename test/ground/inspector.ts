/*
 * Starts the quickstart on a free port and lets the Inspector call it. A script for `.ci/run`, not a test, because the
 * Inspector is 90 MB that `npm install` does not bring (see tools/inspector/).
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startCommand } from './running.ts';

const cwd = fileURLToPath(new URL('../..', import.meta.url));
const args = ['start', '--', '--port', '0', '--json'];
const gateway = await startCommand({ program: 'npm', args, cwd });
try {
  execFileSync(process.execPath, ['tools/inspector/check.ts', `${gateway.url}/mcp`], { cwd, stdio: 'inherit' });
} finally {
  await gateway.stop();
}
