/*
 * Files of clients in every shape people have them: connected, and put back to the last byte.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../cli.ts';
import type { CliIo } from '../io.ts';

const root = mkdtempSync(join(tmpdir(), 'gatewright-clients-'));
after(() => rmSync(root, { recursive: true }));

interface Person {
  readonly home: string;
  readonly cursor: string;
  /** Every line that was said, and the exit code. */
  readonly run: (...argv: string[]) => Promise<{ code: number; out: string; err: string }>;
}

let people = 0;

/** @param answer What is typed at the question; without it nobody can be asked. */
function person(answer?: (home: string) => string, env: Record<string, string> = {}): Person {
  const home = join(root, String(people++));
  const cursor = join(home, '.cursor', 'mcp.json');
  mkdirSync(dirname(cursor), { recursive: true });
  const run: Person['run'] = async (...argv) => {
    const said = { out: '', err: '' };
    const io: CliIo = {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      outBytes: () => undefined,
      readInput: async () => Buffer.alloc(0),
      pipes: () => assert.fail('no pipes are needed'),
      program: ['/opt/node', '/opt/lib/gatewright'],
      now: Date.now,
      env: { HOME: home, ...env },
      terminal: {
        outColumns: undefined,
        errColumns: undefined,
        ask: answer === undefined ? undefined : async () => answer(home),
      },
      onSignal: () => () => undefined,
      explainByFile: () => assert.fail('nothing is explained'),
      openSecrets: () => assert.fail('no store is opened'),
      resetPassword: () => assert.fail('no password is reset'),
      onHangup: () => () => undefined,
      conditions: () => assert.fail('no condition is judged'),
      startGateway: () => assert.fail('nothing is started'),
    };
    return { code: await runCli(argv, io), ...said };
  };
  return { home, cursor, run };
}

const FILES = '{\n  "mcpServers": {\n    "files": { "command": "npx", "args": ["-y", "files"] }\n  }\n}\n';
const ownFileOf = ({ home }: Person) => readFileSync(join(home, '.config', 'gatewright', 'gatewright.yaml'), 'utf8');
const backupsOf = ({ home }: Person) => readdirSync(join(home, '.local', 'share', 'gatewright', 'backups'));
const serversIn = (path: string) => Object.keys(JSON.parse(readFileSync(path, 'utf8')).mcpServers);

