/*
 * What reading the file of another client must never do: offer more than the client would, give a server less than it
 * needs in silence, make a reference of what was plain text, or take a file of ours for a foreign one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment } from '../expand.ts';
import { type Loaded, parseConfig } from '../load.ts';

function load(path: string, file: object | string, env: Environment = {}): Loaded {
  return parseConfig(typeof file === 'string' ? file : JSON.stringify(file), path, env);
}

function serverOf(loaded: Loaded) {
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const [server] = loaded.config.servers;
  assert.ok(server);
  return server;
}

const GEMINI = '/x/.gemini/settings.json';
const mcp = (entry: object) => ({ mcpServers: { a: { command: 'x', ...entry } } });

test('a "*" in a list of allowed tools allows nothing more, and is said', () => {
  const loaded = load(GEMINI, mcp({ includeTools: ['read', 'file_*', '*'] }));
  assert.deepEqual(serverOf(loaded).tools.allow, ['read']);
  assert.match(loaded.warnings[0]?.say ?? '', /"\*" is left out/);
  const codex = load('config.toml', '[mcp_servers.a]\ncommand = "x"\nenabled_tools = ["*"]\n');
  assert.deepEqual(serverOf(codex).tools.allow, []);
});

test('servers that Gemini CLI was told to leave out stay out', () => {
  const servers = { a: { command: 'x' }, b: { command: 'y' } };
  const enabled = (lists: object) => {
    const loaded = load(GEMINI, { mcp: lists, mcpServers: servers });
    return loaded.ok && loaded.config.servers.map((server) => server.enabled);
  };
  assert.deepEqual(enabled({ allowed: ['b'] }), [false, true]);
  assert.deepEqual(enabled({ allowed: [] }), [false, false]);
  assert.deepEqual(enabled({ allowed: ['a', 'b'], excluded: ['a'] }), [false, true]);
});

const missing: { name: string; path: string; file: object | string; field: string; env?: Environment }[] = [
  {
    name: 'an input that nobody answers',
    path: 'mcp.json',
    file: { inputs: [{ id: 'k' }], servers: { a: { url: 'https://a.example', headers: { K: `\${input:k}` } } } },
    field: 'servers.a.headers.K',
    // A variable of the plain name is not taken: it may hold something else.
    env: { K: 'other', k: 'other', GATEWRIGHT_INPUT_K: '' },
  },
  {
    name: 'a bearer token that is not set',
    path: 'config.toml',
    file: '[mcp_servers.a]\nurl = "https://a.example"\nbearer_token_env_var = "NOPE"\n',
    field: 'mcp_servers.a.bearer_token_env_var',
  },
  {
    name: 'a header from a variable that is not set',
    path: 'config.toml',
    file: '[mcp_servers.a]\nurl = "https://a.example"\nenv_http_headers = { X = "NOPE" }\n',
    field: 'mcp_servers.a.env_http_headers.X',
  },
  {
    name: 'a secret of Continue that is not here',
    path: '/x/.continue/config.yaml',
    file: `mcpServers:\n  - name: a\n    command: x\n    env:\n      K: \${{ secrets.NOPE }}\n`,
    field: 'mcpServers[0].env.K',
  },
  {
    name: 'the folder that is open in the editor',
    path: '/x/.cursor/mcp.json',
    file: mcp({ args: [`\${workspaceFolder}/x`] }),
    field: 'mcpServers.a.args[0]',
  },
  {
    name: 'a file of variables',
    path: '/x/.cursor/mcp.json',
    file: mcp({ envFile: '.env' }),
    field: 'mcpServers.a.envFile',
  },
  {
    name: 'a program that makes headers',
    path: '/x/.claude.json',
    file: mcp({ headersHelper: 'x' }),
    field: 'mcpServers.a.headersHelper',
  },
];

for (const { name, path, file, field, env = {} } of missing) {
  test(`a server is not started without what it needs: ${name}`, () => {
    const loaded = load(path, file, env);
    assert.ok(!loaded.ok);
    assert.deepEqual(
      loaded.problems.map((problem) => problem.field),
      [field],
    );
    assert.ok(loaded.problems[0]?.suggestion, 'with a way out');
  });
}

const plain: { name: string; path: string; file: object | string; text: string }[] = [
  {
    name: 'Claude Desktop expands nothing',
    path: '/x/claude_desktop_config.json',
    file: mcp({ args: [`\${HOME} \${env:HOME} \${`] }),
    text: `\${HOME} \${env:HOME} \${`,
  },
  {
    name: 'Cursor expands only what it names so',
    path: '/x/.cursor/mcp.json',
    file: mcp({ args: [`\${HOME} \${env:HOME}`] }),
    text: `\${HOME} /srv/ada`,
  },
  {
    name: 'a program expands what its own entry gives it',
    path: 'servers.json',
    file: mcp({ args: [`\${HOME}`], env: { HOME: '/elsewhere' } }),
    text: `\${HOME}`,
  },
  {
    name: 'Gemini CLI leaves alone what is no variable',
    path: GEMINI,
    file: mcp({ args: ['$HOME costs 5$each'] }),
    text: '/srv/ada costs 5$each',
  },
  {
    name: 'a default of VS Code is text',
    path: 'mcp.json',
    file: {
      inputs: [{ id: 'k', default: `\${HOME}` }],
      servers: { a: { command: 'x', args: [`\${input:k}`] } },
    },
    text: `\${HOME}`,
  },
  {
    name: 'Codex expands nothing in arguments',
    path: 'config.toml',
    file: `[mcp_servers.a]\ncommand = "x"\nargs = ["\${HOME}"]\n`,
    text: `\${HOME}`,
  },
];

for (const { name, path, file, text } of plain) {
  test(`plain text stays plain: ${name}`, () => {
    const { transport } = serverOf(load(path, file, { HOME: '/srv/ada' }));
    assert.deepEqual(transport.kind === 'stdio' && transport.args, [text]);
  });
}

for (const section of ['auth', 'listen', 'limits', 'publicUrl']) {
  test(`a file with "${section}" is ours, even when it is called mcp.json`, () => {
    const loaded = load('mcp.json', { servers: { a: { command: 'x', unknownField: 1 } }, [section]: {} });
    assert.ok(!loaded.ok, 'in a file of ours an unknown field is an error');
  });
}

test('times of clients are brought into our range, and a long call may last as long', () => {
  const codex = (times: string) => serverOf(load('config.toml', `[mcp_servers.a]\ncommand = "x"\n${times}\n`)).limits;
  assert.equal(codex('startup_timeout_sec = 9999').connectTimeoutMs, 120_000);
  assert.equal(codex('startup_timeout_ms = 1500').connectTimeoutMs, 1500);
  const long = codex('tool_timeout_sec = 7200');
  assert.deepEqual([long.callTimeoutMs, long.callTimeMaxMs], [7_200_000, 7_200_000]);
  assert.equal(codex('tool_timeout_sec = -1').callTimeoutMs, 60_000);
});
