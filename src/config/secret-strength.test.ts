import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseConfig } from './load.ts';
import { secretFault } from './secret-strength.ts';

const ROWS: readonly (readonly [what: string, secret: string, RegExp | undefined])[] = [
  ['32 bytes', 'f3a9c1d27b604e85f3a9c1d27b604e85', undefined],
  ['one byte less', 'f3a9c1d27b604e85f3a9c1d27b604e8', /A token has at least 32 bytes/],
  ['32 bytes in fewer letters', 'äöüßéèêáàâóòôúùû', undefined],
  ['a sentence', 'correct horse battery staple and more', undefined],
  ['an empty text', '', /at least 32 bytes/],
  ['a placeholder that is long enough', 'change-me-change-me-change-me-change-me', /placeholder/],
  ['a placeholder in the middle', 'gatewright_CHANGEME_gatewright_token_0', /placeholder/],
  ['a word for the reader', 'your-secret-token-here-0123456789abcdef', /placeholder/],
  ['what a sample calls its own', 'my-secret-key-of-at-least-32-characters', /placeholder/],
  ['the word itself', 'secret-0123456789-0123456789-0123456789', /placeholder/],
  ['what is to be replaced', 'REPLACE_WITH_A_TOKEN_OF_32_CHARACTERS', /placeholder/],
  ['one character', 'q'.repeat(64), /repeats/],
  ['a few characters', '0123456'.repeat(8), /repeats/],
];

describe('a secret is', () => {
  for (const [what, secret, says] of ROWS) {
    test(`${says === undefined ? 'taken' : 'refused'}: ${what}`, () => {
      const fault = secretFault(secret, 'A token');
      if (says === undefined) assert.equal(fault, undefined);
      else assert.match(fault?.say ?? '', says);
      assert.match(fault?.suggestion ?? 'openssl', /openssl/);
    });
  }

  test('never refused when it is random', () => {
    for (const coding of ['hex', 'base64', 'base64url'] as const) {
      const random = fc.noShrink(fc.integer()).map(() => randomBytes(32).toString(coding));
      fc.assert(fc.property(random, (secret) => secretFault(secret, 'A token') === undefined));
    }
  });
});

describe('a file with a weak secret is refused on every address', () => {
  const files: readonly (readonly [string, (secret: string) => object])[] = [
    ['auth.tokens[0].token', (token) => ({ auth: { tokens: [{ name: 'a', token }] } })],
    [
      'servers.s.auth.tokens[0].token',
      (token) => ({ servers: { s: { command: 'x', auth: { tokens: [{ name: 'a', token }] } } } }),
    ],
    ['auth.issuers[0].secrets[0]', (secret) => ({ auth: { issuers: [{ issuer: 'i', secrets: [secret] }] } })],
  ];
  for (const [field, file] of files) {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      test(`${field} at ${host}`, () => {
        const weak = 'horse-battery-staple-3141592653';
        for (const [secret, ok] of [
          [weak, false],
          [`${weak}5`, true],
          ['change-me-to-something-that-is-long', false],
        ] as const) {
          const loaded = parseConfig(JSON.stringify({ listen: { host }, ...file(secret) }), 'gatewright.json', {});
          assert.equal(loaded.ok, ok, JSON.stringify(loaded));
          if (loaded.ok) continue;
          assert.deepEqual(
            loaded.problems.map((problem) => problem.field),
            [field],
          );
          assert.match(loaded.problems[0]?.suggestion ?? '', /openssl/);
          assert.ok(!JSON.stringify(loaded).includes(secret));
        }
      });
    }
  }
});
