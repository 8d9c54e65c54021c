/*
 * Loading as a whole: all faults at once, what is only a warning, and when a gateway may not listen.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../model/limits.ts';
import { type LoadOptions, loadConfig, parseConfig } from './load.ts';
import { type Problem, problemLine } from './problem.ts';

const ENV = { PORT: '9100', TOKEN: 'correct-horse-battery-staple-and-more' };

function problemsOf(text: string, overrides = {}): readonly Problem[] {
  const loaded = parseConfig(text, 'gatewright.yaml', ENV, overrides);
  assert.ok(!loaded.ok, 'the file should be refused');
  return loaded.problems;
}

const SERVER = 'servers:\n  fs:\n    command: node\n';

test('all faults are told at once, in the order of the file', () => {
  const text = 'servers:\n  fs:\n    comand: x\n  My: {url: nope}\nlisten: {port: -1}\nlimitss: {}\n';
  assert.deepEqual(
    problemsOf(text).map(({ line, field }) => `${line} ${field}`),
    ['3 servers.fs.comand', '4 servers.My', '4 servers.My.url', '5 listen.port', '6 limitss'],
  );
});

test('a second token with the name or the secret of another is refused', () => {
  const text = `auth:\n  tokens:\n    - {name: a, token: "\${TOKEN}"}\n    - {name: a, token: "\${TOKEN}"}\n`;
  assert.deepEqual(
    problemsOf(text).map(({ line, field, say }) => `${line} ${field} ${say}`),
    [
      '4 auth.tokens[1].name Another entry has the same name.',
      '4 auth.tokens[1].token Another entry has the same token.',
    ],
  );
});

test('an open address from the command line is refused by the name of the flag', () => {
  const [problem] = problemsOf(SERVER, { host: { value: '192.0.2.1', from: '--host' } });
  assert.equal(problem?.field, '--host');
  assert.equal(problem?.line, 0);
  assert.match(problem?.suggestion ?? '', /auth\.tokens/);
});

test('a loopback address from the command line makes an open one in the file harmless', () => {
  const text = `${SERVER}listen: {host: 0.0.0.0}\n`;
  const loaded = parseConfig(text, 'x.yaml', ENV, { host: { value: 'localhost', from: '--host' } });
  assert.ok(loaded.ok);
  assert.equal(loaded.config.listen.host, 'localhost');
});

for (const host of ['127.0.0.1', '127.9.9.9', '::1', '"[::1]"', 'localhost']) {
  test(`${host} needs no authentication`, () => {
    assert.ok(parseConfig(`${SERVER}listen: {host: "${host.replaceAll('"', '')}"}\n`, 'x.yaml', ENV).ok);
  });
}

for (const name of ['jsonDepthMax', 'refreshIntervalMs'] as const) {
  test(`the ends of the range of ${name} are accepted`, () => {
    for (const value of [LIMITS[name].min, LIMITS[name].max]) {
      assert.ok(parseConfig(`${SERVER}limits: {${name}: ${value}}\n`, 'x.yaml', ENV).ok);
    }
  });
}

test('a mistake in a disabled server is a warning, and the other servers are served', () => {
  const text = `${SERVER}  off:\n    enabled: false\n    comand: x\n`;
  const loaded = parseConfig(text, 'x.yaml', ENV);
  assert.ok(loaded.ok);
  assert.deepEqual(
    loaded.config.servers.map(({ name }) => name),
    ['fs'],
  );
  assert.deepEqual(
    loaded.warnings.map(({ line, field }) => `${line} ${field}`),
    ['6 servers.off.comand'],
  );
});

test('the tokens of a server that is left out are no authentication: what others can reach does not start', () => {
  const token = '8f2k1m9x7c4v5b6n3q0wzzkfjruehwpl';
  const off = (more: string) =>
    `${SERVER}  off: {enabled: false, url: "http://a/", auth: {tokens: [{name: x, token: ${token}}]}${more}}\n`;
  const problemsOf = (text: string, options: LoadOptions = {}) => {
    const loaded = parseConfig(text, 'x.yaml', ENV, {}, options);
    return loaded.ok ? [] : loaded.problems.map(({ field }) => field);
  };
  const open = 'listen: {host: 0.0.0.0}\n';
  assert.deepEqual(problemsOf(`${off('')}${open}`), []);
  assert.deepEqual(problemsOf(`${off(', comand: x')}${open}`), ['listen.host']);
  assert.deepEqual(problemsOf(off(', comand: x'), { listensOn: '0.0.0.0' }), ['listen.host']);
});

test('a disabled server may lack its variables', () => {
  const text = `${SERVER}  off: {enabled: false, url: http://a/, headers: {X: "\${NOPE}"}}\n`;
  const loaded = parseConfig(text, 'x.yaml', ENV);
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.warnings, []);
});

const advice: { name: string; text: string; field: string; say: RegExp }[] = [
  { name: 'no servers', text: 'servers: {}\n', field: '', say: /no servers/ },
  {
    name: 'a call time that never comes',
    text: `${SERVER}    callTimeoutMs: 900000\n`,
    field: 'servers.fs.callTimeoutMs',
    say: /end after callTimeMaxMs \(600000\)/,
  },
  {
    name: 'a public address without authentication',
    text: `${SERVER}publicUrl: https://a.example\n`,
    field: 'publicUrl',
    say: /No authentication/,
  },
];

for (const { name, text, field, say } of advice) {
  test(`accepted with a warning: ${name}`, () => {
    const loaded = parseConfig(text, 'x.yaml', ENV);
    assert.ok(loaded.ok);
    assert.deepEqual(
      loaded.warnings.map((warning) => warning.field),
      [field],
    );
    assert.match(loaded.warnings[0]?.say ?? '', say);
  });
}

test('a file that is not there is one problem without a line', async () => {
  const loaded = await loadConfig('no-such-file.yaml', ENV);
  assert.ok(!loaded.ok);
  assert.equal(loaded.problems.length, 1);
  assert.equal(problemLine(loaded.problems[0] as Problem), 'no-such-file.yaml: There is no such file. Check the path.');
});