const shapes: { name: string; bytes: string | Buffer; mode?: number; keeps?: RegExp }[] = [
  { name: 'as editors write it', bytes: FILES },
  { name: 'with Windows line ends', bytes: FILES.replaceAll('\n', '\r\n'), keeps: /^\{\r\n {2}"mcp/ },
  { name: 'with a byte order mark', bytes: `\ufeff${FILES}`, keeps: /^\ufeff\{/ },
  {
    name: 'with comments and trailing commas',
    bytes: `// mine\n${FILES.replace('}\n  }', '},\n  }, // all')}`,
    keeps: /^\/\/ mine\n/,
  },
  { name: 'without a line break at the end', bytes: FILES.trimEnd(), keeps: /\}$/ },
  { name: 'on one line', bytes: JSON.stringify(JSON.parse(FILES)), keeps: /^[^\n]*$/ },
  { name: 'for its owner alone', bytes: FILES, mode: 0o600 },
  { name: 'read-only', bytes: FILES, mode: 0o444 },
  { name: 'empty', bytes: '' },
];

for (const { name, bytes, mode = 0o644, keeps = /./ } of shapes) {
  test(`a file ${name} is connected, and restored to the byte`, async () => {
    const one = person();
    writeFileSync(one.cursor, bytes);
    chmodSync(one.cursor, mode);
    assert.equal((await one.run('connect', 'cursor', '--yes')).code, 0);
    const connected = readFileSync(one.cursor, 'utf8');
    assert.match(connected, /"gatewright"[\s\S]*"url": ?"http:\/\/127\.0\.0\.1:9000\/mcp"/);
    assert.match(connected, keeps);
    assert.doesNotMatch(connected, /npx/);
    assert.equal(statSync(one.cursor).mode & 0o777, mode);
    assert.equal((await one.run('restore', 'cursor')).code, 0);
    assert.deepEqual(readFileSync(one.cursor), Buffer.from(bytes));
    assert.equal(statSync(one.cursor).mode & 0o777, mode);
    assert.deepEqual(readdirSync(dirname(one.cursor)), ['mcp.json']);
  });
}

test('a linked file is changed where it is, and the link stays', async () => {
  const one = person();
  const real = join(one.home, 'dotfiles.json');
  writeFileSync(real, FILES);
  symlinkSync('../dotfiles.json', one.cursor);
  assert.equal((await one.run('connect', 'cursor', '--yes')).code, 0);
  assert.deepEqual(serversIn(real), ['gatewright']);
  assert.equal((await one.run('restore', 'cursor')).code, 0);
  assert.ok(lstatSync(one.cursor).isSymbolicLink());
  assert.equal(readFileSync(real, 'utf8'), FILES);
});

test('a missing file is made, with its folder, and both go again', async () => {
  const one = person();
  rmSync(dirname(one.cursor), { recursive: true });
  assert.equal((await one.run('connect', 'cursor', '--yes')).code, 0);
  assert.equal(statSync(one.cursor).mode & 0o777, 0o600);
  assert.equal((await one.run('restore', 'cursor')).code, 0);
  assert.ok(!existsSync(dirname(one.cursor)));
});

test('the servers of the client are ours then, to the last argument, and our comments stay', async () => {
  const one = person();
  const own = join(one.home, 'own.yaml');
  writeFileSync(own, '# mine\nservers:\n  a: {command: x} # first\nlisten: {port: 9100}\n');
  writeFileSync(one.cursor, FILES);
  assert.equal((await one.run('connect', 'cursor', '--yes', '--config', own)).code, 0);
  assert.equal(
    readFileSync(own, 'utf8'),
    '# mine\nservers:\n  a: {command: x} # first\n  files:\n    command: npx\n    args: [-y, files]\nlisten: {port: 9100}\n',
  );
  assert.match(readFileSync(one.cursor, 'utf8'), /127\.0\.0\.1:9100\/mcp/);
});

test('what cannot be taken stays with the client', async () => {
  const one = person();
  const text = `{"mcpServers":{"a":{"command":"x"},"b":{"command":"y","env":{"K":"\${env:NOT_SET_HERE}"}}}}`;
  writeFileSync(one.cursor, text);
  const { code, out } = await one.run('connect', 'cursor', '--yes');
  assert.equal(code, 0);
  assert.match(out, /b {2}stays: The environment variable NOT_SET_HERE is not set/);
  assert.deepEqual(serversIn(one.cursor), ['gatewright', 'b']);
});

test('with --keep nothing moves', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  assert.equal((await one.run('connect', 'cursor', '--yes', '--keep', '--endpoint', 'files')).code, 0);
  assert.deepEqual(serversIn(one.cursor), ['gatewright', 'files']);
  assert.match(readFileSync(one.cursor, 'utf8'), /:9000\/mcp\/files"/);
  assert.ok(!existsSync(join(one.home, '.config')));
});

test('another server of our name is not lost', async () => {
  const one = person();
  writeFileSync(one.cursor, '{"mcpServers":{"gatewright":{"url":"https://other.example/mcp"}}}');
  const kept = await one.run('connect', 'cursor', '--yes', '--keep');
  assert.equal(kept.code, 3);
  assert.match(kept.err, /would be lost[\s\S]*"mcpServers"/);
  assert.equal((await one.run('connect', 'cursor', '--yes')).code, 0);
  assert.match(ownFileOf(one), /gatewright:\n {4}url: https:\/\/other\.example\/mcp/);
});

test('connected twice, the first backup counts', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  await one.run('connect', 'cursor', '--yes');
  const again = await one.run('connect', 'cursor', '--yes');
  assert.match(again.out, /connected already/);
  assert.equal((await one.run('connect', 'cursor', '--yes', '--url', 'https://gate.example')).code, 0);
  assert.match(readFileSync(one.cursor, 'utf8'), /https:\/\/gate\.example\/mcp/);
  assert.deepEqual(backupsOf(one), ['cursor-0001.json', 'cursor-0001.original']);
  // Wherever it leads, the entry is ours: it is replaced, and never taken for a server.
  assert.equal((await one.run('connect', 'cursor', '--yes', '--keep', '--endpoint', 'files')).code, 0);
  assert.deepEqual(serversIn(one.cursor), ['gatewright']);
  assert.equal((await one.run('connect', 'cursor', '--yes', '--url', 'https://gate.example')).code, 0);
  assert.equal((await one.run('import', '--yes')).code, 0);
  assert.doesNotMatch(ownFileOf(one), /gate\.example|gatewright/);
  await one.run('restore', 'cursor');
  assert.equal(readFileSync(one.cursor, 'utf8'), FILES);
  const twice = await one.run('restore', 'cursor');
  assert.deepEqual([twice.code, twice.out], [0, `${one.cursor} was put back already.\n`]);
});

test('a file that was changed since is not overwritten without a word', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  await one.run('connect', 'cursor', '--yes');
  const changed = readFileSync(one.cursor, 'utf8').replace('{', '{ "theme": 1,');
  writeFileSync(one.cursor, changed);
  const refused = await one.run('restore', 'cursor');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /was changed since[\s\S]*differs from the backup in: mcpServers, theme/);
  assert.equal(readFileSync(one.cursor, 'utf8'), changed);
  const forced = await one.run('restore', 'cursor', '--force');
  assert.equal(readFileSync(one.cursor, 'utf8'), FILES);
  const copy = /kept as (\S+)/.exec(forced.out)?.[1] ?? '';
  assert.equal(readFileSync(copy, 'utf8'), changed);
});

