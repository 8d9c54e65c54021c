/*
 * `gatewright explain`, asked of a gateway that runs: the answer is what a call gets, the way to it names what decided, and
 * no credential shows up in it.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { OperatorClient } from '../../src/client/operator-client.ts';
import { readQuestion } from '../../src/model/explain-question.ts';
import type { Explanation } from '../../src/model/explanation.ts';
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

const deny = (tool: string) => ({ effect: 'deny', who: '*', what: { servers: ['up'], tools: [tool] } });

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
    deny: { subjects: ['mallory'] },
  },
  access: {
    users: { ann: { roles: ['echoer'] }, bob: { identities: [{ issuer: ISSUER, subject: 'bob' }], groups: ['blue'] } },
    roles: { echoer: { permissions: [{ servers: ['up'], tools: ['ech*'] }] } },
    permissions: { 'up:progress': ['deep'] },
    policies: [
      { name: 'no-binary', effect: 'deny', who: '*', what: { servers: ['up'], resources: ['*binary'] } },
      { name: 'no-big', ...deny('big'), when: 'arguments.bytes > 50' },
      { name: 'no-log', ...deny('log'), when: 'request.address.startsWith("10.")' },
    ],
  },
  endpoints: {
    narrow: { servers: ['up'], tools: { allow: ['up.echo'] } },
    wide: { servers: ['up'], scopesSupported: ['deep'] },
  },
};

let stage: Stage;
let operator: OperatorClient;
before(async () => {
  const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const entries = { up: { tools: { block: ['fail'] } } };
  const others = { gone: { url: 'http://127.0.0.1:1/mcp' } };
  stage = await openStage({ up }, { config, entries, others, gateway: { env } });
  const [instance = ''] = readdirSync(join(env.GATEWRIGHT_DATA_DIR, 'gateways'));
  operator = new OperatorClient(join(env.GATEWRIGHT_DATA_DIR, 'gateways', instance, 'socket'));
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const explain = (words: readonly string[], input = ''): Promise<CliOutcome> =>
  cli(['explain', ...words], { env, input });

/** Over the socket, as the command does. */
async function answer(asked: Readonly<Record<string, unknown>>): Promise<Explanation> {
  const read = readQuestion(asked);
  assert.ok('question' in read, JSON.stringify(read));
  return operator.explain(read.question);
}

async function told(asked: Readonly<Record<string, unknown>>): Promise<string> {
  const { answer: said, rule, reason } = await answer(asked);
  return [said, rule, reason].filter((word) => word !== undefined && word !== '').join(' ');
}

describe('whom it is about', () => {
  const rows: [string, Readonly<Record<string, string>>, string][] = [
    ['a static token by its name', { as: 'token:ops' }, 'yes grants:all'],
    ['and by itself', { credential: opsToken }, 'yes grants:all'],
    ['a key by its id', { as: 'key:ci01' }, 'yes roles.user'],
    ['and by itself', { credential: ciKey }, 'yes roles.user'],
    ['a key that has expired', { as: 'key:old1' }, 'no credential'],
    ['and by itself', { credential: oldKey }, 'no credential'],
    ['the local user', { as: 'local' }, 'yes grants:all'],
    ['a user of the file', { as: 'ann' }, 'yes access.roles.echoer[0].tools:ech*'],
    ['a subject of an issuer, without claims', { as: `${ISSUER}|eve` }, 'no none denied'],
    ['one whom the deny list names', { as: `${ISSUER}|mallory` }, 'no credential'],
    ['a token of nobody', { credential: secretText() }, 'no credential'],
    ['nobody', { as: 'nobody' }, 'no credential'],
  ];
  for (const [what, as, expected] of rows)
    test(what, async () => assert.equal(await told({ ...as, tool: 'up__echo' }), expected));

  test('a subject with the claims that are given', async () => {
    const claims = { team: 'Blue', groups: ['g'] };
    const { answer: said, principal, steps } = await answer({ as: `${ISSUER}|eve`, claims, tool: 'up__echo' });
    assert.equal(said, 'yes');
    assert.deepEqual([principal?.roles, principal?.groups], [['echoer'], ['g']]);
    const claimed = steps.filter(({ about }) => about === 'claims').map(({ say }) => say);
    assert.deepEqual(claimed.slice(-2), ['the claim groups gives group g', 'team:blue is mapped to role echoer']);
  });

  test('a signed token, whose claims give what they give', async () => {
    const { principal, rule, say } = await answer({ credential: await signed('gatewright'), tool: 'up__echo' });
    assert.deepEqual([principal?.id, principal?.user], [`${ISSUER}|bob`, 'bob'], say);
    assert.equal(rule, 'access.roles.echoer[0].tools:ech*');
  });

  test('a subject is known by the token that was shown last', async () => {
    const authorization = `Bearer ${await signed('gatewright', 'carol')}`;
    assert.equal(await told({ as: `${ISSUER}|carol`, tool: 'up__echo' }), 'no none denied');
    await stage.legacy('', { headers: { authorization } });
    const { answer: said, steps } = await answer({ as: `${ISSUER}|carol`, tool: 'up__echo' });
    assert.equal(said, 'yes');
    assert.match(steps[0]?.say ?? '', /by the token of theirs that was shown last/);
  });

  test('a signed token that was made for somebody else', async () => {
    const { say } = await answer({ credential: await signed('another'), tool: 'up__echo' });
    assert.match(say, /nobody is recognised\. It was made for somebody else/);
  });
});

