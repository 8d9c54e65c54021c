/*
 * `gatewright explain` without a gateway: by the file alone, and a dry run of a changed file over a list of calls.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type CliOutcome, cli } from '../rig/cli.ts';
import { parseObject } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-dry-run-'));
after(() => rmSync(folder, { recursive: true }));
const token = randomBytes(32).toString('base64url');
const dataDir = join(folder, 'data');
const env = { GATEWRIGHT_DATA_DIR: dataDir, ANN: token };

function written(name: string, change: JsonObject): string {
  const path = join(folder, name);
  const file = {
    servers: { files: { url: 'http://127.0.0.1:1/mcp' }, notes: { url: 'http://127.0.0.1:1/other' } },
    auth: { tokens: [{ name: 'ann', token, grants: 'none', roles: ['user'] }] },
    ...change,
  };
  writeFileSync(path, JSON.stringify(file));
  return path;
}

const before = written('before.json', {});
const same = written('same.json', { limits: { sessionsMax: 10 } });
const deny = { name: 'no-delete', effect: 'deny', who: '*', what: { servers: ['files'], tools: ['delete*'] } };
const later = { ...deny, name: 'no-write', what: { servers: ['files'], tools: ['write'] }, when: 'arguments.size > 9' };
const changed = written('changed.json', { access: { policies: [deny, later] } });

const CALLS = [
  { as: 'token:ann', tool: 'files__delete_all' },
  { as: 'token:ann', tool: 'files__read' },
  { as: 'env:ANN', tool: 'files__write', arguments: { size: 10 } },
  { as: 'token:ann', tool: 'files__write', arguments: { size: 1 } },
  { as: 'token:ann', tool: 'files__write' },
  { as: 'token:ann', prompt: 'greet', endpoint: 'notes' },
];

let count = 0;
function calls(lines: readonly (object | string)[]): string {
  const path = join(folder, `calls-${count++}.jsonl`);
  writeFileSync(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  return path;
}

const dryRun = (file: string, lines: readonly (object | string)[], more: readonly string[] = []): Promise<CliOutcome> =>
  cli(['explain', '--dry-run', file, '--calls', calls(lines), '--config', before, ...more], { env });

describe('a dry run', () => {
  test('names each call that would be answered otherwise, before and after, and counts them', async () => {
    const { out, err, code } = await dryRun(changed, CALLS);
    assert.equal(err, '');
    assert.deepEqual(out.trimEnd().split('\n'), [
      'line 1: token:ann, files.delete_all at /mcp: yes (roles.user) → no (denied, access.policies.no-delete)',
      'line 3: token:ann, files.write at /mcp: yes (roles.user) → no (denied, access.policies.no-write)',
      'line 5: token:ann, files.write at /mcp: yes (roles.user) → depends (access.policies.no-write)',
      '3 of 6 calls would be answered otherwise.',
    ]);
    assert.equal(code, 9);
  });

  test('ends well when nothing changes', async () => {
    const { out, code } = await dryRun(same, CALLS);
    assert.equal(out, '0 of 6 calls would be answered otherwise.\n');
    assert.equal(code, 0);
  });

  test('names lines that cannot be read by their number, and answers all others', async () => {
    const lines = [
      '{"as": ',
      CALLS[0] as object,
      '',
      { as: 'token:ann', tool: 'x', endpoit: 'y' },
      { as: '-', tool: 'x' },
    ];
    const { out, err, code } = await dryRun(changed, lines);
    assert.deepEqual(err.trimEnd().split('\n'), [
      'line 1: It is no JSON.',
      'line 4: The question has a member "endpoit", which is not known.',
      'line 5: "as" cannot be stdin here.',
    ]);
    assert.match(out, /^line 2: /);
    assert.match(out, /1 of 1 call would be answered otherwise; 3 lines could not be read\.\n$/);
    assert.equal(code, 2);
  });

  test('speaks JSON to programs: one line for each line, and one of counts', async () => {
    const { out } = await dryRun(changed, [CALLS[0] as object, CALLS[1] as object, 'x'], ['--json']);
    const lines = out.trimEnd().split('\n').map(parseObject);
    assert.deepEqual(lines, [
      {
        ...{ line: 1, changes: true, before: { answer: 'yes', rule: 'roles.user' } },
        after: { answer: 'no', rule: 'access.policies.no-delete', reason: 'denied' },
      },
      {
        ...{ line: 2, changes: false, before: { answer: 'yes', rule: 'roles.user' } },
        after: { answer: 'yes', rule: 'roles.user' },
      },
      { line: 3, wrong: 'It is no JSON.' },
      { calls: 2, changed: 1, wrong: 1 },
    ]);
  });

  test('says what is wrong with the changed file, and tries nothing', async () => {
    const broken = written('broken.json', { access: { polices: [] } });
    const { out, err, code } = await dryRun(broken, CALLS);
    assert.match(err, /polices/);
    assert.equal(out, '');
    assert.equal(code, 3);
  });

  test('never says a credential', async () => {
    const { out, err } = await dryRun(
      changed,
      [
        { as: token, tool: 'files__delete' },
        { as: `${token}x`, tool: 'y' },
      ],
      ['--json'],
    );
    assert.ok(!out.includes(token) && !err.includes(token), out + err);
  });
});

describe('without a gateway', () => {
  test('the file alone answers, and nothing is started', async () => {
    const { out, err, code } = await cli(['explain', '--config', before, '--as', 'token:ann', 'files.read'], { env });
    assert.equal(code, 0, err);
    assert.match(err, /No gateway is running/);
    assert.match(out, /^Yes: token:ann may call the tool files__read at \/mcp, by roles\.user\.\n/);
    assert.match(out, /no gateway is asked how it is/);
    assert.ok(!readdirSync(folder).includes('data'), 'no data folder is made');
  });

  test('a credential is recognised by the file', async () => {
    const words = ['explain', '--config', before, '--as', '-', 'files.read', '--json'];
    const { json } = await cli(words, { env, input: `${token}\n` });
    assert.deepEqual([json.answer, json.wasCredential], ['yes', true]);
  });
});
