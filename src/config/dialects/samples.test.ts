/*
 * A file of each client, as it lies in a home folder, and what is served of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ServerConfig } from '../config.ts';
import { type Loaded, loadConfig } from '../load.ts';
import { type Problem, problemLine } from '../problem.ts';

const SAMPLES = fileURLToPath(new URL('../../../test/samples/', import.meta.url));
const HOME = '/srv/ada';

const ENV = {
  HOME,
  LANG: 'C',
  ISSUES_TOKEN: 'issues-0123456789',
  BROWSER_KEY: 'browser-key',
  COMPANY_KEY: 'company-key',
  CRM_TOKEN: 'crm-token',
  GATEWRIGHT_INPUT_DB_PASSWORD: 'db-password',
  STREAM_TOKEN: 'stream-token',
  PYTHON_KEY: 'python-key',
  FIGMA_TOKEN: 'figma-token',
  FIGMA_TEAM: 'figma-team',
  SQLITE_KEY: 'sqlite-key',
  LINEAR_TOKEN: 'linear-token',
};

interface Row {
  readonly file: string;
  /** Each server in one line; `off` in front of those that are disabled. */
  readonly servers: readonly string[];
  readonly warnings?: readonly string[];
  readonly setAside?: readonly string[];
}

const rows: readonly Row[] = [
  {
    file: 'home/.config/Claude/claude_desktop_config.json',
    servers: [
      'filesystem: npx -y @modelcontextprotocol/server-filesystem /srv/ada/Documents',
      'brave-search "Brave Search": npx -y brave-search-server {BRAVE_API_KEY=brave-0123456789}',
      // Claude Desktop expands nothing: the program gets these words, and the variable.
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
      'remote-notes "remote notes": npx -y mcp-remote https://notes.example.com/mcp --header Authorization:${AUTH_HEADER} {AUTH_HEADER=Bearer notes-0123456789}',
    ],
  },
  {
    file: 'home/.claude.json',
    servers: [
      'filesystem: npx -y @modelcontextprotocol/server-filesystem /srv/ada/Documents',
      'issues: https://issues.example.com/mcp {Authorization=Bearer issues-0123456789} call 120000',
    ],
    warnings: ['5 projects: Not taken: 1 server of 1 single folder.'],
  },
  {
    file: 'home/.cursor/mcp.json',
    servers: [
      'browser: npx -y browser-server@latest --profile /srv/ada/.browser {BROWSER_KEY=browser-key}',
      'company: https://mcp.company.example/mcp {X-Api-Key=company-key}',
    ],
  },
  {
    file: 'home/.codeium/windsurf/mcp_config.json',
    servers: [
      'github: docker run -i --rm -e GITHUB_PERSONAL_ACCESS_TOKEN ghcr.io/github/github-mcp-server {GITHUB_PERSONAL_ACCESS_TOKEN=ghp-0123456789} block delete_repository,delete_file',
      'crm: https://crm.example.com/mcp {Authorization=Bearer crm-token}',
      'off old-search: https://search.example.com/mcp',
    ],
  },
  {
    file: 'home/.config/Code/User/mcp.json',
    servers: [
      'postgres "Postgres": uvx postgres-server --region eu-west-1 {PGPASSWORD=db-password PGUSER=ada}',
      'docs: https://docs.example.com/mcp',
    ],
    setAside: [
      '22 servers.asks.headers.X-Key: VS Code asks for "never-set" (A key that only a person knows) before it starts this server. Set GATEWRIGHT_INPUT_NEVER_SET.',
    ],
  },
  {
    file: 'home/.config/zed/settings.json',
    servers: [
      'everything: npx -y @modelcontextprotocol/server-everything',
      'older-shape: /usr/local/bin/notes-server --stdio {NOTES=/srv/ada/notes}',
      'remote: https://remote.example.com/mcp {Authorization=Bearer zed-0123456789}',
      'off asleep: asleep-server',
    ],
    warnings: ['18 context_servers.mcp-server-context7: Not taken: an extension of Zed brings this server.'],
  },
  {
    file: 'home/.gemini/settings.json',
    servers: [
      'streaming: https://stream.example.com/mcp {Authorization=Bearer stream-token} call 30000',
      'python: python3 -m tools_server --price 5$each {KEY=python-key} allow read_table,list_tables block drop_table',
      'events: sse https://events.example.com/sse',
      'off paused: paused-server',
    ],
  },
  {
    file: 'home/.codex/config.toml',
    servers: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Codex expands nothing in values
      'context: npx -y context-server {LANG=C CONTEXT_KEY=literal ${NOT_A_REFERENCE}} allow search,fetch block delete connect 20000 call 90500',
      'figma-files "Figma Files": https://figma.example.com/mcp {Authorization=Bearer figma-token X-Region=eu X-Team=figma-team}',
      'off off: off-server',
    ],
  },
  {
    file: 'home/.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
    servers: [
      'weather: node /srv/ada/servers/weather.js {WEATHER_KEY=weather-0123456789} call 120000',
      'alerts: sse https://alerts.example.com/sse',
      'off tickets: https://tickets.example.com/mcp {Authorization=Bearer tickets-0123456789}',
    ],
  },
  {
    file: 'home/.continue/config.yaml',
    servers: [
      'sqlite "SQLite": npx -y sqlite-server /srv/ada/data.db {SQLITE_KEY=sqlite-key} connect 15000',
      'linear: https://linear.example.com/mcp {Authorization=Bearer linear-token}',
    ],
    warnings: ['21 mcpServers[2]: Not taken: this entry is kept by Continue.'],
  },
  { file: 'older/continue-config.json', servers: ['server-1: uvx notes-server {A=b}'] },
];

for (const { file, servers, warnings = [], setAside = [] } of rows) {
  test(`${file} is read as it is`, async () => {
    const loaded = await loadConfig(`${SAMPLES}${file}`, ENV, {}, { faultyServers: 'setAside' });
    assert.ok(loaded.ok, failure(loaded));
    assert.deepEqual(loaded.config.servers.map(lineOf), servers);
    assert.deepEqual(
      loaded.warnings.map(({ line, field, say }) => `${line} ${field}: ${say}`),
      warnings,
    );
    const aside = loaded.setAside.flatMap(({ problems }) => problems);
    assert.deepEqual(
      aside.map((problem) => `${problem.line} ${problem.field}: ${problem.say} ${problem.suggestion}`),
      setAside,
    );
  });
}

function failure(loaded: Loaded): string {
  return loaded.ok ? '' : loaded.problems.map((problem: Problem) => problemLine(problem)).join('\n');
}

function lineOf({ name, title, enabled, transport, tools, limits }: ServerConfig): string {
  const words =
    transport.kind === 'stdio'
      ? [transport.command, ...transport.args]
      : [...(transport.kind === 'sse' ? ['sse'] : []), transport.url];
  const values = Object.entries(transport.kind === 'stdio' ? transport.env : transport.headers);
  return [
    ...(enabled ? [] : ['off']),
    title === undefined ? `${name}:` : `${name} "${title}":`,
    ...words,
    ...(values.length > 0 ? [`{${values.map((pair) => pair.join('=')).join(' ')}}`] : []),
    ...(tools.allow === undefined ? [] : ['allow', tools.allow.join(',')]),
    ...(tools.block.length === 0 ? [] : ['block', tools.block.join(',')]),
    ...(limits.connectTimeoutMs === 10_000 ? [] : ['connect', String(limits.connectTimeoutMs)]),
    ...(limits.callTimeoutMs === 60_000 ? [] : ['call', String(limits.callTimeoutMs)]),
  ].join(' ');
}