test('of a file that the client writes all the time the servers alone are put back', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  await one.run('connect', 'cursor', '--yes');
  writeFileSync(one.cursor, readFileSync(one.cursor, 'utf8').replace('{', '{ "starts": 7,'));
  assert.equal((await one.run('restore', 'cursor', '--servers-only')).code, 0);
  assert.deepEqual(JSON.parse(readFileSync(one.cursor, 'utf8')), { starts: 7, ...JSON.parse(FILES) });
});

test('nothing is written when the answer is no, when nobody is there, or when it is a dry run', async () => {
  for (const [one, argv, code] of [
    [person(() => 'n'), [], 0],
    [person(() => ''), [], 0],
    [person(), [], 7],
    [person(), ['--dry-run'], 0],
  ] as const) {
    writeFileSync(one.cursor, FILES);
    assert.equal((await one.run('connect', 'cursor', ...argv)).code, code);
    assert.equal(readFileSync(one.cursor, 'utf8'), FILES);
    assert.deepEqual(readdirSync(one.home), ['.cursor']);
  }
});

test('a file that changes while the question stands is left alone', async () => {
  const one = person((home) => {
    writeFileSync(join(home, '.cursor', 'mcp.json'), '{"new":1}');
    return 'yes';
  });
  writeFileSync(one.cursor, FILES);
  const { code, err } = await one.run('connect', 'cursor');
  assert.equal(code, 1);
  assert.match(err, /changed by another program just now/);
  assert.equal(readFileSync(one.cursor, 'utf8'), '{"new":1}');
});

const broken: { name: string; text: string | Buffer; err: RegExp; code: number }[] = [
  { name: 'a broken file', text: '{\n  "mcpServers": {,}\n}', err: /mcp\.json:2:/, code: 3 },
  { name: 'a file that is not text', text: Buffer.from([0x7b, 0xff, 0x7d]), err: /not UTF-8/, code: 1 },
];
for (const { name, text, err, code } of broken) {
  test(`${name} is not touched, and its fault is said`, async () => {
    const one = person();
    writeFileSync(one.cursor, text);
    const outcome = await one.run('connect', 'cursor', '--yes');
    assert.match(outcome.err, err);
    assert.equal(outcome.code, code);
    assert.deepEqual(readFileSync(one.cursor), Buffer.from(text));
  });
}

