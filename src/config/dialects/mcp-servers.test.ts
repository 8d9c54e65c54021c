import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../load.ts';

function loaded(file: object, env = {}) {
  return parseConfig(JSON.stringify(file, undefined, 2), 'mcp.json', env);
}

test('the file of another client loads as it is', () => {
  const result = loaded(
    {
      mcpServers: {
        'My Files': { command: 'npx', args: ['-y', 'x', '/tmp'], env: { A: 'b' } },
        github: { type: 'http', url: 'https://a.example/mcp', headers: { Authorization: `Bearer \${env:TOKEN}` } },
      },
    },
    { TOKEN: 'abc' },
  );
  assert.ok(result.ok);
  assert.deepEqual(result.warnings, []);
  assert.deepEqual(
    result.config.servers.map(({ name, title }) => [name, title]),
    [
      ['my-files', 'My Files'],
      ['github', undefined],
    ],
  );
  const [, github] = result.config.servers;
  assert.deepEqual(github?.transport, {
    kind: 'http',
    url: 'https://a.example/mcp',
    headers: { Authorization: 'Bearer abc' },
    trusted: true,
    orSse: false,
  });
});

test('two names that meet in one slug are both served, each under its own', () => {
  const result = loaded({ mcpServers: { 'My Files': { command: 'a' }, 'my files': { command: 'b' } } });
  assert.ok(result.ok);
  const names = result.config.servers.map(({ name }) => name);
  assert.equal(new Set(names).size, 2);
  for (const name of names) assert.match(name, /^my-files-[0-9a-f]{6}$/);
});

test('`disabled: true` is respected', () => {
  const result = loaded({ mcpServers: { a: { command: 'x', disabled: true }, b: { command: 'x', disabled: false } } });
  assert.ok(result.ok);
  assert.deepEqual(
    result.config.servers.map(({ enabled }) => enabled),
    [false, true],
  );
});

test('our own fields may stand in the file of another client', () => {
  const result = loaded({
    mcpServers: { a: { command: 'x', tools: { block: ['rm*'] }, callTimeoutMs: 500, title: 'A' } },
  });
  assert.ok(result.ok);
  const [server] = result.config.servers;
  assert.deepEqual([server?.tools.block, server?.limits.callTimeoutMs, server?.title], [['rm*'], 500, 'A']);
});

test('a title that looks like a reference is not expanded', () => {
  const result = loaded({ mcpServers: { 'My ${HOME}': { command: 'x' } } });
  assert.ok(result.ok);
  assert.equal(result.config.servers[0]?.title, `My \${HOME}`);
});

test('unknown fields are warnings with their place', () => {
  const result = loaded({ mcpServers: { 'My Files': { command: 'x', colour: [], comand: 'y' } }, theme: 'dark' });
  assert.ok(result.ok);
  assert.deepEqual(
    result.warnings.map(({ line, column, field, say }) => `${line}:${column} ${field} ${say}`),
    [
      '5:7 mcpServers["My Files"].colour Unknown field, ignored.',
      '6:7 mcpServers["My Files"].comand Unknown field, ignored.',
      '9:3 theme Ignored: from this kind of file only "mcpServers" is read.',
    ],
  );
  assert.match(result.warnings[1]?.suggestion ?? '', /"command"/);
});

test('errors speak of the fields as the file has them', () => {
  const result = loaded({ mcpServers: { 'My Files': {}, Old: { type: 'ssh', url: 'http://a/sse' } } });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.problems.map(({ line, field }) => `${line} ${field}`),
    ['3 mcpServers["My Files"]', '5 mcpServers.Old.type'],
  );
});

test('a file with `servers` too is native, and `mcpServers` an unknown field there', () => {
  const result = loaded({ mcpServers: {}, servers: {} });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.problems.map(({ field, say }) => `${field}: ${say}`),
    ['mcpServers: Unknown field.'],
  );
});

test('`mcpServers` that is text is refused', () => {
  const result = loaded({ mcpServers: 'none' });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.problems.map(({ line, field, say }) => `${line} ${field}: ${say}`),
    ['2 mcpServers: Expected a map, found text.'],
  );
});
