import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from './arguments.ts';

const runs: { name: string; argv: string[]; command: string; values?: object; operands?: string[] }[] = [
  { name: 'no word at all means serve', argv: [], command: 'serve' },
  { name: 'options alone mean serve', argv: ['--port', '1'], command: 'serve', values: { port: '1' } },
  {
    name: 'a value may follow an equals sign',
    argv: ['serve', '--config=a=b'],
    command: 'serve',
    values: { config: 'a=b' },
  },
  { name: 'a switch has no value', argv: ['serve', '--json'], command: 'serve', values: { json: true } },
  {
    name: 'check takes its file before or after',
    argv: ['check', '--json', 'f'],
    command: 'check',
    values: { json: true },
    operands: ['f'],
  },
  {
    name: 'after two hyphens everything is an operand',
    argv: ['check', '--', '--f'],
    command: 'check',
    operands: ['--f'],
  },
];

for (const { name, argv, command, values = {}, operands = [] } of runs) {
  test(name, () => {
    const asked = readArguments(argv);
    assert.ok(asked.kind === 'run');
    assert.equal(asked.command.name, command);
    assert.deepEqual(Object.fromEntries(asked.values), values);
    assert.deepEqual(asked.operands, operands);
  });
}

test('an option that may be given several times keeps all its values', () => {
  const asked = readArguments(['stdio', '--url', 'http://a', '--header', 'A: 1', '--header=B: 2']);
  assert.ok(asked.kind === 'run');
  assert.deepEqual(Object.fromEntries(asked.lists), { header: ['A: 1', 'B: 2'] });
});

const mistakes: { name: string; argv: string[]; say: string }[] = [
  { name: 'a misspelt command', argv: ['sevre'], say: 'Unknown command "sevre". Did you mean "serve"?' },
  {
    name: 'an unknown command',
    argv: ['deploy'],
    say: 'Unknown command "deploy". Commands: serve, check, doctor, stdio, import, connect, restore, key, admin, servers, tools, call, prompts, resources, read, logs, restart, explain, secrets, completion.',
  },
  { name: 'a misspelt option', argv: ['--prot', '1'], say: 'Unknown option "--prot". Did you mean "--port"?' },
  {
    name: 'an unknown option',
    argv: ['check', 'f', '--deep'],
    say: 'Unknown option "--deep". See gatewright check --help.',
  },
  { name: 'an unknown letter', argv: ['-x'], say: 'Unknown option "-x". See gatewright serve --help.' },
  {
    name: 'an option of another command',
    argv: ['check', 'f', '--port', '1'],
    say: 'Unknown option "--port". See gatewright check --help.',
  },
  { name: 'an option without its value', argv: ['--config'], say: '--config needs a value: --config FILE' },
  {
    name: 'an option that swallows the next one',
    argv: ['--config', '--json'],
    say: '--config needs a value: --config FILE',
  },
  { name: 'an option with an empty value', argv: ['--host='], say: '--host needs a value: --host HOST' },
  { name: 'a switch with a value', argv: ['--json=yes'], say: '--json takes no value.' },
  { name: 'an option given twice', argv: ['--port', '1', '--port', '2'], say: '--port is given twice.' },
  { name: 'check without a file', argv: ['check'], say: 'check needs FILE: gatewright check FILE' },
  { name: 'check with two files', argv: ['check', 'a', 'b'], say: '"b" is one word too many for check.' },
  {
    name: 'serve with a file',
    argv: ['serve', 'a.yaml'],
    say: '"a.yaml" is one word too many for serve. A configuration file is named with --config FILE.',
  },
];

for (const { name, argv, say } of mistakes) {
  test(`refused in one line: ${name}`, () => assert.deepEqual(readArguments(argv), { kind: 'wrong', say }));
}

test('help is given for all, or for one command', () => {
  for (const argv of [['--help'], ['-h'], ['help'], ['--port', '1', '-h']]) {
    assert.deepEqual(readArguments(argv), { kind: 'help', command: undefined });
  }
  for (const argv of [
    ['check', '--help'],
    ['help', 'check'],
  ]) {
    const asked = readArguments(argv);
    assert.ok(asked.kind === 'help');
    assert.equal(asked.command?.name, 'check');
  }
});

test('the version is asked for', () => assert.deepEqual(readArguments(['--version']), { kind: 'version' }));
