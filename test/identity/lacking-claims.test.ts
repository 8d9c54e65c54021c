/*
 * Tokens that lack claims, of two systems from which the gateway takes over: one writes `userId` and `exp` and nothing else,
 * and sends it without `Bearer`, too; the other writes `user_id` and an issuer, but no audience. Taken from issuers with
 * shared secrets that may lack just these, and from nobody else.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { openStage, type Stage } from '../flow/stage.ts';
import { makeSigner, nowSeconds, type Said, signed, startIssuer } from '../rig/issuer.ts';
import { parseObject } from '../rig/json-rpc.ts';
import { modernClient } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const SECRETS = {
  console: 'the-secret-of-the-console-is-long-enough',
  scripts: 'the-secret-of-the-scripts-is-long-enough',
  strict: 'the-secret-of-strict-ones-is-long-enough',
};
type Name = keyof typeof SECRETS;
/** One that is `undefined` is left out. */
type Claims = Readonly<Record<string, unknown>>;

const signer = await makeSigner('one', 'RS256');
const provider = await startIssuer([signer]);
after(() => provider.close());

const auth = {
  issuers: [
    { issuer: provider.url, grants: 'all' },
    { issuer: 'strict', secrets: [SECRETS.strict], grants: 'all' },
    // Numbers of accounts of the one, names of the other.
    ...[
      { issuer: 'console', secrets: [SECRETS.console], mayLack: ['iss', 'aud'], claims: { subject: 'userId' } },
      { issuer: 'mcp-proxy', secrets: [SECRETS.scripts], mayLack: ['aud'], claims: { subject: 'user_id' } },
    ].map((entry) => ({ ...entry, grants: 'all' })),
  ],
  deny: { subjects: [{ issuer: 'console', subject: '13' }] },
};

async function stageWith(change: object): Promise<Stage> {
  const files = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const config = { auth: { ...auth, ...change }, limits: { failedAuthenticationsMax: 100_000 } };
  const stage = await openStage({ files }, { config, gateway: { args: ['--log-level', 'debug'] } });
  after(() => stage.close());
  return stage;
}

const [header, query] = await Promise.all([stageWith({}), stageWith({ queryToken: true })]);

function hmac(secret: string, claims: Claims): Promise<string> {
  const present = Object.entries(claims).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(present))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .sign(Buffer.from(secret));
}

const inDays = (days: number) => nowSeconds() + days * 86_400;
const ofConsole = (claims: Claims = {}, by: Name = 'console') =>
  hmac(SECRETS[by], { userId: 7, exp: inDays(14), ...claims });
const ofScripts = (claims: Claims = {}, by: Name = 'scripts') =>
  hmac(SECRETS[by], { user_id: 'test_user', iat: nowSeconds(), exp: inDays(1), iss: 'mcp-proxy', ...claims });
const ofStrict = (claims: Claims) =>
  hmac(SECRETS.strict, { iss: 'strict', aud: header.url(), sub: 'ann', exp: inDays(1), ...claims });
const ofProvider = (claims: Said['claims']) =>
  signed(signer, { claims: { iss: provider.url, aud: header.url(), userId: 7, user_id: 'ann', ...claims } });

const publicKey = JSON.stringify(signer.jwk);
const [console7, script] = await Promise.all([ofConsole(), ofScripts()]);

async function statusOf(url: string, authorization?: string): Promise<number> {
  const client = modernClient(url, authorization === undefined ? {} : { headers: { authorization } });
  try {
    return (await client.call('tools/list')).status;
  } finally {
    client.close();
  }
}

