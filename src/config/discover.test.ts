/*
 * What is found in a home folder, and what is made of it.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CLIENTS, type ClientId, clientNamed } from './clients.ts';
import { discover, type Found } from './discover.ts';

const SAMPLES = fileURLToPath(new URL('../../test/samples/home', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gatewright-discover-'));
after(() => rmSync(folder, { recursive: true }));
let homes = 0;

/** A home folder with the given files, each at the place that its client looks at first. */
function homeWith(files: Partial<Record<ClientId, object>>, platform: NodeJS.Platform = 'linux') {
  const home = join(folder, `home-${homes++}`);
  const at = { platform, home, env: {} };
  for (const [id, content] of Object.entries(files)) {
    const file = clientNamed(id)?.files(at)[0] ?? '';
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(content));
  }
  return at;
}

function linesOf(found: Found): string[] {
  return found.servers.map(({ server, from }) => `${server.name} < ${from.map(({ client }) => client.id).join(' ')}`);
}

const server = (command: string, more: object = {}) => ({ command, ...more });
const asFile = (id: ClientId, servers: object) => ({ [clientNamed(id)?.serversKey ?? '']: servers });

test('every client of a full home folder is found, and nothing is served twice', async () => {
  const home = join(folder, 'full');
  cpSync(SAMPLES, home, { recursive: true });
  const found = await discover({ platform: 'linux', home, env: { HOME: home } }, 9000);
  assert.deepEqual(
    found.files.map(({ client }) => client.id),
    CLIENTS.map(({ id }) => id),
  );
  assert.deepEqual(found.problems, []);
  const names = found.servers.map(({ server: { name } }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(
    linesOf(found).includes('filesystem < claude-desktop claude-code'),
    'the same server of two clients is one',
  );
  const why = (wanted: string) => found.leftOut.filter((left) => left.why === wanted).map(({ name }) => name);
  assert.deepEqual(why('disabled'), ['old-search', 'asleep', 'paused', 'off', 'tickets']);
  // No variable is set here, so whatever needs one is left out, and says which.
  assert.ok(why('faulty').includes('issues'));
  for (const left of found.leftOut.filter((one) => one.why === 'faulty')) assert.ok(left.problems.length > 0);
});

for (const platform of ['linux', 'darwin', 'win32'] as const) {
  test(`the files are found where ${platform} has them`, async () => {
    const ids: ClientId[] = ['claude-desktop', 'vscode', 'zed', 'cline'];
    const files = Object.fromEntries(ids.map((id) => [id, asFile(id, { [`of-${id}`]: server('x', { args: [id] }) })]));
    const found = await discover(homeWith(files, platform), 9000);
    assert.deepEqual(found.servers.map(({ server: { name } }) => name).sort(), ids.map((id) => `of-${id}`).sort());
  });
}

test('one name for two servers: both get the name of their client', async () => {
  const at = homeWith({
    cursor: asFile('cursor', { github: { url: 'https://a.example/mcp' }, only: server('only') }),
    vscode: asFile('vscode', { github: { url: 'https://b.example/mcp' } }),
  });
  const found = await discover(at, 9000);
  assert.deepEqual(linesOf(found), ['github-cursor < cursor', 'only < cursor', 'github-vscode < vscode']);
  assert.equal(found.servers[0]?.server.title, 'github (Cursor)');
});

test('one address with two tokens stays two servers', async () => {
  const entry = (token: string) => ({ url: 'https://a.example/mcp', headers: { Authorization: token } });
  const at = homeWith({
    cursor: asFile('cursor', { api: entry('Bearer one') }),
    'claude-code': asFile('claude-code', { api: entry('Bearer two') }),
  });
  assert.deepEqual(linesOf(await discover(at, 9000)), ['api-claude-code < claude-code', 'api-cursor < cursor']);
});

test('of two tool filters for one server both hold', async () => {
  const at = homeWith({
    windsurf: asFile('windsurf', { files: server('files', { disabledTools: ['delete'] }) }),
    gemini: asFile('gemini', { files: server('files', { includeTools: ['read', 'delete'], excludeTools: ['move'] }) }),
  });
  const { servers } = await discover(at, 9000);
  assert.deepEqual(servers[0]?.server.tools, { allow: ['read', 'delete'], block: ['delete', 'move'] });
  assert.equal(servers.length, 1);
});

test('entries that start this gateway are passed over', async () => {
  const at = homeWith({
    cursor: asFile('cursor', { gatewright: { url: 'http://127.0.0.1:9000/mcp' }, files: server('files') }),
    'claude-desktop': asFile('claude-desktop', { hub: server('npx', { args: ['-y', 'gatewright'] }) }),
  });
  const found = await discover(at, 9000);
  assert.deepEqual(linesOf(found), ['files < cursor']);
  assert.deepEqual(
    found.leftOut.map(({ name, why }) => `${name} ${why}`),
    ['hub gatewright', 'gatewright gatewright'],
  );
});

test('a broken file is said, and the others are read', async () => {
  const at = homeWith({ gemini: asFile('gemini', { fine: server('fine') }), cursor: {} });
  writeFileSync(join(at.home, '.cursor', 'mcp.json'), '{"mcpServers": {');
  const found = await discover(at, 9000);
  assert.deepEqual(linesOf(found), ['fine < gemini']);
  assert.deepEqual(
    found.problems.map(({ file, line }) => `${file.slice(at.home.length + 1)}:${line}`),
    ['.cursor/mcp.json:1'],
  );
});

test('a file of a client that names no servers is no problem', async () => {
  const at = homeWith({ gemini: { theme: 'dark' }, zed: { vim_mode: true }, 'claude-code': { numStartups: 1 } });
  const found = await discover(at, 9000);
  assert.deepEqual([found.servers, found.problems, found.warnings], [[], [], []]);
  assert.equal(found.files.length, 3);
});

test('an empty home has nothing', async () => {
  const found = await discover(homeWith({}), 9000);
  assert.deepEqual([found.files, found.servers], [[], []]);
});