test('a record that leads elsewhere is not followed', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  await one.run('connect', 'cursor', '--yes');
  const record = join(one.home, '.local/share/gatewright/backups/cursor-0001.json');
  const victim = join(one.home, 'victim');
  writeFileSync(victim, 'precious');
  writeFileSync(record, readFileSync(record, 'utf8').replace(one.cursor, victim));
  assert.equal((await one.run('restore', 'cursor', '--force')).code, 1);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
});

test('no secret of a client is shown, and our file is for its owner alone', async () => {
  const one = person();
  const entry = { command: 'x', args: ['--key', 'canary-1'], env: { API_KEY: 'canary-2', LEVEL: 'debug' } };
  const remote = { url: 'https://h.example/mcp?key=canary-3', headers: { Authorization: 'Bearer canary-4' } };
  writeFileSync(one.cursor, JSON.stringify({ mcpServers: { entry, remote } }));
  const { out, err, code } = await one.run('import', 'cursor', '--yes');
  assert.equal(code, 0);
  assert.doesNotMatch(out + err, /canary/);
  assert.match(err, /servers\.entry\.env\.API_KEY\n {2}servers\.remote\.headers\.Authorization\n/);
  assert.equal(statSync(join(one.home, '.config/gatewright/gatewright.yaml')).mode & 0o777, 0o600);
});

test('import takes what is new, knows what is there, and renames what would clash', async () => {
  const one = person(undefined, { SET: 'x' });
  const own = join(one.home, 'own.json');
  writeFileSync(own, '{\n  "servers": {\n    "files": { "command": "npx", "args": ["-y", "files"] }\n  }\n}\n');
  writeFileSync(
    one.cursor,
    JSON.stringify({
      mcpServers: {
        files: { type: 'stdio', command: 'npx', args: ['-y', 'files'], env: {} },
        'My Notes': { command: 'notes', cwd: 'sub', env: { K: `\${env:SET}` } },
        off: { command: 'x', disabled: true },
        self: { command: 'npx', args: ['-y', 'gatewright'] },
      },
    }),
  );
  mkdirSync(join(one.home, '.gemini'));
  writeFileSync(join(one.home, '.gemini', 'settings.json'), '{"mcpServers":{"files":{"command":"other"}}}');
  const { code, out } = await one.run('import', '--yes', '--config', own);
  assert.equal(code, 0, out);
  assert.deepEqual(JSON.parse(readFileSync(own, 'utf8')).servers, {
    files: { command: 'npx', args: ['-y', 'files'] },
    'my-notes': { command: 'notes', cwd: join(one.home, '.cursor', 'sub'), env: { K: `\${SET}` }, title: 'My Notes' },
    off: { command: 'x', enabled: false },
    'files-gemini': { command: 'other' },
  });
  assert.match(out, /self +stdio npx {2}is Gatewright itself/);
  const again = await one.run('import', '--yes', '--config', own);
  assert.match(again.out, /has all of it already/);
});

test('import never writes into a broken file of ours, nor into one of another client', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  const own = join(one.home, 'own.yaml');
  for (const text of ['servers: [', 'servers: {a: {comand: x}}\nlisten: {prot: 1}\n', '{"mcpServers": {}}']) {
    writeFileSync(own, text);
    assert.equal((await one.run('import', '--yes', '--config', own)).code, 3);
    assert.equal(readFileSync(own, 'utf8'), text);
  }
});

test('what is not known is said with the way out', async () => {
  const one = person();
  assert.match((await one.run('connect', 'cursr')).err, /Did you mean "cursor"/);
  assert.match((await one.run('restore', 'cursor')).err, /no backup for Cursor/);
  assert.match((await one.run('import', 'zed')).err, /No file of Zed was found/);
  assert.match((await one.run('connect', 'cursor', '--url', 'ftp://x')).err, /http:\/\//);
  assert.match((await one.run('connect', 'cursor', '--endpoint', '../x')).err, /--endpoint/);
});

test('of all clients, one whose file cannot be read takes nothing from the others', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  mkdirSync(join(one.home, '.gemini'));
  symlinkSync(join(one.home, 'gone'), join(one.home, '.gemini', 'settings.json'));
  const { code, out, err } = await one.run('import', '--yes');
  assert.equal(code, 0, err);
  assert.match(err, /^warning: .*settings\.json is a link to a file that is not there\.$/m);
  assert.match(out, /files/);
  assert.equal((await one.run('import', 'gemini', '--yes')).code, 1);
});

