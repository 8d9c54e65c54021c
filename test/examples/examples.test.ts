/*
 * The examples run as they are: each file is served by the real command, and every enabled server in it becomes ready.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dataFolder } from '../rig/data-folder.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');

interface Line {
  readonly event: string;
  readonly url: string;
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
}

/** Serves one example until its servers have settled, and calls one tool through the gateway before it stops. */
async function served(example: string, env: object, use: (url: string) => Promise<void>): Promise<readonly Line[]> {
  const argv = ['bin/gatewright', '--config', `examples/${example}`, '--port', '0', '--json'];
  const child = spawn(process.execPath, argv, {
    cwd: ROOT,
    env: { ...process.env, ...dataFolder(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(text));
    if (lines.at(-1)?.event !== 'ready') continue;
    await use(lines[0]?.url ?? '').finally(() => child.kill());
  }
  assert.deepEqual(await gone(child), 0);
  return lines;
}

async function gone(child: ChildProcess): Promise<unknown> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

function readyServers(lines: readonly Line[]): string[] {
  const servers = lines.filter(({ event }) => event === 'server');
  return servers
    .map(({ name, state, reason }) => `${name} ${state}${reason === undefined ? '' : `: ${reason}`}`)
    .sort();
}

/** Requests of the modern era, which need no session. */
async function called(url: string, tool: string, args: object, endpoint = ''): Promise<string> {
  return asked(`${url}/mcp${endpoint}`, 'tools/call', { name: tool, arguments: args });
}

async function asked(url: string, method: string, params: { name?: string; arguments?: object }): Promise<string> {
  const version = '2026-07-28';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': { name: 'examples', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } };
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...(params.name === undefined ? {} : { 'mcp-name': params.name }),
    },
    body: JSON.stringify(body),
  });
  return answer.text();
}

test('quickstart.yaml: two processes, and a call that reads a sample file', async () => {
  const lines = await served('quickstart.yaml', {}, async (url) => {
    assert.match(await called(url, 'everything__echo', { message: 'hello' }), /Echo: hello/);
    assert.match(await called(url, 'files__read_text_file', { path: 'haiku.txt' }), /one road/);
    assert.match(await called(url, 'files__write_file', { path: 'x', content: 'x' }), /Unknown tool/);
  });
  assert.deepEqual(readyServers(lines), ['everything ready', 'files ready']);
});

test('mcp-servers.json: the names of another client become ours, and its disabled server stays off', async () => {
  const lines = await served('mcp-servers.json', {}, async (url) => {
    assert.match(await called(url, 'everything__echo', { message: 'hello' }), /Echo: hello/);
  });
  assert.deepEqual(readyServers(lines), ['everything ready', 'sample-files ready']);
});

test('toolset.yaml: chosen tools of two servers under names of their own, and nothing else', async () => {
  const lines = await served('toolset.yaml', {}, async (url) => {
    const listed: unknown = JSON.parse(await asked(`${url}/mcp/reading`, 'tools/list', {}));
    const { tools } = (listed as { result: { tools: { name: string; description: string }[] } }).result;
    assert.deepEqual(tools.map(({ name }) => name).sort(), ['get-sum', 'list_directory', 'read']);
    const read = tools.find(({ name }) => name === 'read');
    assert.equal(read?.description, 'Reads one of the sample files, as text.');
    assert.match(await called(url, 'read', { path: 'haiku.txt' }, '/reading'), /one road/);
    assert.match(await called(url, 'get-sum', { a: 2, b: 3 }, '/reading'), /5/);
    assert.match(await called(url, 'write_file', { path: 'x', content: 'x' }, '/reading'), /Unknown tool/);
  });
  assert.deepEqual(readyServers(lines), ['everything ready', 'files ready']);
});

test('http.yaml: a server that is already running, reached over HTTP', async () => {
  const port = await freePort();
  const upstream = spawn(process.execPath, [EVERYTHING, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    for await (const text of createInterface({ input: upstream.stderr })) if (text.includes('listening')) break;
    const env = { EVERYTHING_URL: `http://127.0.0.1:${port}/mcp` };
    const lines = await served('http.yaml', env, async (url) => {
      assert.match(await called(url, 'everything__echo', { message: 'hello' }), /Echo: hello/);
    });
    assert.deepEqual(readyServers(lines), ['everything ready']);
  } finally {
    upstream.kill('SIGKILL');
    await gone(upstream);
  }
});

/** The example server takes its port from the environment and does not say which one it got for 0. */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  holder.close();
  await once(holder, 'close');
  return port;
}
