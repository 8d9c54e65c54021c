/*
 * A person's day on a clean machine: the five servers of the README's file, three through npx, one over HTTP, one over
 * HTTP+SSE, behind one address; looked at and called from the command line and by clients, with and without a gateway.
 *
 * The file is the one that the README shows. Only the addresses of its two remote servers are ours, and the three others
 * are told to start in this checkout, where npx finds their programs without a download.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { shownIn } from '../ground/shown.ts';
import { type CliProcess, startCli } from '../rig/cli.ts';
import { assertNoneLeft, processesMarked } from '../rig/process-watcher.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

interface Entry {
  command?: string;
  cwd?: string;
  url?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'gatewright-story-'));
const home = join(folder, 'home');
const elsewhere = join(folder, 'elsewhere');
const file = join(home, '.cursor/mcp.json');
/** Nothing else: what an npm script sets for its children is not what a person has. */
const env = { HOME: home, XDG_CACHE_HOME: join(folder, 'cache'), XDG_DATA_HOME: join(folder, 'data') };
const gatewright = (...argv: string[]): CliProcess => startCli(argv, { env, cwd: elsewhere });

let tracker: ScriptedHttpUpstream;
let wiki: ScriptedHttpUpstream;

before(async () => {
  tracker = await startScripted({ revision: '2026-07-28', transport: 'http' });
  wiki = await startScripted({ revision: '2024-11-05', transport: 'sse' });
  for (const each of [join(home, '.cursor'), elsewhere]) mkdirSync(each, { recursive: true });
  writeFileSync(file, JSON.stringify(fiveServers(), null, 2));
});

after(async () => {
  await Promise.all([tracker?.close(), wiki?.close()]);
  rmSync(folder, { recursive: true });
});

function fiveServers(): object {
  const [shown = ''] = shownIn(README, 'json').filter((text) => text.includes('server-memory'));
  const { mcpServers } = JSON.parse(shown) as { mcpServers: Record<string, Entry> };
  assert.equal(Object.keys(mcpServers).length, 5);
  for (const entry of Object.values(mcpServers)) {
    if (entry.command !== undefined) entry.cwd = ROOT;
  }
  (mcpServers.tracker as Entry).url = tracker.url;
  (mcpServers.wiki as Entry).url = wiki.url;
  return { mcpServers };
}

/** Until the snippet for clients, which is the last thing that a start prints. */
async function whileRunning(argv: readonly string[], use: (url: string, said: string) => Promise<void>): Promise<void> {
  const gateway = gatewright(...argv, '--port', '0');
  try {
    const said = await gateway.said(/^}$/m);
    await use(/http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? '', said);
  } finally {
    gateway.kill('SIGTERM');
    assert.equal((await gateway.ended).code, 0);
  }
}

async function words(...argv: string[]): Promise<string> {
  const { code, out, err } = await gatewright(...argv).ended;
  assert.equal(code, 0, `${argv.join(' ')}: ${err}`);
  return out;
}

const READ = ['files.read_text_file', 'path=README.md', 'head=1'];
const READ_BY_CLIENT = { name: 'files__read_text_file', arguments: { path: 'README.md', head: 1 } };

async function version1(url: string) {
  const client = new Client1({ name: 'story', version: '1.0.0' });
  await client.connect(new Http1(new URL(url)) as Transport);
  return client;
}