type Row = readonly [what: string, token: string | Promise<string>, expected: 'taken' | 'refused'];
const ROWS: readonly Row[] = [
  ['a number of a user and an end', console7, 'taken'],
  ['a user, an issuer and an end', script, 'taken'],
  ['our audience where there may be none', ofScripts({ aud: header.url() }), 'taken'],
  ['our audience among others where there may be none', ofScripts({ aud: ['x', header.url()] }), 'taken'],
  ['its issuer where there may be none', ofConsole({ iss: 'console' }), 'taken'],
  ['all that a token has', ofStrict({}), 'taken'],
  ['all that a token has, signed with a key', ofProvider({}), 'taken'],
  ['an audience of others', ofScripts({ aud: 'https://other.example' }), 'refused'],
  ['an audience that differs in its end', ofScripts({ aud: `${header.url()}/` }), 'refused'],
  ['an audience that is empty', ofScripts({ aud: '' }), 'refused'],
  ['an audience that is an empty list', ofScripts({ aud: [] }), 'refused'],
  ['an audience that is null', ofScripts({ aud: null }), 'refused'],
  ['an audience of others and no issuer', ofConsole({ aud: 'https://other.example' }), 'refused'],
  ['an issuer of others', ofConsole({ iss: 'https://other.example' }), 'refused'],
  ['an issuer that is empty', ofConsole({ iss: '' }), 'refused'],
  ['an issuer that is null', ofConsole({ iss: null }), 'refused'],
  ['the issuer of another entry', ofConsole({ iss: 'mcp-proxy', user_id: 'ann' }), 'refused'],
  ['no issuer where it may not lack', ofScripts({ iss: undefined }), 'refused'],
  ['no end', ofConsole({ exp: undefined }), 'refused'],
  ['no end, with an issuer', ofScripts({ exp: undefined }), 'refused'],
  ['an end in the past', ofConsole({ exp: nowSeconds() - 120 }), 'refused'],
  ['an end in the past, with an issuer', ofScripts({ exp: nowSeconds() - 120 }), 'refused'],
  ['another secret', ofConsole({}, 'scripts'), 'refused'],
  ['another secret, with an issuer', ofScripts({}, 'console'), 'refused'],
  ['no user', ofConsole({ userId: undefined }), 'refused'],
  ['no user but a subject', ofConsole({ userId: undefined, sub: '7' }), 'refused'],
  ['a user that is no whole number', ofConsole({ userId: 7.5 }), 'refused'],
  ['a number that is not exact any more', ofConsole({ userId: 2 ** 53 }), 'refused'],
  ['a user that is a list', ofConsole({ userId: ['7'] }), 'refused'],
  ['a user that is a flag', ofConsole({ userId: true }), 'refused'],
  ['a user who is denied', ofConsole({ userId: 13 }), 'refused'],
  ['a subject who is denied beside one who is not', ofConsole({ sub: '13' }), 'refused'],
  ['no audience, of an issuer with a secret that must have it', ofStrict({ aud: undefined }), 'refused'],
  ['no issuer, of one with a secret that must have it', ofStrict({ iss: undefined, userId: 7 }), 'refused'],
  ['no audience, signed with a key', ofProvider({ aud: undefined }), 'refused'],
  ['no issuer, signed with a key', ofProvider({ iss: undefined }), 'refused'],
  ['neither, signed with a key', ofProvider({ iss: undefined, aud: undefined }), 'refused'],
  ['a public key for a secret', hmac(publicKey, { userId: 7, exp: inDays(1) }), 'refused'],
];

describe('a token that has', () => {
  for (const [what, token, expected] of ROWS) {
    it(`${what} is ${expected}`, async () => {
      assert.equal(await statusOf(header.url(), `Bearer ${await token}`), expected === 'taken' ? 200 : 401);
    });
  }
});

describe('without Bearer', () => {
  const rows: readonly Row[] = [
    ['a token of an issuer that may lack claims', console7, 'taken'],
    ['one with an issuer', script, 'taken'],
    ['one that is over', ofConsole({ exp: nowSeconds() - 120 }), 'refused'],
    ['one with another secret', ofConsole({}, 'scripts'), 'refused'],
    ['one of an issuer that must say all', ofStrict({}), 'refused'],
    ['one that is signed with a key', ofProvider({}), 'refused'],
  ];
  for (const [what, token, expected] of rows) {
    it(`${what} is ${expected}`, async () => {
      assert.equal(await statusOf(header.url(), await token), expected === 'taken' ? 200 : 401);
    });
  }
});

describe('in the query', () => {
  for (const [what, token] of Object.entries({ console7, script })) {
    it(`${what} is refused`, async () => assert.equal(await statusOf(`${header.url()}?token=${token}`), 401));
    it(`${what} is taken where that is switched on`, async () =>
      assert.equal(await statusOf(`${query.url()}?token=${token}`), 200));
  }
});

it('its bearer is issuer and subject, a number being its digits', async () => {
  const headers = { authorization: `Bearer ${await ofConsole({ userId: 4711 })}`, 'x-request-id': 'of-4711' };
  await header.modern('', { headers }).call('tools/call', { name: 'files__echo', arguments: {} });
  const line = await lineOf(header, 'of-4711');
  assert.equal(line.principal, 'console|4711');
});

/** The log is written beside the answer, so it may come a moment later. */
async function lineOf({ gateway }: Stage, requestId: string): Promise<JsonObject> {
  for (;;) {
    const line = gateway
      .stderr()
      .split('\n')
      .map(parseObject)
      .find((each) => each?.requestId === requestId && each.msg === 'call');
    if (line) return line;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
