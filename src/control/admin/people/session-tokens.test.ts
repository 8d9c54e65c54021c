/*
 * What is taken for a token of ours, and what is not.
 */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { readToken, type SigningKey, type SigningKeys, signToken } from './session-tokens.ts';

const NOW_MS = 1_800_000_000_000;
const TIME_MS = 900_000;
const one: SigningKey = { id: 'sec_one', secret: randomBytes(32) };
const other: SigningKey = { id: 'sec_other', secret: randomBytes(32) };
const known = new Map([one, other].map((key) => [key.id, key]));
const keys: SigningKeys = { current: async () => one, of: async (id) => known.get(id) };

const words = { sessionId: 'ses_1', userId: 'usr_1' };
const signed = (kind: 'access' | 'refresh' = 'access', by = keys) =>
  signToken(by, { ...words, kind, nowMs: NOW_MS, timeMs: TIME_MS });
const read = (token: string, kind: 'access' | 'refresh' = 'access', nowMs = NOW_MS) =>
  readToken(keys, token, { kind, nowMs });

test('a token says whose it is, to the last millisecond of its time and no longer', async () => {
  const token = await signed();
  assert.deepEqual(await read(token), words);
  assert.deepEqual(await read(token, 'access', NOW_MS + TIME_MS - 1), words);
  assert.equal(await read(token, 'access', NOW_MS + TIME_MS), undefined);
});

test('a clock that is some seconds behind takes it too', async () => {
  assert.deepEqual(await read(await signed(), 'access', NOW_MS - 4_000), words);
});

test('neither kind is taken for the other', async () => {
  assert.equal(await read(await signed('refresh')), undefined);
  assert.equal(await read(await signed('access'), 'refresh'), undefined);
  assert.deepEqual(await read(await signed('refresh'), 'refresh'), words);
});

test('two tokens of one moment differ', async () => {
  assert.notEqual(await signed(), await signed());
});

test('a token of an older key is good as long as the key is there', async () => {
  const token = await signed('access', { ...keys, current: async () => other });
  assert.deepEqual(await read(token), words);
  known.delete(other.id);
  assert.equal(await read(token), undefined);
  known.set(other.id, other);
});

const good = { sid: 'ses_1', sub: 'usr_1', iss: 'gatewright', aud: 'gatewright:admin', exp: NOW_MS / 1000 + 900 };
const head = { alg: 'HS256', typ: 'gatewright-access+jwt', kid: one.id };
const made = (claims: object, header: object = {}, secret = one.secret) =>
  new SignJWT({ ...claims }).setProtectedHeader({ ...head, ...header }).sign(secret);
const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

const FORGED: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['a signature by another key', () => made(good, {}, other.secret)],
  ['a key of another name', () => made(good, { kid: other.id })],
  ['a key that nobody has', () => made(good, { kid: 'sec_none' })],
  ['a key that is a path', () => made(good, { kid: '../../dev/null' })],
  ['no key named', () => made(good, { kid: undefined })],
  ['another algorithm of the same key', () => made(good, { alg: 'HS512' }, Buffer.concat([one.secret, one.secret]))],
  ['the type of an access token of an issuer', () => made(good, { typ: 'at+jwt' })],
  ['no type', () => made(good, { typ: undefined })],
  ['an audience of MCP', () => made({ ...good, aud: 'http://127.0.0.1:9000/mcp' })],
  ['no audience', () => made(without('aud'))],
  ['another issuer', () => made({ ...good, iss: 'https://id.example.com' })],
  ['no time', () => made(without('exp'))],
  ['no session', () => made(without('sid'))],
  ['no user', () => made(without('sub'))],
  ['a session that is no text', () => made({ ...good, sid: { $ne: '' } })],
  ['no signature', () => new UnsecuredJWT(good).encode()],
  ['a key of its own in the head', () => made(good, { kid: undefined, jwk: { kty: 'oct', k: 'AAAA' } })],
  ['something critical that nobody knows', () => critical()],
  ['a text that is none', () => 'not.a.token'],
  ['nothing', () => ''],
  ['very much', () => `${'A'.repeat(4096)}.${'A'.repeat(4096)}.AA`],
];

for (const [what, token] of FORGED) {
  test(`refused: ${what}`, async () => assert.equal(await read(await token()), undefined));
}

test('the one from which they were made is taken', async () => assert.deepEqual(await read(await made(good)), words));

test('a token is refused with any one character changed', async () => {
  const token = await signed();
  for (const at of [3, token.indexOf('.') + 5, token.lastIndexOf('.') + 5]) {
    const letter = token[at] === 'A' ? 'B' : 'A';
    assert.equal(await read(token.slice(0, at) + letter + token.slice(at + 1)), undefined);
  }
});

/** Signed as it should be, so that nothing but `crit` refuses it (RFC 7515 §4.1.11). */
function critical(): string {
  const header = { ...head, crit: ['urn:example:more'], 'urn:example:more': 1 };
  const signing = [header, good].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');
  return `${signing}.${createHmac('sha256', one.secret).update(signing).digest('base64url')}`;
}