test('backups that others could have written are not used, and none is left with them', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  const folder = join(one.home, '.local', 'share', 'gatewright', 'backups');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  for (const argv of [['restore'], ['restore', 'cursor'], ['connect', 'cursor', '--yes']]) {
    const { code, err } = await one.run(...argv);
    assert.deepEqual([code, /Other users may write to .*backups/.test(err)], [1, true], argv.join(' '));
  }
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(readFileSync(one.cursor, 'utf8'), FILES);
});

test('a record of a backup cannot write to the terminal', async () => {
  const one = person();
  writeFileSync(one.cursor, FILES);
  await one.run('connect', 'cursor', '--yes');
  const record = join(one.home, '.local', 'share', 'gatewright', 'backups', 'cursor-0001.json');
  const facts = JSON.parse(readFileSync(record, 'utf8'));
  writeFileSync(record, JSON.stringify({ ...facts, client: 'a\u001b[2J', time: '\u001b]52;c;eA==\u0007' }));
  assert.match((await one.run('restore')).out, /^a\\u\{1b\}\[2J {2}\\u\{1b\}\]52;c;eA==\\u\{7\} /);
});

test('Claude Desktop is given the words that start us, and our own entry is known again', async () => {
  const one = person();
  const desktop = join(one.home, '.config', 'Claude', 'claude_desktop_config.json');
  mkdirSync(dirname(desktop), { recursive: true });
  writeFileSync(desktop, '{"mcpServers":{"files":{"command":"npx","args":["-y","files"]}}}');
  const { out } = await one.run('connect', 'claude-desktop', '--yes');
  assert.match(out, /\/opt\/node \/opt\/lib\/gatewright stdio\n/);
  const entry = { command: '/opt/node', args: ['/opt/lib/gatewright', 'stdio'] };
  assert.deepEqual(JSON.parse(readFileSync(desktop, 'utf8')).mcpServers, { gatewright: entry });
  assert.match((await one.run('connect', 'claude-desktop', '--yes')).out, /connected already/);
  const own = join(one.home, '.config', 'gatewright', 'gatewright.yaml');
  assert.doesNotMatch(readFileSync(own, 'utf8'), /\/opt\/lib/);
});

test('what the environment or an option said here is written out for a client that has neither', async () => {
  const one = person(undefined, { GATEWRIGHT_DATA_DIR: '/data/gw' });
  const desktop = join(one.home, '.config', 'Claude', 'claude_desktop_config.json');
  mkdirSync(dirname(desktop), { recursive: true });
  writeFileSync(desktop, '{}');
  const file = join(one.home, 'mine.yaml');
  const words = ['claude-desktop', '--yes', '--endpoint', 'files', '--config', file, '--data-dir', join(one.home, 'd')];
  assert.equal((await one.run('connect', ...words)).code, 0);
  const { args } = JSON.parse(readFileSync(desktop, 'utf8')).mcpServers.gatewright;
  assert.deepEqual(args.slice(1), ['stdio', 'files', '--config', file, '--data-dir', join(one.home, 'd')]);
});

test('a client that only starts programs is led to an address by one', async () => {
  const one = person();
  const desktop = join(one.home, '.config', 'Claude', 'claude_desktop_config.json');
  mkdirSync(dirname(desktop), { recursive: true });
  writeFileSync(desktop, '{}');
  const words = ['claude-desktop', '--yes', '--url', 'https://gateway.example.com', '--endpoint', 'files'];
  assert.equal((await one.run('connect', ...words)).code, 0);
  const { args } = JSON.parse(readFileSync(desktop, 'utf8')).mcpServers.gatewright;
  assert.deepEqual(args.slice(1), ['stdio', '--url', 'https://gateway.example.com/mcp/files']);
  assert.match((await one.run('connect', ...words)).out, /connected already/);
});
