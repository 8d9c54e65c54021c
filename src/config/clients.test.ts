/*
 * Where the files of other clients are looked for, on each platform.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLIENT_IDS, CLIENTS, type ClientHome, type ClientId, clientNamed } from './clients.ts';

const HOME = join('/', 'home', 'ada');
const CLINE = 'User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json';

/** Below the home folder; the first file of each client. */
const FIRST: Readonly<Record<ClientId, { linux: string; darwin: string; win32: string }>> = {
  'claude-desktop': {
    linux: '.config/Claude/claude_desktop_config.json',
    darwin: 'Library/Application Support/Claude/claude_desktop_config.json',
    win32: 'AppData/Roaming/Claude/claude_desktop_config.json',
  },
  'claude-code': everywhere('.claude.json'),
  cursor: everywhere('.cursor/mcp.json'),
  windsurf: everywhere('.codeium/windsurf/mcp_config.json'),
  vscode: {
    linux: '.config/Code/User/mcp.json',
    darwin: 'Library/Application Support/Code/User/mcp.json',
    win32: 'AppData/Roaming/Code/User/mcp.json',
  },
  zed: {
    linux: '.config/zed/settings.json',
    darwin: '.config/zed/settings.json',
    win32: 'AppData/Roaming/Zed/settings.json',
  },
  gemini: everywhere('.gemini/settings.json'),
  codex: everywhere('.codex/config.toml'),
  cline: {
    linux: `.config/Code/${CLINE}`,
    darwin: `Library/Application Support/Code/${CLINE}`,
    win32: `AppData/Roaming/Code/${CLINE}`,
  },
  continue: everywhere('.continue/config.yaml'),
};

function everywhere(path: string) {
  return { linux: path, darwin: path, win32: path };
}

function filesOf(id: ClientId, at: Partial<ClientHome> = {}): readonly string[] {
  return clientNamed(id)?.files({ platform: 'linux', home: HOME, env: {}, ...at }) ?? [];
}

for (const id of CLIENT_IDS) {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    test(`${id} keeps its servers in ${FIRST[id][platform]} on ${platform}`, () => {
      assert.equal(filesOf(id, { platform })[0], join(HOME, ...FIRST[id][platform].split('/')));
    });
  }
}

const moved: { id: ClientId; variable: string; to: string; last: string }[] = [
  { id: 'claude-desktop', variable: 'XDG_CONFIG_HOME', to: '/conf', last: '/conf/Claude/claude_desktop_config.json' },
  { id: 'claude-code', variable: 'CLAUDE_CONFIG_DIR', to: '/conf', last: '/conf/.claude.json' },
  { id: 'codex', variable: 'CODEX_HOME', to: '/conf', last: '/conf/config.toml' },
  { id: 'cline', variable: 'CLINE_MCP_SETTINGS_PATH', to: '/conf/cline.json', last: '/conf/cline.json' },
  { id: 'continue', variable: 'CONTINUE_GLOBAL_DIR', to: '/conf', last: '/conf/config.json' },
];

for (const { id, variable, to, last } of moved) {
  test(`${variable} moves the file of ${id}, and only to an absolute place`, () => {
    assert.equal(filesOf(id, { env: { [variable]: to } }).at(-1), join(last));
    assert.deepEqual(filesOf(id, { env: { [variable]: 'here' } }), filesOf(id));
  });
}

test('every client has one row, and every file it names is absolute', () => {
  assert.deepEqual(
    CLIENTS.map(({ id }) => id),
    [...CLIENT_IDS],
  );
  for (const id of CLIENT_IDS) for (const file of filesOf(id)) assert.ok(file.startsWith(HOME), file);
});
