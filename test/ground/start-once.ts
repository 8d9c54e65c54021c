/*
 * Does `npm start` in the current folder bring up every server of the quickstart, and does it stop when asked?
 *
 * A script, not a test: npm-versions.sh runs it in copies of the tree, each with another npm.
 */
import { startCommand } from './running.ts';

const args = ['start', '--', '--port', '0', '--json'];
const gateway = await startCommand({ program: 'npm', args, cwd: process.cwd() });
await gateway.stop();
if (gateway.servers === 0 || gateway.ready !== gateway.servers) {
  console.error(`npm start: ${gateway.ready} of ${gateway.servers} servers are ready`);
  process.exitCode = 1;
}