function signed(audience: string, subject = 'bob'): Promise<string> {
  const token = new SignJWT({ team: 'blue' })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setSubject(subject);
  return token.setAudience(audience).setExpirationTime('1h').sign(Buffer.from(signing));
}

describe('why not', () => {
  const rows: [string, Readonly<Record<string, unknown>>, string][] = [
    ['nothing grants it', { as: 'token:ann', tool: 'up__progress' }, 'no none denied'],
    ['a filter keeps it out', { as: 'token:ops', tool: 'up__fail' }, 'no servers.up.tools.block:fail filtered'],
    [
      'a filter of the endpoint does',
      { as: 'token:ops', endpoint: 'narrow', tool: 'up.progress' },
      'no endpoints.narrow.tools.allow filtered',
    ],
    ['the key is for another tool', { as: 'key:ci01', tool: 'up__progress' }, 'no credential.tools denied'],
    [
      'a policy denies it',
      { as: 'token:ops', resource: 'up+scripted://binary' },
      'no access.policies.no-binary denied',
    ],
    [
      'a condition on the arguments is met',
      { as: 'token:ops', tool: 'up__big', arguments: { bytes: 100 } },
      'no access.policies.no-big denied',
    ],
    ['it is not', { as: 'token:ops', tool: 'up__big', arguments: { bytes: 10 } }, 'yes grants:all'],
    [
      'or it is an error, which denies',
      { as: 'token:ops', tool: 'up__big', arguments: {} },
      'no access.policies.no-big denied',
    ],
    [
      'a condition on the request is met',
      { as: 'token:ops', tool: 'up__log', request: { address: '10.1.2.3' } },
      'no access.policies.no-log denied',
    ],
    ['there is no such tool', { as: 'token:ops', tool: 'up__nothing' }, 'no unknown'],
    ['there is no such endpoint', { as: 'token:ops', endpoint: 'nowhere', tool: 'up__echo' }, 'no endpoint_unknown'],
  ];
  for (const [what, asked, expected] of rows) test(what, async () => assert.equal(await told(asked), expected));

  test('it depends on what was not said', async () => {
    const { answer: said, rule, dependsOn } = await answer({ as: 'token:ops', tool: 'up__big' });
    assert.deepEqual([said, rule, dependsOn], ['depends', 'access.policies.no-big', ['arguments']]);
    const { dependsOn: other } = await answer({ as: 'token:ops', tool: 'up__log', arguments: {} });
    assert.deepEqual(other, ['request.address']);
  });

  test('a scope is missing that the endpoint offers', async () => {
    const {
      answer: said,
      scopes,
      steps,
    } = await answer({
      ...{ as: `${ISSUER}|eve`, claims: {}, endpoint: 'wide', tool: 'up__progress' },
    });
    assert.deepEqual([said, scopes], ['step-up', ['deep']]);
    assert.ok(steps.some(({ say }) => say === 'a token with deep would do'));
  });

  test('it may be called, but its server is down', async () => {
    const { answer: said, reason, say } = await answer({ as: 'token:ops', tool: 'gone__anything' });
    assert.deepEqual([said, reason], ['yes', 'down']);
    assert.match(say, /but its server is down: /);
  });
});

test('the answer is what a call gets', async () => {
  const bearers: [string, string][] = [
    ['token:ann', annToken],
    ['token:ops', opsToken],
    ['key:ci01', ciKey],
  ];
  const calls: [string, JsonObject][] = [
    ['up__echo', {}],
    ['up__fail', {}],
    ['up__nothing', {}],
    ['up__big', { bytes: 10 }],
    ['up__big', { bytes: 100 }],
  ];
  for (const [as, bearer] of bearers) {
    const client = await stage.legacy('', { headers: { authorization: `Bearer ${bearer}` } });
    for (const [tool, given] of calls) {
      const reply = await client.call('tools/call', { name: tool, arguments: given });
      const { answer: said } = await answer({ as, tool, arguments: given });
      const isRefused = at(reply.answer, 'error') !== undefined;
      assert.equal(said, isRefused ? 'no' : 'yes', `${as} ${tool} ${JSON.stringify(reply.answer)}`);
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
