/*
 * The protocol's own debugging client against a running gateway: `node tools/inspector/check.ts URL`.
 *
 * `npm ci --ignore-scripts` in this folder brings the Inspector; its command line needs no install script. Lists the
 * tools of the endpoint and calls one that the quickstart's servers have.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LAUNCHER = new URL(
  'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  import.meta.url,
);
const TOOL = 'everything__echo';
const TIME_MS = 60_000;

const [, , url = 'http://127.0.0.1:9000/mcp'] = process.argv;

function inspect(...args: string[]): unknown {
  const command = [fileURLToPath(LAUNCHER), '--cli', url, '--transport', 'http', ...args];
  return JSON.parse(execFileSync(process.execPath, command, { encoding: 'utf8', timeout: TIME_MS }));
}

const { tools } = inspect('--method', 'tools/list') as { tools: { name: string }[] };
if (!tools.some(({ name }) => name === TOOL)) throw new Error(`the list has no ${TOOL}`);

const called = inspect('--method', 'tools/call', '--tool-name', TOOL, '--tool-arg', 'message=hello');
if (!JSON.stringify(called).includes('Echo: hello')) throw new Error(`unexpected answer ${JSON.stringify(called)}`);

console.log(`Inspector: ${tools.length} tools listed, ${TOOL} called`);
