/*
 * Every fault of a configuration: its line, its column, its field, and the way out.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';
import { type Problem, problemLine } from './problem.ts';

const ENV = { PORT: '9100', TOKEN: 'correct-horse-battery-staple-and-more' };

function problemsOf(text: string): readonly Problem[] {
  const loaded = parseConfig(text, 'gatewright.yaml', ENV);
  assert.ok(!loaded.ok, 'the file should be refused');
  return loaded.problems;
}

interface Row {
  readonly name: string;
  readonly text: string;
  /** `line:column field`. */
  readonly at: string;
  readonly say: RegExp;
  readonly suggestion?: RegExp;
}

const SERVER = 'servers:\n  fs:\n    command: node\n';

const fields: readonly Row[] = [
  {
    name: 'two words for the transport that differ',
    text: 'servers:\n  a:\n    url: http://a/sse\n    type: sse\n    transport: http\n',
    at: '5:5 servers.a.transport',
    say: /something else than "type"/,
  },
  {
    name: 'a misspelt field of a server',
    text: 'servers:\n  fs:\n    comand: node\n',
    at: '3:5 servers.fs.comand',
    say: /^Unknown field/,
    suggestion: /"command"/,
  },
  {
    name: 'a misspelt section',
    text: 'server:\n  fs: {}\n',
    at: '1:1 server',
    say: /^Unknown field/,
    suggestion: /"servers"/,
  },
  {
    name: 'a field known from elsewhere',
    text: `${SERVER}    disabled: true\n`,
    at: '4:5 servers.fs.disabled',
    say: /^Unknown/,
    suggestion: /"enabled"/,
  },
  {
    name: 'a misspelt limit',
    text: 'limits:\n  bodyBytesMx: 4096\n',
    at: '2:3 limits.bodyBytesMx',
    say: /^Unknown/,
    suggestion: /"bodyBytesMax"/,
  },
  {
    name: 'a limit of the gateway in a server',
    text: `${SERVER}    bodyBytesMax: 4096\n`,
    at: '4:5 servers.fs.bodyBytesMax',
    say: /^Unknown/,
  },
  {
    name: 'headers in the defaults, which would reach every server',
    text: 'defaults:\n  headers: {}\n',
    at: '2:3 defaults.headers',
    say: /^Unknown/,
  },
  {
    name: 'a server without command and url',
    text: 'servers:\n  fs: {}\n',
    at: '2:3 servers.fs',
    say: /needs "command".*or "url"/,
    suggestion: /Add one/,
  },
  {
    name: 'a server with command and url',
    text: `${SERVER}    url: http://a/\n`,
    at: '4:5 servers.fs.url',
    say: /either "command" or "url"/,
    suggestion: /Remove one/,
  },
  { name: 'a server that is nothing', text: 'servers:\n  fs:\n', at: '2:3 servers.fs', say: /needs "command"/ },
  {
    name: 'headers for a process',
    text: `${SERVER}    headers: {}\n`,
    at: '4:5 servers.fs.headers',
    say: /belongs to servers with "url"/,
    suggestion: /Remove it/,
  },
  {
    name: 'arguments for an address',
    text: 'servers:\n  a:\n    url: http://a/\n    args: []\n',
    at: '4:5 servers.a.args',
    say: /belongs to servers with "command"/,
  },
  {
    name: 'a type that does not fit',
    text: `${SERVER}    type: http\n`,
    at: '4:5 servers.fs.type',
    say: /Does not fit a server with "command"/,
    suggestion: /"stdio"/,
  },
  {
    name: 'a transport that does not fit',
    text: 'servers:\n  a:\n    url: http://a/\n    transport: stdio\n',
    at: '4:5 servers.a.transport',
    say: /Does not fit a server with "url"/,
    suggestion: /"http"/,
  },
  {
    name: 'the old transport for a process',
    text: 'servers:\n  a:\n    command: x\n    type: sse\n',
    at: '4:5 servers.a.type',
    say: /Does not fit a server with "command"/,
  },
  {
    name: 'a misspelt type',
    text: 'servers:\n  a:\n    url: http://a/\n    type: htpt\n',
    at: '4:5 servers.a.type',
    say: /Must be "stdio" or "http"/,
    suggestion: /"http"/,
  },
  {
    name: 'an unknown revision',
    text: `${SERVER}    revision: 2025-11-24\n`,
    at: '4:5 servers.fs.revision',
    say: /Must be "2026-07-28" or/,
    suggestion: /"2025-11-25"/,
  },
  {
    name: 'an unknown isolation',
    text: `${SERVER}    isolation: none\n`,
    at: '4:5 servers.fs.isolation',
    say: /Must be "shared"/,
  },
  {
    name: 'a name that is none',
    text: 'servers:\n  My Files:\n    command: node\n',
    at: '2:3 servers["My Files"]',
    say: /lower-case letters/,
    suggestion: /"my-files".*"title"/,
  },
  {
    name: 'a name of 33 characters',
    text: `servers:\n  ${'a'.repeat(33)}: {command: x}\n`,
    at: `2:3 servers.${'a'.repeat(33)}`,
    say: /at most 32/,
  },
  {
    name: 'text where a list is wanted',
    text: `${SERVER}    args: -y\n`,
    at: '4:5 servers.fs.args',
    say: /Expected a list, found text/,
  },
  {
    name: 'a list where a map is wanted',
    text: 'servers: [a]\n',
    at: '1:1 servers',
    say: /Expected a map, found a list/,
  },
  {
    name: 'nothing where text is wanted',
    text: 'servers:\n  fs:\n    command:\n',
    at: '3:5 servers.fs.command',
    say: /Expected text, found nothing/,
  },
  {
    name: 'a value inside a list',
    text: `${SERVER}    args:\n      - ok\n      - [no]\n`,
    at: '6:9 servers.fs.args[1]',
    say: /Expected text, found a list/,
  },
  {
    name: 'an empty command',
    text: 'servers:\n  fs:\n    command: ""\n',
    at: '3:5 servers.fs.command',
    say: /Must not be empty/,
  },
  {
    name: 'an address that is none',
    text: 'servers:\n  a:\n    url: example.com/mcp\n',
    at: '3:5 servers.a.url',
    say: /not a valid URL/,
  },
  {
    name: 'an address of another scheme',
    text: 'servers:\n  a:\n    url: ftp://a/\n',
    at: '3:5 servers.a.url',
    say: /http:\/\/ or https:\/\//,
  },
  {
    name: 'an address with credentials',
    text: 'servers:\n  a:\n    url: http://u:p@a/\n',
    at: '3:5 servers.a.url',
    say: /user name or password/,
  },
  {
    name: 'a header name with a blank',
    text: 'servers:\n  a:\n    url: http://a/\n    headers: {"x y": z}\n',
    at: '4:15 servers.a.headers["x y"]',
    say: /not a valid header name/,
  },
  {
    name: 'a header that the protocol owns',
    text: 'servers:\n  a:\n    url: http://a/\n    headers: {Mcp-Session-Id: z}\n',
    at: '4:15 servers.a.headers.Mcp-Session-Id',
    say: /sets this header itself/,
  },
  {
    name: 'a header value with a line break',
    text: 'servers:\n  a:\n    url: http://a/\n    headers: {x: "a\\r\\nb: c"}\n',
    at: '4:15 servers.a.headers.x',
    say: /line breaks/,
  },
  { name: 'an argument with a NUL', text: `${SERVER}    args: ["a\\0b"]\n`, at: '4:12 servers.fs.args[0]', say: /NUL/ },
  {
    name: 'a limit below its range',
    text: 'limits:\n  jsonDepthMax: 7\n',
    at: '2:3 limits.jsonDepthMax',
    say: /at least 8/,
  },
  {
    name: 'a limit above its range',
    text: 'limits:\n  jsonDepthMax: 257\n',
    at: '2:3 limits.jsonDepthMax',
    say: /at most 256/,
  },
  {
    name: 'a limit with a unit',
    text: 'limits:\n  callTimeoutMs: 60s\n',
    at: '2:3 limits.callTimeoutMs',
    say: /Expected a number, found text/,
  },
  { name: 'a port beyond all ports', text: 'listen:\n  port: 65536\n', at: '2:3 listen.port', say: /at most 65535/ },
  {
    name: 'a token without name',
    text: 'auth:\n  tokens:\n    - token: correct-horse-battery-staple-and-more\n',
    at: '3:7 auth.tokens[0].name',
    say: /missing; expected text/,
  },
  {
    name: 'a short token',
    text: 'auth:\n  tokens:\n    - {name: a, token: correct-horse-battery-staple-an}\n',
    at: '3:17 auth.tokens[0].token',
    say: /at least 32 bytes/,
  },
  {
    name: 'a token that no header can carry',
    text: 'auth:\n  tokens:\n    - {name: a, token: "correct horse battery staple and more"}\n',
    at: '3:17 auth.tokens[0].token',
    say: /letters, digits and/,
  },
  {
    name: 'a placeholder as token',
    text: 'auth:\n  tokens:\n    - {name: a, token: your-secret-token-stands-here-one-day}\n',
    at: '3:17 auth.tokens[0].token',
    say: /placeholder/,
  },
  {
    name: 'a missing variable',
    text: `auth:\n  tokens:\n    - name: a\n      token: \${NOPE}\n`,
    at: '4:7 auth.tokens[0].token',
    say: /NOPE is not set/,
    suggestion: /\$\{NOPE:-default\}/,
  },
  {
    name: 'a variable that is no number where one is wanted',
    text: `listen:\n  port: \${TOKEN}\n`,
    at: '2:3 listen.port',
    say: /Expected a number/,
  },
  {
    name: 'egress rules that nobody knows',
    text: 'egress:\n  alow: []\n',
    at: '2:3 egress.alow',
    say: /^Unknown/,
    suggestion: /"allow"/,
  },
  {
    name: 'a public address with a query',
    text: 'publicUrl: https://a.example/?x\n',
    at: '1:1 publicUrl',
    say: /without query/,
  },
  {
    name: 'an allowed host that is a URL',
    text: 'allowedHosts:\n  - https://a.example/\n',
    at: '2:5 allowedHosts[0]',
    say: /host name or address/,
    suggestion: /"a\.example"/,
  },
  {
    name: 'an allowed origin with a path',
    text: 'allowedOrigins:\n  - https://a.example/app\n',
    at: '2:5 allowedOrigins[0]',
    say: /Must be an origin/,
    suggestion: /"https:\/\/a\.example"/,
  },
  {
    name: 'an allowed origin for everyone',
    text: 'allowedOrigins: ["*"]\n',
    at: '1:18 allowedOrigins[0]',
    say: /Must be an origin/,
  },
  {
    name: 'the origin of no one',
    text: 'allowedOrigins: ["null"]\n',
    at: '1:18 allowedOrigins[0]',
    say: /Must be an origin/,
  },
  {
    name: 'an open address without authentication',
    text: 'listen:\n  host: 0.0.0.0\n',
    at: '2:3 listen.host',
    say: /reached from other machines/,
    suggestion: /"auth\.tokens".*127\.0\.0\.1/,
  },
  {
    name: 'an open address with an empty list of tokens',
    text: 'listen: {host: "::"}\nauth: {tokens: []}\n',
    at: '1:10 listen.host',
    say: /reached from other/,
  },
  {
    name: 'a key that would change the prototype',
    text: `${SERVER}    __proto__: {a: 1}\n`,
    at: '4:5 servers.fs.__proto__',
    say: /not allowed/,
  },
  {
    name: 'a key that stands twice',
    text: `${SERVER}  fs:\n    command: sh\n`,
    at: '4:3 servers.fs',
    say: /second time/,
    suggestion: /Keep one/,
  },
  { name: 'a key that is a list', text: 'servers:\n  [a]: {command: x}\n', at: '2:3 servers["?"]', say: /plain text/ },
  { name: 'an alias without anchor', text: 'servers:\n  a: *b\n', at: '2:6 servers.a', say: /names no anchor/ },
];

for (const { name, text, at, say, suggestion } of fields) {
  test(`refused with its place: ${name}`, () => {
    const [problem, ...others] = problemsOf(text);
    assert.ok(problem);
    assert.equal(`${problem.line}:${problem.column} ${problem.field}`, at, problemLine(problem));
    assert.match(problem.say, say);
    if (suggestion !== undefined) assert.match(problem.suggestion ?? '', suggestion);
    assert.deepEqual(others, [], 'one mistake, one message');
  });
}
