/*
 * The files that clients really have, through `bin/gatewright`: what leaves a client's file is served by ours, and a
 * restore gives every file back to the byte. Then what must hold when the disk refuses in the middle.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(ROOT, 'bin', 'gatewright');
const SAMPLES = join(ROOT, 'test', 'samples', 'home');
const root = mkdtempSync(join(tmpdir(), 'gatewright-connect-'));
after(() => rmSync(root, { recursive: true }));

const VARIABLES = [
  ...['ISSUES_TOKEN', 'BROWSER_KEY', 'COMPANY_KEY', 'CRM_TOKEN', 'GATEWRIGHT_INPUT_DB_PASSWORD', 'STREAM_TOKEN'],
  ...['PYTHON_KEY', 'FIGMA_TOKEN', 'FIGMA_TEAM', 'SQLITE_KEY', 'LINEAR_TOKEN'],
];

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function gatewright(home: string, argv: readonly string[], limit = ''): Promise<Outcome> {
  const set = Object.fromEntries(VARIABLES.map((name) => [name, `value-of-${name.toLowerCase()}`]));
  const env = { PATH: process.env.PATH, HOME: home, ...set };
  const words = ['-c', `${limit} exec "$0" "$@"`, process.execPath, BIN, ...argv];
  return new Promise((resolve) => {
    execFile('/bin/sh', words, { env, cwd: root }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

const clients: { id: string; file: string; points: RegExp; stays: RegExp }[] = [
  {
    id: 'claude-desktop',
    file: '.config/Claude/claude_desktop_config.json',
    points: /"gatewright": \{\s+"command": "\/.+",\s+"args": \[\s*"\/.+gatewright",\s*"stdio"\s*\]/,
    stays: /./,
  },
  { id: 'claude-code', file: '.claude.json', points: /"type": "http",\s+"url": "http/, stays: /"projects"/ },
  {
    id: 'cursor',
    file: '.cursor/mcp.json',
    points: /"gatewright": \{\s+"url": "http/,
    stays: /\/\/ One for the browser/,
  },
  { id: 'windsurf', file: '.codeium/windsurf/mcp_config.json', points: /"serverUrl": "http/, stays: /./ },
  { id: 'vscode', file: '.config/Code/User/mcp.json', points: /"type": "http",\s+"url": "http/, stays: /"inputs"/ },
  {
    id: 'zed',
    file: '.config/zed/settings.json',
    points: /"gatewright": \{\s+"url": "http/,
    stays: /"mcp-server-context7"/,
  },
  { id: 'gemini', file: '.gemini/settings.json', points: /"httpUrl": "http/, stays: /"excluded"/ },
  { id: 'codex', file: '.codex/config.toml', points: /\[mcp_servers\.gatewright\]\nurl = "http/, stays: /^model/m },
  {
    id: 'cline',
    file: '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    points: /"type": "streamableHttp",\s+"url": "http/,
    stays: /./,
  },
  {
    id: 'continue',
    file: '.continue/config.yaml',
    points: /- name: gatewright\n +type: streamable-http\n +url: http/,
    stays: /^models/m,
  },
];

for (const { id, file, points, stays } of clients) {
  test(`${id}: connected, its servers are ours; restored, its file is as it was`, async () => {
    const home = join(root, id);
    cpSync(SAMPLES, home, { recursive: true });
    const path = join(home, file);
    const original = readFileSync(path);
    const mode = statSync(path).mode;
    const connected = await gatewright(home, ['connect', id, '--yes']);
    assert.equal(connected.code, 0, connected.err);
    assert.doesNotMatch(connected.out + connected.err, /value-of|-0123456789/);
    assert.match(readFileSync(path, 'utf8'), points);
    assert.match(readFileSync(path, 'utf8'), stays);
    const own = join(home, '.config', 'gatewright', 'gatewright.yaml');
    const taken = await gatewright(home, ['check', own]);
    assert.equal(taken.code, 0, taken.err);
    const restored = await gatewright(home, ['restore', id]);
    assert.equal(restored.code, 0, restored.err);
    assert.deepEqual(readFileSync(path), original);
    assert.equal(statSync(path).mode, mode);
  });
}

test('all files of all clients are imported at once, and ours is valid then', async () => {
  const home = join(root, 'all');
  cpSync(SAMPLES, home, { recursive: true });
  const { code, err } = await gatewright(home, ['import', '--yes']);
  assert.equal(code, 0, err);
  const checked = await gatewright(home, ['check', join(home, '.config', 'gatewright', 'gatewright.yaml'), '--json']);
  assert.equal(JSON.parse(checked.out).ok, true, checked.out);
  assert.ok(JSON.parse(checked.out).servers >= 20, checked.out);
});

test('when the disk refuses after the backup, the file is whole and nothing lies about', async () => {
  const home = join(root, 'full');
  const path = join(home, '.cursor', 'mcp.json');
  mkdirSync(dirname(path), { recursive: true });
  const text = JSON.stringify({ note: 'x'.repeat(1980), mcpServers: {} });
  writeFileSync(path, text);
  // No file may become larger than 4 × 512 bytes: the backup still fits, the new file does not.
  const { code, err } = await gatewright(home, ['connect', 'cursor', '--yes', '--keep'], 'ulimit -f 4;');
  assert.equal(code, 1);
  assert.match(err, /mcp\.json cannot be written/);
  assert.equal(readFileSync(path, 'utf8'), text);
  assert.deepEqual(readdirSync(dirname(path)), ['mcp.json']);
  assert.match((await gatewright(home, ['restore', 'cursor'])).out, /is as it was/);
});

test('a file of a project is never looked at', async () => {
  const home = join(root, 'stranger');
  mkdirSync(home);
  writeFileSync(join(root, '.mcp.json'), '{"mcpServers":{"evil":{"command":"evil"}}}');
  const { code, err } = await gatewright(home, ['import', '--yes']);
  assert.equal(code, 1);
  assert.match(err, /No file of any client was found/);
});
