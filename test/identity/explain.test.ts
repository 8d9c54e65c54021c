/*
 * `gatewright explain`, asked of a gateway that runs: the answer is what a call gets, the way to it names what decided, and
 * no credential shows up in it.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { composeKey } from '../../src/model/key-text.ts';
import { openStage, type Stage } from '../flow/stage.ts';
import { type CliOutcome, cli } from '../rig/cli.ts';
import { at } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-explain-'));
const env = { GATEWRIGHT_DATA_DIR: join(folder, 'data') };
const ISSUER = 'https://issuer.example';
const secretText = () => randomBytes(32).toString('base64url');
const [annToken, opsToken, signing] = [secretText(), secretText(), secretText()];
const ciKey = composeKey('ci01', randomBytes(32));
const oldKey = composeKey('old1', randomBytes(32));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const config = {
  auth: {
    tokens: [
      { name: 'ann', token: annToken, grants: 'none', user: 'ann' },
      { name: 'ops', token: opsToken },
    ],
    keys: [
      { id: 'ci01', hash: sha256(ciKey), roles: ['user'], tools: ['up.echo'] },
      { id: 'old1', hash: sha256(oldKey), expiresAt: '2020-01-01T00:00:00Z' },
    ],
    issuers: [
      {
        ...{ issuer: ISSUER, secrets: [signing], audiences: ['gatewright'] },
        claims: { roles: ['realm.roles'], groups: ['groups'] },
        mappings: { 'team:blue': { roles: ['echoer'] } },
      },
    ],
  },
  access: {
    users: { ann: { roles: ['echoer'] }, bob: { identities: [{ issuer: ISSUER, subject: 'bob' }], groups: ['blue'] } },
    roles: { echoer: { permissions: [{ servers: ['up'], tools: ['ech*'] }] } },
    permissions: { 'up:progress': ['deep'] },
    policies: [{ name: 'no-binary', effect: 'deny', who: '*', what: { servers: ['up'], resources: ['*binary'] } }],
  },
  endpoints: { narrow: { servers: ['up'], tools: { allow: ['up.echo'] } } },
};

let stage: Stage;
before(async () => {
  const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const entries = { up: { tools: { block: ['fail'] } } };
  const others = { gone: { url: 'http://127.0.0.1:1/mcp' } };
  stage = await openStage({ up }, { config, entries, others, gateway: { env } });
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const explain = (words: readonly string[], input = ''): Promise<CliOutcome> =>
  cli(['explain', ...words], { env, input });

async function answer(words: readonly string[], input?: string): Promise<JsonObject> {
  const { json, err, out } = await explain([...words, '--json'], input);
  assert.notEqual(json.answer, undefined, err + out);
  return json;
}

async function told(words: readonly string[], input?: string): Promise<string> {
  const { answer: said, rule, reason } = await answer(words, input);
  return [said, rule, reason].filter((word) => word !== undefined && word !== '').join(' ');
}

describe('whom it is about', () => {
  const rows: [string, string[], string, string?][] = [
    ['a static token by its name', ['--as', 'token:ops', 'up__echo'], 'yes grants:all'],
    ['and by itself, from stdin', ['--as', '-', 'up__echo'], 'yes grants:all', opsToken],
    ['a key by its id', ['--as', 'key:ci01', 'up__echo'], 'yes roles.user'],
    ['and by itself, from stdin', ['--as', '-', 'up__echo'], 'yes roles.user', `${ciKey}\n`],
    ['a key that has expired', ['--as', 'key:old1', 'up__echo'], 'no credential'],
    ['the local user', ['--as', 'local', 'up__echo'], 'yes grants:all'],
    ['a user of the file', ['--as', 'ann', 'up__echo'], 'yes access.roles.echoer[0].tools:ech*'],
    ['a subject of an issuer, without claims', ['--as', `${ISSUER}|eve`, 'up__echo'], 'no none denied'],
    ['a token of nobody', ['--as', '-', 'up__echo'], 'no credential', secretText()],
  ];
  for (const [what, words, expected, input] of rows)
    test(what, async () => assert.equal(await told(words, input), expected));

  test('a subject with the claims that are given', async () => {
    const claims = JSON.stringify({ team: 'Blue', groups: ['g'] });
    const { answer: said, principal, steps } = await answer(['--as', `${ISSUER}|eve`, '--claims', claims, 'up__echo']);
    assert.equal(said, 'yes');
    assert.deepEqual([at(principal, 'roles'), at(principal, 'groups')], [['echoer'], ['g']]);
    const claimed = (steps as { about: string; say: string }[]).filter(({ about }) => about === 'claims');
    assert.deepEqual(claimed.map(({ say }) => say).slice(-2), [
      'the claim groups gives group g',
      'team:blue is mapped to role echoer',
    ]);
  });

  test('a signed token, whose claims give what they give', async () => {
    const jwt = await new SignJWT({ team: 'blue' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setSubject('bob')
      .setAudience('gatewright')
      .setExpirationTime('1h')
      .sign(Buffer.from(signing));
    const { principal, rule, say } = await answer(['--as', '-', 'up__echo'], jwt);
    assert.deepEqual([at(principal, 'id'), at(principal, 'user')], [`${ISSUER}|bob`, 'bob'], String(say));
    assert.equal(rule, 'access.roles.echoer[0].tools:ech*');
  });
});

describe('why not', () => {
  const rows: [string, string[], string][] = [
    ['nothing grants it', ['--as', 'token:ann', 'up__progress'], 'no none denied'],
    ['a filter keeps it out', ['--as', 'token:ops', 'up__fail'], 'no servers.up.tools.block:fail filtered'],
    [
      'a filter of the endpoint does',
      ['--as', 'token:ops', '--endpoint', 'narrow', 'up.progress'],
      'no endpoints.narrow.tools.allow filtered',
    ],
    ['the key is for another tool', ['--as', 'key:ci01', 'up__progress'], 'no credential.tools denied'],
    [
      'a policy denies it',
      ['--as', 'token:ops', '--kind', 'resource', 'up+scripted://binary'],
      'no access.policies.no-binary denied',
    ],
    ['there is no such tool', ['--as', 'token:ops', 'up__nothing'], 'no unknown'],
    ['there is no such endpoint', ['--as', 'token:ops', '--endpoint', 'nowhere', 'up__echo'], 'no endpoint_unknown'],
  ];
  for (const [what, words, expected] of rows) test(what, async () => assert.equal(await told(words), expected));

  test('it may be called, but its server is down', async () => {
    const { answer: said, reason, say } = await answer(['--as', 'token:ops', 'gone__anything']);
    assert.deepEqual([said, reason], ['yes', 'down']);
    assert.match(String(say), /but its server is down: /);
  });
});

test('the answer is what a call gets', async () => {
  const bearers: [string, string][] = [
    ['token:ann', annToken],
    ['token:ops', opsToken],
    ['key:ci01', ciKey],
  ];
  for (const [as, bearer] of bearers) {
    const client = await stage.legacy('', { headers: { authorization: `Bearer ${bearer}` } });
    for (const tool of ['up__echo', 'up__fail', 'up__nothing']) {
      const answered = await client.call('tools/call', { name: tool, arguments: {} });
      const { answer: said } = await answer(['--as', as, tool]);
      assert.equal(answered.error === undefined ? 'yes' : 'no', said, `${as} ${tool}`);
    }
  }
});

describe('in words', () => {
  test('it is a sentence and the way to it', async () => {
    const { out, code } = await explain(['--as', 'token:ann', 'up.echo']);
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines[0], 'Yes: token:ann may call the tool up__echo at /mcp, by access.roles.echoer[0].tools:ech*.');
    assert.match(
      out,
      /who +token:ann, by a static token of the configuration\n +organisation default; user ann; roles echoer/,
    );
    assert.match(out, / {2}> grant +access\.roles\.echoer\[0\]\.tools:ech\*: grants it/);
  });

  test('what there is not ends with the exit code for that', async () => {
    assert.equal((await explain(['--as', 'token:ops', 'up__nothing'])).code, 6);
  });
});

describe('a credential', () => {
  test('on the command line is warned about, and never said again', async () => {
    const { out, err } = await explain(['--as', annToken, 'up__echo']);
    assert.match(err, /others can read a command line/);
    assert.ok(!out.includes(annToken) && !err.includes(annToken));
    const { out: json } = await explain(['--as', annToken, 'up__echo', '--json']);
    assert.ok(!json.includes(annToken));
  });

  test('of the environment is neither', async () => {
    const words = ['explain', '--as', 'env:WHO', 'up__echo'];
    const { out, err } = await cli(words, { env: { ...env, WHO: annToken } });
    assert.match(out, /^Yes: token:ann/);
    assert.equal(err, '');
  });

  test('that is refused here counts as nobody’s failure', async () => {
    await explain(['--as', '-', 'up__echo'], 'nobodys');
    const headers = { authorization: `Bearer ${opsToken}` };
    const metrics = await (await fetch(`${stage.gateway.url}/metrics`, { headers })).text();
    assert.doesNotMatch(metrics, /credentials_refused_total\{/);
  });
});

describe('a question that is not understood', () => {
  const rows: [string, string[], RegExp][] = [
    ['about nobody', ['up__echo'], /Say whom it is about/],
    ['about nothing', ['--as', 'local'], /Name a tool/],
    ['of an unknown kind', ['--as', 'local', '--kind', 'task', 'x'], /"task", which is not known/],
    ['with arguments twice', ['--as', 'local', '--arguments', '{}', 'x', 'a=1'], /key=value or with --arguments/],
    ['with a variable that is not there', ['--as', 'env:NOBODY', 'x'], /The environment has no NOBODY/],
    ['with a request of no parts', ['--as', 'local', '--request', 'now', 'x'], /--request takes KEY=VALUE/],
  ];
  for (const [what, words, why] of rows) {
    test(`is refused: ${what}`, async () => {
      const { code, err } = await explain(words);
      assert.equal(code, 2, err);
      assert.match(err, why);
    });
  }
});
