import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, editServers, pasteText, type ServersPlace, serverEntries } from './edit.ts';

const JSON_MAP: ServersPlace = { syntax: 'json', section: 'mcpServers', shape: 'map' };
const TOML_MAP: ServersPlace = { syntax: 'toml', section: 'mcp_servers', shape: 'map' };
const YAML_MAP: ServersPlace = { syntax: 'yaml', section: 'servers', shape: 'map' };
const YAML_LIST: ServersPlace = { syntax: 'yaml', section: 'mcpServers', shape: 'list' };
const G = [{ name: 'g', entry: { url: 'http://h/mcp' } }];
const all: Change = { remove: ['a', 'b'], put: G };
const onlyA: Change = { remove: ['a'], put: G };
const keep: Change = { remove: [], put: G };

const rows: { name: string; place: ServersPlace; change: Change; before: string; after: string }[] = [
  {
    name: 'JSON: a section written whole takes the indentation of the file',
    place: JSON_MAP,
    change: all,
    before: '{\n    "x": [1,2 ,3],\n    "mcpServers": {"a": {}, "b": {}},\n    "y": 1.0\n}',
    after:
      '{\n    "x": [1,2 ,3],\n    "mcpServers": {\n        "g": {\n            "url": "http://h/mcp"\n        }\n    },\n    "y": 1.0\n}',
  },
  {
    name: 'JSON: a file on one line stays on one line',
    place: JSON_MAP,
    change: all,
    before: '{"x":1,"mcpServers":{"a":{},"b":{}}}',
    after: '{"x":1,"mcpServers":{"g":{"url":"http://h/mcp"}}}',
  },
  {
    name: 'JSON: Windows line ends, a byte order mark and tabs stay',
    place: JSON_MAP,
    change: all,
    before: '\ufeff{\r\n\t"mcpServers": {\r\n\t\t"a": {}\r\n\t}\r\n}\r\n',
    after: '\ufeff{\r\n\t"mcpServers": {\r\n\t\t"g": {\r\n\t\t\t"url": "http://h/mcp"\r\n\t\t}\r\n\t}\r\n}\r\n',
  },
  {
    name: 'JSON: the remark behind the last member stays with it when a section is added',
    place: JSON_MAP,
    change: keep,
    before: '{\n  // one\n  "x": 1 // the x\n  /* end */\n}\n',
    after:
      '{\n  // one\n  "x": 1, // the x\n  "mcpServers": {\n    "g": {\n      "url": "http://h/mcp"\n    }\n  }\n  /* end */\n}\n',
  },
  {
    name: 'JSON: a trailing comma stays one',
    place: JSON_MAP,
    change: keep,
    before: '{\n  "x": 1,\n}\n',
    after: '{\n  "x": 1,\n  "mcpServers": {\n    "g": {\n      "url": "http://h/mcp"\n    }\n  },\n}\n',
  },
  {
    name: 'JSON: one server leaves, the other keeps its lines and its comment',
    place: JSON_MAP,
    change: onlyA,
    before: '{\n  "mcpServers": {\n    "a": { "command": "x" },\n    // mine\n    "b": { "command": "y" }\n  }\n}\n',
    after:
      '{\n  "mcpServers": {\n    // mine\n    "g": {\n      "url": "http://h/mcp"\n    },\n    "b": { "command": "y" }\n  }\n}\n',
  },
  {
    name: 'JSON: of the last one nothing is left, not even its blanks',
    place: JSON_MAP,
    change: { remove: ['b'], put: G },
    before: '{\n  "mcpServers": {\n    "a": {},\n    "b": {\n    }\n  }\n}\n',
    after: '{\n  "mcpServers": {\n    "g": {\n      "url": "http://h/mcp"\n    },\n    "a": {}\n  }\n}\n',
  },
  {
    name: 'JSON: when the last one leaves no comma is left behind',
    place: JSON_MAP,
    change: { remove: ['b'], put: G },
    before: '{"mcpServers":{"a":{},"b":{}}}',
    after: '{"mcpServers":{"g":{"url":"http://h/mcp"},"a":{}}}',
  },
  {
    name: 'JSON: our own entry is replaced where it stands among others',
    place: JSON_MAP,
    change: keep,
    before: '{"mcpServers": {"a": {}, "g": {"url": "old"}, "b": {}}}',
    after: '{"mcpServers": {"g":{"url":"http://h/mcp"},"a": {},  "b": {}}}',
  },
  {
    name: 'JSON: an empty file becomes one with the section',
    place: JSON_MAP,
    change: keep,
    before: '',
    after: '{\n  "mcpServers": {\n    "g": {\n      "url": "http://h/mcp"\n    }\n  }\n}\n',
  },
  {
    name: 'JSON: an empty object too',
    place: JSON_MAP,
    change: keep,
    before: '{}',
    after: '{\n  "mcpServers": {\n    "g": {\n      "url": "http://h/mcp"\n    }\n  }\n}',
  },
  {
    name: 'TOML: tables leave with their sub-tables, what is around stays',
    place: TOML_MAP,
    change: all,
    before:
      '# mine\nmodel = "m" # why\n\n[mcp_servers.a]\ncommand = "x"\n# inside\nargs = ["[b]", # no end ]\n  "y"]\n\n[mcp_servers.a.env]\nK = """\n[mcp_servers.fake]\n"""\n\n# about tui\n[tui]\ntheme = \'d"\'\n',
    after: '# mine\nmodel = "m" # why\n\n# about tui\n[tui]\ntheme = \'d"\'\n\n[mcp_servers.g]\nurl = "http://h/mcp"\n',
  },
  {
    name: 'TOML: one of two leaves; quoted keys and Windows line ends',
    place: TOML_MAP,
    change: onlyA,
    before: '[mcp_servers."a"]\r\ncommand = "x"\r\n[mcp_servers.b]\r\ncommand = "y"',
    after: '[mcp_servers.b]\r\ncommand = "y"\r\n\r\n[mcp_servers.g]\r\nurl = "http://h/mcp"\r\n',
  },
  {
    name: 'TOML: dotted keys and inline tables',
    place: TOML_MAP,
    change: onlyA,
    before: 'mcp_servers.a.command = "x"\nmcp_servers . a . args = []\nmcp_servers.b = { command = "y" } # stays\n',
    after: 'mcp_servers.b = { command = "y" } # stays\n\n[mcp_servers.g]\nurl = "http://h/mcp"\n',
  },
  {
    name: 'TOML: one inline table with nothing that stays',
    place: TOML_MAP,
    change: all,
    before: 'x = 1\nmcp_servers = { a = { command = "}" }, b = {} }\ny = 1979-05-27T07:32:00Z\n',
    after: 'x = 1\ny = 1979-05-27T07:32:00Z\n\n[mcp_servers.g]\nurl = "http://h/mcp"\n',
  },
  {
    name: 'TOML: an empty file',
    place: TOML_MAP,
    change: keep,
    before: '',
    after: '[mcp_servers.g]\nurl = "http://h/mcp"\n',
  },
  {
    name: 'YAML list: one leaves, comments of the others stay',
    place: YAML_LIST,
    change: onlyA,
    before:
      'name: n # mine\nmcpServers:\n  - name: a\n    command: x # gone\n  # about b\n  - name: b\n    args: [1,  2]\nrules: []\n',
    after:
      'name: n # mine\nmcpServers:\n  # about b\n  - name: b\n    args: [1,  2]\n  - name: g\n    url: http://h/mcp\nrules: []\n',
  },
  {
    name: 'YAML list: no indentation, no line break at the end, all leave',
    place: YAML_LIST,
    change: all,
    before: 'mcpServers:\n- name: a\n  command: x\n- name: b',
    after: 'mcpServers:\n- name: g\n  url: http://h/mcp\n',
  },
  {
    name: 'YAML map: an entry is added after the last, whatever follows',
    place: YAML_MAP,
    change: keep,
    before:
      '# mine\nservers:\n    a: {command: x}   # one\n    b:\n        command: y\n\n# the rest\nlisten: {port: 1}\n',
    after:
      '# mine\nservers:\n    a: {command: x}   # one\n    b:\n        command: y\n    g:\n        url: http://h/mcp\n\n# the rest\nlisten: {port: 1}\n',
  },
  {
    name: 'YAML map: an empty one opens, its remark stays',
    place: YAML_MAP,
    change: keep,
    before: 'servers: {} # none yet\nlisten: {port: 1}\n',
    after: 'servers: # none yet\n  g:\n    url: http://h/mcp\nlisten: {port: 1}\n',
  },
  {
    name: 'YAML map: one in braces gets one more',
    place: YAML_MAP,
    change: keep,
    before: 'servers: {a: {command: x}}\n',
    after: 'servers: {"g": {"url":"http://h/mcp"}, a: {command: x}}\n',
  },
  {
    name: 'YAML map: a section is added at the end',
    place: YAML_MAP,
    change: keep,
    before: 'listen: {port: 1}',
    after: 'listen: {port: 1}\nservers:\n  g:\n    url: http://h/mcp\n',
  },
  {
    name: 'YAML: a JSON file is laid out as JSON',
    place: YAML_MAP,
    change: keep,
    before: '{"servers":{"a":{}}}',
    after: '{"servers":{"g":{"url":"http://h/mcp"},"a":{}}}',
  },
];