async function version2(url: string) {
  const client = new Client2({ name: 'story', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new Http2(new URL(url)));
  return client;
}

/** What the README's table of commands shows, each without its first word; `my-servers.json` is the file. */
const SHOWN = [...README.matchAll(/^\| `gatewright ([^`]+)` \|/gm)].map((match) =>
  (match[1] ?? '').replace('my-servers.json', file).split(' '),
);
const MOVES = ['import', 'connect', 'restore'];

/** Every shown command, by its first word, with what it must print. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  tools: /^TOOL[^\n]*\n[\s\S]*\bread_text_file +files /,
  call: /^# Gatewright\n$/,
  logs: /Starting default \(STDIO\) server/,
  restart: /^memory is ready\n$/,
  check: /5 servers/,
};

async function atWork(said: string): Promise<void> {
  assert.match(said, /\n5 of 5 servers ready\./);
  assert.equal(
    await words('servers'),
    shownIn(README, 'text').find((text) => text.startsWith('SERVER ')),
  );
  const work = SHOWN.filter(([name = '']) => !MOVES.includes(name));
  assert.deepEqual(
    work.map(([name]) => name),
    Object.keys(PRINTED),
  );
  for (const command of work) assert.match(await words(...command), PRINTED[command[0] ?? ''] ?? /^$/);
  assert.match(await words('call', 'wiki.echo', 'word=hello'), /"word": "hello"/);
  assert.equal(wiki.received.of('tools/call').length, 1);
  assert.match(await words('call', 'tracker.echo', 'word=hello'), /"word": "hello"/);
  assert.match(await words('call', 'memory.read_graph'), /"entities": \[\]/);
}

async function forClient(client: Awaited<ReturnType<typeof version1 | typeof version2>>): Promise<void> {
  const { tools } = await client.listTools();
  const servers = new Set(tools.map(({ name }) => name.split('__')[0]));
  assert.deepEqual([...servers], ['everything', 'files', 'memory', 'tracker', 'wiki']);
  assert.match(JSON.stringify(await client.callTool(READ_BY_CLIENT)), /# Gatewright/);
  assert.match(JSON.stringify(await client.callTool({ name: 'wiki__echo', arguments: { word: 'hello' } })), /hello/);
  await client.close();
}

const skip = process.platform === 'linux' ? false : 'what is left is looked for in /proc';

describe('five servers of three kinds, one file, a clean machine, one gateway', { skip }, () => {
  it('are served together, and work on the command line and for clients of both generations', async () => {
    await whileRunning(['--config', file], async (url, said) => {
      await atWork(said);
      for (const connect of [version1, version2]) await forClient(await connect(`${url}/mcp`));
    });
  });

  it('are found without being named, where a client keeps them', async () => {
    await whileRunning(['--yes'], async (_, said) => {
      assert.match(said, /^Found in the files of your MCP clients:\n/);
      assert.match(said, /\n {2}wiki +sse +127\.0\.0\.1:\d+ +Cursor\n/);
      assert.match(said, /\n5 of 5 servers ready\./);
      assert.equal(await words('call', ...READ), '# Gatewright\n');
    });
  });
});

describe('the same without one that runs', { skip }, () => {
  it('are called: the one that is needed is started, and no other', async () => {
    const known = [tracker, wiki].map(({ received }) => received.all.length);
    const { code, out, err } = await gatewright('call', '--config', file, ...READ).ended;
    assert.deepEqual([code, out], [0, '# Gatewright\n'], err);
    const now = [tracker, wiki].map(({ received }) => received.all.length);
    assert.deepEqual(now, known);
  });

  it('move into our file and are led here, and the client gets its own file back', async () => {
    const before = readFileSync(file);
    const moves = SHOWN.filter(([name = '']) => MOVES.includes(name));
    assert.deepEqual(
      moves.map(([name]) => name),
      MOVES,
    );
    for (const [name = '', ...rest] of moves) {
      if (name === 'restore') assert.notDeepEqual(readFileSync(file), before);
      await words(name, ...rest, ...(name === 'restore' ? [] : ['--yes']));
    }
    assert.deepEqual(readFileSync(file), before);
  });

  it('leave nothing: no process, no socket, no download', async () => {
    await assertNoneLeft(() => processesMarked(`HOME=${home}`));
    assert.deepEqual(readdirSync(join(folder, 'data/gatewright/gateways')), []);
    assert.ok(!existsSync(join(home, '.npm/_npx')));
  });
});
