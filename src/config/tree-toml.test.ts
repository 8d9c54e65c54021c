import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tomlPlaces } from './toml-places.ts';
import { nodeAt, placeOf } from './tree.ts';
import { parseToml } from './tree-toml.ts';

const FILE = `# comment with [brackets] and "quotes
model = "x" # = [a]
notify = [
  "a]", # ]
  'b"',
]
text = """
[not.a.table]
key = "no \\""" end"
"""

[mcp_servers.one]
command = "npx"
  args = ["-y", "one"]
[mcp_servers."two words"]
url = 'https://a.example'
http_headers = { "X-A" = "1", b = { c = 2 } }
[mcp_servers.one.env]
A.B = "dotted"
[[list]]
n = 1
[[list]]
n = 2
`;

const rows: { path: (string | number)[]; at: string }[] = [
  { path: ['model'], at: '2:1' },
  { path: ['text'], at: '7:1' },
  { path: ['mcp_servers', 'one'], at: '12:1' },
  { path: ['mcp_servers', 'one', 'args'], at: '14:3' },
  { path: ['mcp_servers', 'two words', 'url'], at: '16:1' },
  { path: ['mcp_servers', 'one', 'env', 'A', 'B'], at: '19:1' },
  { path: ['list', 1, 'n'], at: '23:1' },
  { path: ['mcp_servers', 'two words', 'http_headers', 'X-A'], at: '17:1' },
];

for (const { path, at } of rows) {
  test(`${path.join('.')} stands at ${at}`, () => {
    const parsed = parseToml(FILE);
    assert.ok(parsed.ok && parsed.root !== undefined);
    assert.notEqual(nodeAt(parsed.root, path), undefined);
    assert.equal(Object.values(placeOf(parsed.root, path)).join(':'), at);
  });
}

test('what stands inside a text is no table', () => {
  assert.ok(!tomlPlaces(FILE).has('["not"]'));
});

test('a broken file is told by its place, without a word of it', () => {
  const parsed = parseToml('a = 1\ntoken = "sk-0123456789\n');
  assert.ok(!parsed.ok);
  assert.equal(parsed.faults.length, 1);
  assert.ok('line' in (parsed.faults[0] ?? {}) && !JSON.stringify(parsed.faults).includes('sk-'));
});

test('dates and large numbers are text, and a depth beyond all sense is refused', () => {
  const parsed = parseToml('d = 2026-01-02\nn = 12345678901234567890\n');
  assert.ok(parsed.ok && parsed.root !== undefined);
  const values = ['d', 'n']
    .map((key) => nodeAt(parsed.root, [key]))
    .map((node) => node?.kind === 'scalar' && node.value);
  assert.deepEqual(
    values.map((value) => typeof value),
    ['string', 'string'],
  );
  assert.ok(!parseToml(`a = ${'['.repeat(40)}${']'.repeat(40)}`).ok);
});