for (const { name, place, change, before, after } of rows) {
  test(name, () => assert.deepEqual(editServers(before, place, change), { ok: true, text: after }));
  test(`${name}; a second time nothing changes`, () => {
    assert.deepEqual(editServers(after, place, change), { ok: true, text: after });
  });
}

const refusals: { name: string; place: ServersPlace; change: Change; text: string; say: RegExp; line: number }[] = [
  { name: 'broken JSON', place: JSON_MAP, change: all, text: '{\n  "a": }', say: /not valid JSON/, line: 2 },
  { name: 'a JSON list', place: JSON_MAP, change: all, text: '[]', say: /hold an object/, line: 1 },
  {
    name: 'a key twice',
    place: JSON_MAP,
    change: all,
    text: '{"mcpServers":{},\n"mcpServers":{}}',
    say: /second time/,
    line: 2,
  },
  {
    name: 'a server twice',
    place: JSON_MAP,
    change: all,
    text: '{"mcpServers":{"a":{},\n"a":{"x":1}}}',
    say: /second time/,
    line: 2,
  },
  {
    name: 'a section that is text',
    place: JSON_MAP,
    change: all,
    text: '{"mcpServers":"x"}',
    say: /does not hold servers/,
    line: 0,
  },
  {
    name: 'a section that is a list',
    place: JSON_MAP,
    change: all,
    text: '{"mcpServers":[]}',
    say: /does not hold servers/,
    line: 0,
  },
  { name: 'broken TOML', place: TOML_MAP, change: all, text: 'a = 1\nb = ', say: /not valid TOML/, line: 2 },
  {
    name: 'an inline table of which a part stays',
    place: TOML_MAP,
    change: onlyA,
    text: 'mcp_servers = { a = {}, b = {} }',
    say: /cannot be changed safely/,
    line: 0,
  },
  { name: 'broken YAML', place: YAML_LIST, change: all, text: 'a: 1\nb: [', say: /missing|not closed/, line: 2 },
  {
    name: 'an anchor that would leave with its server',
    place: YAML_LIST,
    change: onlyA,
    text: 'mcpServers:\n  - &x {name: a}\n  - name: b\n    env: *x\n',
    say: /cannot be changed safely/,
    line: 0,
  },
];

