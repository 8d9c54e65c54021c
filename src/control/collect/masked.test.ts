import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { masked, maskedText } from './masked.ts';

const CANARY = 'c4n4ry-7f3b9e';

/** The columns that hold something secret, and what the API calls secrets. */
const SECRET_FIELDS = [
  ...['passwordHash', 'sha256', 'refreshSha256', 'usedSha256', 'sealed', 'password', 'oldPassword', 'newPassword'],
  ...[
    'token',
    'refreshToken',
    'accessToken',
    'access_token',
    'key',
    'apiKey',
    'encryptionKey',
    'secret',
    'clientSecret',
  ],
  ...['headers', 'Authorization', 'set-cookie', 'env', 'jwt', 'credentials', 'tokens', 'headersJson', 'privateKey'],
] as const;

const SECRET_TEXTS = [
  `postgres://gatewright:${CANARY}@db.example:5432/gatewright`,
  `https://${CANARY}@mcp.example/mcp`,
  `https://mcp.example/mcp?team=a&api_key=${CANARY}`,
  `Bearer ${CANARY}`,
  `gwk_abcd2345_${CANARY}`,
  `gwf_${CANARY}`,
  `sk-${CANARY}-0123456789`,
  `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.${CANARY}`,
  `$argon2id$v=19$m=65536,t=3,p=4$${CANARY}`,
  `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----`,
  `-----BEGIN EC PRIVATE KEY-----\n${CANARY}`,
] as const;

const plainName = fc.constantFrom(
  'title',
  'definition',
  'definitionJson',
  'items',
  'url',
  'description',
  'name',
  'reach',
);
const words = fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).filter((text) => !text.includes('c4n4ry'));

/** Something secret under some name, or in some text. */
const secretLeaf = fc.oneof(
  fc.constant(CANARY),
  fc.record({ name: fc.constant('x-api-key'), value: fc.constant(CANARY) }),
  fc.array(fc.constant(CANARY), { minLength: 1, maxLength: 3 }),
  fc.record({ 'x-api-key': fc.constant(CANARY), nested: fc.record({ name: fc.constant(CANARY) }) }),
);
const secretField = fc.tuple(fc.constantFrom(...SECRET_FIELDS), secretLeaf).map(([name, value]) =>
  // An object under `key` is a row about a key.
  ({ [name]: /key$/i.test(name) && typeof value !== 'string' ? CANARY : value }),
);
const secretText = fc
  .tuple(plainName, words, fc.constantFrom(...SECRET_TEXTS), words)
  .map(([name, before, text, after]) => ({ [name]: `${before} ${text} ${after}` }));

const anything = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    secretField,
    secretText,
    fc.tuple(plainName, tie('node')).map(([name, value]) => ({ [name]: value })),
    fc.tuple(plainName, tie('node')).map(([name, value]) => ({ [`${name}Json`]: JSON.stringify(value) })),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(words, tie('node'), { maxKeys: 3 }),
  ),
})).node;

describe('what is kept for the audit', () => {
  test('has none of the secrets that were in it, wherever they were', () => {
    fc.assert(
      fc.property(anything, (value) => !JSON.stringify(masked(value)).includes(CANARY)),
      { numRuns: 2_000 },
    );
  });

  const SHOWN: readonly (readonly [string, unknown, unknown])[] = [
    ['words and numbers', { name: 'a', weight: 3, enabled: true, owner: null }, undefined],
    [
      'what tells about a secret',
      { keyId: 'enc_0a', tokenPrefix: 'gwf', expiresAtMs: 5, mustChangePassword: 1 },
      undefined,
    ],
    ['an address', { url: 'https://mcp.example:8443/a/b#c' }, undefined],
    ['ids', { id: 'srv_0123456789abcdefghijkl', roles: ['admin', 'viewer'] }, undefined],
    [
      'that a secret was there, or was not',
      { password: 'x', token: null, secret: '' },
      { password: '***', token: null, secret: '***' },
    ],
    ['names of header fields', { headers: { authorization: 'x' } }, { headers: { authorization: '***' } }],
    ['these too', { headers: [{ name: 'a', value: 'x' }] }, { headers: [{ name: 'a', value: '***' }] }],
    ['JSON of a column as what it is', { rolesJson: '["admin"]' }, { rolesJson: ['admin'] }],
    ['nothing of JSON that is none', { rolesJson: 'x' }, { rolesJson: '***' }],
    ['no functions', { f: () => 1, n: 1n }, { f: '***', n: '***' }],
  ];
  for (const [what, given, kept] of SHOWN) {
    test(`shows ${what}`, () => assert.deepEqual(masked(given), kept ?? given));
  }

  test('is of a bounded size, however large the object is', () => {
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`a${at}`, at]));
    let deep: unknown = 1;
    for (let n = 0; n < 200; n++) deep = { deep, texts: Array.from({ length: 100 }, () => 'x'.repeat(100)) };
    for (const large of [wide, deep, [wide, wide], { text: 'x'.repeat(1_000_000) }, 'x'.repeat(60_000)])
      assert.ok(JSON.stringify(masked(large)).length < 1_000_000);
  });

  test('is found in one walk over a text, whatever stands in it', () => {
    for (const piece of ['a.', 'eyJ-', '?', '?a', 'bearer ', 'a://', '-----BEGIN ', '$2a$', 'gwk_', 'https://a:'])
      maskedText(piece.repeat(65_536 / piece.length));
  });
});
