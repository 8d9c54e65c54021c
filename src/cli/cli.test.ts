/*
 * The command line as a person meets it: `bin/gatewright` as a real process, its output and its exit code.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = join(ROOT, 'bin', 'gatewright');
const folder = mkdtempSync(join(tmpdir(), 'gatewright-cli-'));
after(() => rmSync(folder, { recursive: true }));

const ENV = { PATH: process.env.PATH, HOME: folder };
const good = file('good.yaml', 'servers: {off: {command: node, enabled: false}}\nlisten: {port: 0}\n');
const bad = file('bad.yaml', 'servers:\n  fs:\n    comand: node\nlisten: {host: 0.0.0.0}\n');
const fake = file('old-node.cjs', `Object.defineProperty(process.versions, 'node', { value: '18.20.0' });\n`);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(argv: readonly string[], node: readonly string[] = [], bin = BIN): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...node, bin, ...argv], { env: ENV, cwd: folder }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err });
    });
  });
}

const rows: { name: string; argv: string[]; code: number; out?: RegExp; err?: RegExp }[] = [
  {
    name: 'help is an answer, and names the exit codes',
    argv: ['--help'],
    code: 0,
    out: /serve[\s\S]*check FILE[\s\S]*4 {4}This Node is too old/,
  },
  { name: 'each command has its help', argv: ['check', '--help'], code: 0, out: /^Usage: gatewright check FILE/ },
  { name: 'the version is an answer', argv: ['--version'], code: 0, out: /^gatewright \d+\.\d+\.\d+\n$/ },
  {
    name: 'an unknown command is a usage error in one line',
    argv: ['chekc'],
    code: 2,
    err: /^gatewright: Unknown command "chekc"\. Did you mean "check"\?\n$/,
  },
  {
    name: 'an unknown option is a usage error in one line',
    argv: ['--prot=1'],
    code: 2,
    err: /^gatewright: .*Did you mean "--port"\?\n$/,
  },
  { name: 'a bad port is a usage error', argv: ['--port', 'x'], code: 2, err: /^gatewright: --port must be/ },
  {
    name: 'a good file is ok, with counts',
    argv: ['check', good],
    code: 0,
    out: /good\.yaml: ok \(1 server, 1 disabled, 0 tokens, 0 warnings\)\n$/,
  },
  {
    name: 'a bad file shows all errors, each with its place',
    argv: ['check', bad],
    code: 3,
    err: /bad\.yaml:3:5 servers\.fs\.comand: Unknown field\. Did you mean "command"\?\n.*bad\.yaml:4:10 listen\.host: .*\n2 errors\.\n$/,
  },
  {
    name: 'a missing file is a configuration error',
    argv: ['check', 'none.yaml'],
    code: 3,
    err: /none\.yaml: There is no such file/,
  },
  { name: 'serve refuses a bad file', argv: ['serve', '--config', bad], code: 3, err: /2 errors\.\n$/ },
  {
    name: 'serve refuses an open address without authentication',
    argv: ['--config', good, '--host', '0.0.0.0'],
    code: 3,
    err: /--host: 0\.0\.0\.0 can be reached/,
  },
];

for (const { name, argv, code, out = /^$/, err = /^$/ } of rows) {
  test(name, async () => {
    const outcome = await run(argv);
    assert.match(outcome.out, out);
    assert.match(outcome.err, err);
    assert.equal(outcome.code, code);
  });
}

test('for programs, check prints one JSON object', async () => {
  const { code, out } = await run(['check', bad, '--json']);
  assert.equal(code, 3);
  const outcome = JSON.parse(out);
  assert.deepEqual([outcome.ok, outcome.problems.length, outcome.warnings], [false, 2, []]);
  const { line, column, field, suggestion } = outcome.problems[0];
  assert.deepEqual([line, column, field, suggestion], [3, 5, 'servers.fs.comand', 'Did you mean "command"?']);
});

test('a port in use is told in one line with the way out', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  const { port } = holder.address() as { port: number };
  const outcome = await run(['--config', good, '--port', String(port)]);
  holder.close();
  assert.equal(outcome.code, 1);
  assert.match(outcome.err, new RegExp(`^gatewright: Port ${port} is already in use .*--port\\.\\n$`));
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`serve tells programs what happens, and ${signal} stops it with 0`, async () => {
    const child = spawn(process.execPath, [BIN, '--config', good, '--json'], {
      env: ENV,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((resolve) => child.once('exit', (code, by) => resolve(code ?? by)));
    const events: { event: string; url?: string }[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line);
      events.push(event);
      if (event.event === 'ready') child.kill(signal);
    }
    assert.equal(await exited, 0);
    const once = ['first_admin', 'key_made'];
    assert.deepEqual(
      events.map(({ event }) => event).filter((event) => !once.includes(event)),
      ['listening', 'ready', 'stopping', 'stopped'],
    );
    assert.match(events[0]?.url ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  });
}

test('a Node that is too old is told in one line, in the package', async () => {
  const bin = join(folder, 'package', 'bin');
  mkdirSync(join(folder, 'package'));
  cpSync(join(ROOT, 'bin'), bin, { recursive: true });
  const outcome = await run(['--help'], ['--require', fake], join(bin, 'gatewright'));
  assert.deepEqual(outcome, {
    code: 4,
    out: '',
    err: 'gatewright: needs Node 24.7 or newer, this is Node 18.20.0; install Node 24.7+.\n',
  });
});

test('check compiles the conditions of policies, and says where one is wrong', async () => {
  const policy = (when: string) => `{name: p, effect: deny, who: "*", what: "*", when: '${when}'}`;
  const text = (when: string) => `servers: {a: {command: x}}\naccess:\n  policies:\n    - ${policy(when)}\n`;
  const wrong = await run(['check', file('wrong-condition.yaml', text('arguments.a =='))]);
  assert.equal(wrong.code, 3, wrong.err);
  assert.match(wrong.err, /wrong-condition\.yaml:4:\d+ access\.policies\[0\]\.when: It is no CEL expression/);
  const right = await run(['check', file('right-condition.yaml', text('arguments.a == 1'))]);
  assert.equal(right.code, 0, right.err);
});