for (const { name, place, change, text, say, line } of refusals) {
  test(`refused: ${name}`, () => {
    const edited = editServers(text, place, change);
    assert.ok(!edited.ok);
    assert.match(edited.say, say);
    assert.equal(edited.line, line);
  });
}

function namesIn(text: string, place: ServersPlace): string[] {
  const read = serverEntries(text, place);
  assert.ok(read.ok);
  return Object.keys(read.value);
}

test('the names are those in the file, in its order', () => {
  assert.deepEqual(namesIn('\ufeff{"mcpServers":{"b":{},"a":{}}}', JSON_MAP), ['b', 'a']);
  assert.deepEqual(namesIn('[mcp_servers.x]\n[other]\n', TOML_MAP), ['x']);
  assert.deepEqual(namesIn('mcpServers:\n- name: z\n- command: y\n', YAML_LIST), ['z']);
  assert.deepEqual(namesIn('', JSON_MAP), []);
});

test('what is to be pasted is what each syntax writes', () => {
  const entry = { url: 'http://h/mcp' };
  assert.deepEqual(JSON.parse(pasteText(JSON_MAP, 'g', entry)), { mcpServers: { g: entry } });
  assert.equal(pasteText(TOML_MAP, 'g', entry), '[mcp_servers.g]\nurl = "http://h/mcp"\n');
  assert.equal(pasteText(YAML_LIST, 'g', entry), 'mcpServers:\n  - name: g\n    url: http://h/mcp\n');
});
