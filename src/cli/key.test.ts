import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { parseConfig } from '../config/load.ts';
import { isWhole, keyIdIn } from '../model/key-text.ts';
import { runCli } from './cli.ts';
import type { CliIo } from './io.ts';
import { expiryOf } from './key.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: string[]): Promise<Outcome> {
  const said = { out: '', err: '' };
  const io = {
    now: Date.now,
    out: (text: string) => {
      said.out += text;
    },
    err: (text: string) => {
      said.err += text;
    },
  };
  const code = await runCli(['key', ...argv], io as unknown as CliIo);
  return { code, ...said };
}

const KEY = /gwk_\S+/;

describe('a key that was made', () => {
  test('is printed with an entry that the configuration takes, and that knows it by its hash alone', async () => {
    const { code, out, err } = await run(
      ...['create', '--name', 'for CI: "quoted"', '--role', 'viewer', '--role', 'user', '--expires', '30d'],
      ...['--server', 'files', '--endpoint', 'default', '--tool', 'files.read_*'],
    );
    assert.deepEqual([code, err], [0, '']);
    const [key = ''] = KEY.exec(out) ?? [];
    const loaded = parseConfig(`servers: {files: {command: x}}\n${out.slice(out.indexOf('auth:'))}`, 'g.yaml', {});
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const [entry] = loaded.config.identity.keys;
    assert.ok(entry);
    assert.equal(entry.sha256, createHash('sha256').update(key).digest('hex'));
    assert.equal(entry.id, keyIdIn(key));
    assert.equal(out.split(key).length, 2, 'the key is said once');
    assert.deepEqual([entry.name, entry.roles, entry.grants], ['for CI: "quoted"', ['viewer', 'user'], 'none']);
    assert.deepEqual(entry.reach, {
      ...{ servers: ['files'], endpoints: ['default'], tools: ['files.read_*'], exceptServers: [] },
    });
    const days = ((entry.expiresAtMs ?? 0) - Date.now()) / 86_400_000;
    assert.ok(days > 29.9 && days <= 30, String(days));
  });

  test('is another one each time, of 32 random bytes, and whole', async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => JSON.parse((await run('create', '--json')).out).key));
    assert.equal(new Set(keys).size, 3);
    for (const key of keys) {
      assert.match(key, /^gwk_[a-z0-9]{8}_[A-Za-z0-9_-]{49}$/);
      assert.ok(isWhole(key));
    }
  });

  test('is one object for programs', async () => {
    const { key, entry } = JSON.parse((await run('create', '--all', '--user', 'ann', '--json')).out);
    const { hash, ...others } = entry;
    assert.deepEqual(others, { id: keyIdIn(key), user: 'ann', grants: 'all' });
    assert.equal(hash, createHash('sha256').update(key).digest('hex'));
  });

  test('says so when it may do nothing', async () => {
    assert.match((await run('create')).err, /may use nothing yet/);
    for (const more of [['--all'], ['--user', 'ann'], ['--role', 'user']])
      assert.equal((await run('create', ...more)).err, '', more.join(' '));
  });
});

test('what cannot be understood makes no key', async () => {
  for (const argv of [['delete'], ['create', '--expires', 'soon'], ['create', '--expires', '2001-01-01'], []]) {
    const { code, out, err } = await run(...argv);
    assert.deepEqual([code, out], [2, ''], argv.join(' '));
    assert.match(err, /^gatewright: .+\n$/);
  }
});

describe('a key expires', () => {
  const nowMs = Date.UTC(2030, 0, 1);
  const rows: [string, string | true | undefined, string | undefined][] = [
    ['never, when nothing is said', undefined, undefined],
    ['hours from now', '12h', '2030-01-01T12:00:00Z'],
    ['days from now', '30d', '2030-01-31T00:00:00Z'],
    ['weeks from now', '2w', '2030-01-15T00:00:00Z'],
    ['on a day', '2030-02-01', '2030-02-01T00:00:00Z'],
    ['at a time', '2030-02-01T10:00:00+01:00', '2030-02-01T09:00:00Z'],
    ['not before now', '2029-12-31', 'unreadable'],
    ['not after no time', '0d', 'unreadable'],
    ['not in months, which are minutes to others', '3m', 'unreadable'],
    ['not on a number', '5', 'unreadable'],
  ];
  for (const [what, written, at] of rows) test(what, () => assert.equal(expiryOf(written, nowMs), at));
});
