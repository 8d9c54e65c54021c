/*
 * The MCP clients people have, and where each keeps its servers: one row per client, per platform.
 *
 * Only files of the user are here. A file of a project (`.mcp.json`, `.cursor/mcp.json`, `.vscode/mcp.json`) may come
 * from a stranger's repository and its commands would run; such a file is read only when a person names it. For the same
 * reason a variable that moves a file counts only when it holds an absolute path: a relative one would lead back into
 * the current folder.
 */
import { isAbsolute, join } from 'node:path';
import type { Environment } from './expand.ts';

/** How a file is written, and under which key its servers stand: a map by name; in YAML (Continue) a list with `name`s. */
export interface FileFormat {
  readonly syntax: 'json' | 'jsonc' | 'toml' | 'yaml';
  readonly serversKey: 'mcpServers' | 'servers' | 'context_servers' | 'mcp_servers';
}

/** Where and as whom we look. */
export interface ClientHome {
  readonly platform: NodeJS.Platform;
  /** Absolute. */
  readonly home: string;
  readonly env: Environment;
}

export interface Client extends FileFormat {
  readonly id: ClientId;
  readonly title: string;
  /** Absolute. When none is there, the first is where one would be made. */
  readonly files: (at: ClientHome) => readonly string[];
  /** `first`: of those that are there, the first is meant. `all`: editions that live side by side, each with its own. */
  readonly reads: 'first' | 'all';
  /** How the client reaches a gateway: by its address, or only by a program that it starts. */
  readonly reaches: 'url' | 'command';
}

export type ClientId = (typeof CLIENT_IDS)[number];

export const CLIENT_IDS = [
  'claude-desktop',
  'claude-code',
  'cursor',
  'windsurf',
  'vscode',
  'zed',
  'gemini',
  'codex',
  'cline',
  'continue',
] as const;

const MCP_SERVERS = { syntax: 'json', serversKey: 'mcpServers' } as const;

export const CLIENTS: readonly Client[] = [
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    ...MCP_SERVERS,
    files: (at) => [join(appData(at), 'Claude', 'claude_desktop_config.json'), ...storeEdition(at)],
    reads: 'first',
    reaches: 'command',
  },
  {
    id: 'claude-code',
    title: 'Claude Code',
    ...MCP_SERVERS,
    files: (at) => [join(folderIn(at, 'CLAUDE_CONFIG_DIR') ?? at.home, '.claude.json')],
    reads: 'first',
    reaches: 'url',
  },
  {
    id: 'cursor',
    title: 'Cursor',
    syntax: 'jsonc',
    serversKey: 'mcpServers',
    files: ({ home }) => [join(home, '.cursor', 'mcp.json')],
    reads: 'first',
    reaches: 'url',
  },
  {
    id: 'windsurf',
    title: 'Windsurf',
    ...MCP_SERVERS,
    files: ({ home }) => [
      join(home, '.codeium', 'windsurf', 'mcp_config.json'),
      join(home, '.codeium', 'mcp_config.json'),
    ],
    reads: 'all',
    reaches: 'url',
  },
  {
    id: 'vscode',
    title: 'VS Code',
    syntax: 'jsonc',
    serversKey: 'servers',
    files: (at) => CODE_EDITIONS.map((edition) => join(appData(at), edition, 'User', 'mcp.json')),
    reads: 'all',
    reaches: 'url',
  },
  {
    id: 'zed',
    title: 'Zed',
    syntax: 'jsonc',
    serversKey: 'context_servers',
    files: (at) => [join(zedFolder(at), 'settings.json')],
    reads: 'first',
    reaches: 'url',
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    syntax: 'jsonc',
    serversKey: 'mcpServers',
    files: ({ home }) => [join(home, '.gemini', 'settings.json')],
    reads: 'first',
    reaches: 'url',
  },
  {
    id: 'codex',
    title: 'Codex',
    syntax: 'toml',
    serversKey: 'mcp_servers',
    files: (at) => [join(folderIn(at, 'CODEX_HOME') ?? join(at.home, '.codex'), 'config.toml')],
    reads: 'first',
    reaches: 'url',
  },
  {
    id: 'cline',
    title: 'Cline',
    ...MCP_SERVERS,
    files: (at) => [
      ...CODE_EDITIONS.map((edition) => join(appData(at), edition, 'User', ...CLINE_IN_CODE)),
      folderIn(at, 'CLINE_MCP_SETTINGS_PATH') ?? join(at.home, '.cline', 'data', 'settings', CLINE_FILE),
    ],
    reads: 'all',
    reaches: 'url',
  },
  {
    id: 'continue',
    title: 'Continue',
    syntax: 'yaml',
    serversKey: 'mcpServers',
    files: (at) => {
      const folder = folderIn(at, 'CONTINUE_GLOBAL_DIR') ?? join(at.home, '.continue');
      return [join(folder, 'config.yaml'), join(folder, 'config.json')];
    },
    reads: 'first',
    reaches: 'url',
  },
];

const CODE_EDITIONS = ['Code', 'Code - Insiders'] as const;
const CLINE_FILE = 'cline_mcp_settings.json';
const CLINE_IN_CODE = ['globalStorage', 'saoudrizwan.claude-dev', 'settings', CLINE_FILE] as const;

export function clientNamed(id: string): Client | undefined {
  return CLIENTS.find((client) => client.id === id);
}

/** Where programs of this platform keep settings of the user. */
function appData(at: ClientHome): string {
  if (at.platform === 'darwin') return join(at.home, 'Library', 'Application Support');
  if (at.platform === 'win32') return folderIn(at, 'APPDATA') ?? join(at.home, 'AppData', 'Roaming');
  return folderIn(at, 'XDG_CONFIG_HOME') ?? join(at.home, '.config');
}

/** Zed keeps to `.config` on macOS too. */
function zedFolder(at: ClientHome): string {
  if (at.platform === 'darwin') return join(at.home, '.config', 'zed');
  return join(appData(at), at.platform === 'win32' ? 'Zed' : 'zed');
}

/** An edition from the Microsoft Store sees its own copy of the roaming folder. */
function storeEdition(at: ClientHome): string[] {
  if (at.platform !== 'win32') return [];
  const local = folderIn(at, 'LOCALAPPDATA') ?? join(at.home, 'AppData', 'Local');
  const roaming = join(local, 'Packages', 'Claude_pzs8sxrjxfjjc', 'LocalCache', 'Roaming');
  return [join(roaming, 'Claude', 'claude_desktop_config.json')];
}

function folderIn({ env }: ClientHome, variable: string): string | undefined {
  const path = env[variable];
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
