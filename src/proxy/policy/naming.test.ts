import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ENTRY_KINDS } from '../../model/catalogue.ts';
import { publicKey, splitName, splitUri } from './naming.ts';

const server = fc.stringMatching(/^[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,2}$/);
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{0,80}$/),
  fc.string({ unit: 'binary', maxLength: 100 }),
  // What shortening makes alike: long beginnings, and characters that do not fit.
  fc.tuple(fc.constantFrom('a'.repeat(60), 'read.', 'read/', ''), fc.string({ maxLength: 3 })).map(([a, b]) => a + b),
);

test('a prefixed name fits everywhere: at most 64 characters of letters, digits, _ and -', () => {
  fc.assert(
    fc.property(server, name, (s, n) => {
      const key = publicKey('prefixed', 'tools', s, n);
      assert.match(key, /^[A-Za-z0-9_-]{1,64}$/);
      assert.equal(key, publicKey('prefixed', 'prompts', s, n));
      assert.ok(key.startsWith(`${s}__`));
    }),
  );
});

test('two different tools have two different prefixed names', () => {
  const tool = fc.tuple(server, name);
  fc.assert(
    fc.property(fc.uniqueArray(tool, { selector: ([s, n]) => `${s} ${n}`, minLength: 2, maxLength: 30 }), (tools) => {
      const keys = tools.map(([s, n]) => publicKey('prefixed', 'tools', s, n));
      assert.equal(new Set(keys).size, tools.length);
    }),
  );
});

test('a prefixed URI says its server, and gives itself back', () => {
  fc.assert(
    fc.property(server, fc.string({ unit: 'binary' }), (s, uri) => {
      for (const kind of ['resources', 'templates'] as const) {
        assert.deepEqual(splitUri('prefixed', publicKey('prefixed', kind, s, uri)), { server: s, key: uri });
      }
    }),
  );
});

test('a name that fits says its server, and gives itself back', () => {
  fc.assert(
    fc.property(server, fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/), (s, n) => {
      assert.deepEqual(splitName('prefixed', publicKey('prefixed', 'tools', s, n)), { server: s, key: n });
    }),
  );
});

test('a transparent endpoint changes no name', () => {
  fc.assert(
    fc.property(server, name, fc.constantFrom(...ENTRY_KINDS), (s, n, kind) => {
      assert.equal(publicKey('transparent', kind, s, n), n);
      assert.deepEqual(splitName('transparent', n), { server: undefined, key: n });
      assert.deepEqual(splitUri('transparent', n), { server: undefined, key: n });
    }),
  );
});

describe('a prefixed name', () => {
  const rows: [string, string, RegExp][] = [
    ['is server, separator and name', 'read', /^fs__read$/],
    ['may be 64 characters long', 'a'.repeat(60), /^fs__a{60}$/],
    ['is cut at 65, with a hash of the whole', 'a'.repeat(61), /^fs__a{51}_[0-9a-f]{8}$/],
    ['gets a hash when characters had to be replaced', 'a.b', /^fs__a_b_[0-9a-f]{8}$/],
    ['replaces a character outside of the basic plane once', 'a😀', /^fs__a__[0-9a-f]{8}$/],
  ];
  for (const [what, key, expected] of rows)
    test(what, () => assert.match(publicKey('prefixed', 'tools', 'fs', key), expected));

  test('is the same tomorrow', () => {
    assert.equal(publicKey('prefixed', 'tools', 'fs', 'a.b'), 'fs__a_b_77f1ecd1');
  });
  test('without a separator belongs to nobody', () => {
    assert.deepEqual(splitName('prefixed', 'read'), { server: undefined, key: 'read' });
    assert.deepEqual(splitUri('prefixed', 'file:///a'), { server: undefined, key: 'file:///a' });
  });
});
