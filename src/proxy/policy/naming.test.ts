import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ENTRY_KINDS } from '../../model/catalogue.ts';
import { type NamingRule, publicKey, publicName, publicUri, splitName, splitUri } from './naming.ts';

const SEPARATORS = ['__', '_', '--', ':', '::', '.', '/'];
const AGGREGATES = ['prefixed', 'plain', 'merged'] as const;
const PREFIXED: NamingRule = { naming: 'prefixed', separator: '__' };
const PLAIN: NamingRule = { naming: 'plain', separator: '__' };

const server = fc.stringMatching(/^[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9}){0,2}$/);
const separator = fc.constantFrom(...SEPARATORS);
/** Any sequence of UTF-16 units: half surrogate pairs, controls and all. */
const units = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength }).map((codes) => String.fromCharCode(...codes));
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{0,80}$/),
  fc.string({ unit: 'binary', maxLength: 100 }),
  units(20),
  // What shortening makes alike: long beginnings, and characters that do not fit.
  fc.tuple(fc.constantFrom('a'.repeat(60), 'read.', 'read/', ''), fc.string({ maxLength: 3 })).map(([a, b]) => a + b),
  fc.constantFrom('\ud800', '\ud801', '\udc00', '\ufffd', '\ud83d\ude00', '__', '', 'x'.repeat(5_000)),
);
const uri = fc.oneof(
  fc.string({ unit: 'binary' }),
  units(20),
  fc.tuple(fc.constantFrom('ui://', 'UI://', 'ui:/', 'a+ui://', 'a+b+'), fc.string()).map(([a, b]) => a + b),
);

const fits = (sep: string) => new RegExp(`^[A-Za-z0-9_-]+${sep.replace(/./g, '[$&]')}[A-Za-z0-9_-]*$`);

test('a prefixed name fits everywhere: at most 64 characters of letters, digits, _, - and the separator', () => {
  fc.assert(
    fc.property(server, separator, name, (s, sep, n) => {
      const key = publicKey({ naming: 'prefixed', separator: sep }, 'tools', s, n);
      assert.match(key, fits(sep));
      assert.ok(key.length <= 64);
      assert.equal(key, publicKey({ naming: 'prefixed', separator: sep }, 'prompts', s, n));
      assert.ok(key.startsWith(`${s}${sep}`));
    }),
  );
});

test('a plain name fits everywhere too, and is the same whoever has it', () => {
  fc.assert(
    fc.property(server, server, name, (a, b, n) => {
      assert.match(publicName(PLAIN, a, n), /^[A-Za-z0-9_-]{1,64}$/);
      assert.equal(publicName(PLAIN, a, n), publicName({ ...PLAIN, naming: 'merged' }, b, n));
    }),
  );
});

/** Names made of public names: what a server that wants to be taken for another would choose. */
const imitation = fc
  .tuple(server, separator, name)
  .map(([s, sep, n]) => publicName({ naming: 'prefixed', separator: sep }, s, n));

test('two different tools have two different prefixed names, whatever they imitate', () => {
  const tool = fc.tuple(server, fc.oneof(name, imitation));
  const distinct = fc.uniqueArray(tool, { selector: ([s, n]) => `${s} ${n}`, minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(distinct, separator, (tools, sep) => {
      const rule: NamingRule = { naming: 'prefixed', separator: sep };
      const known = tools.flatMap(([s, n]) => [[s, n] as const, [s, publicName(PLAIN, s, n)] as const]);
      const keys = new Map(known.map(([s, n]) => [publicName(rule, s, n), `${s} ${n}`]));
      assert.equal(keys.size, new Set(known.map(([s, n]) => `${s} ${n}`)).size);
    }),
  );
});

test('two different names of one server have two different plain names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 2, maxLength: 30 }), (names) => {
      const all = [...new Set(names.flatMap((n) => [n, publicName(PLAIN, 'a', n)]))];
      assert.equal(new Set(all.map((n) => publicName(PLAIN, 'a', n))).size, all.length);
    }),
  );
});

test('a prefix ends at the first separator, so no server can speak for another', () => {
  fc.assert(
    fc.property(server, separator, name, (s, sep, n) => {
      const rule: NamingRule = { naming: 'prefixed', separator: sep };
      assert.equal(splitName(rule, publicName(rule, s, n)).server, s);
    }),
  );
});

test('a URI in an aggregate says its server, and gives itself back', () => {
  fc.assert(
    fc.property(fc.constantFrom(...AGGREGATES), server, uri, (naming, s, u) => {
      assert.deepEqual(splitUri(naming, publicUri(naming, s, u)), { server: s, key: u });
      // What a client makes of a template whose first part is a variable.
      assert.deepEqual(splitUri(naming, `${s}+${u}`), { server: s, key: u });
    }),
  );
});

test('two different resources have two different URIs', () => {
  const resource = fc.tuple(server, uri);
  fc.assert(
    fc.property(fc.uniqueArray(resource, { selector: ([s, u]) => `${s} ${u}`, maxLength: 30 }), (resources) => {
      assert.equal(new Set(resources.map(([s, u]) => publicUri('plain', s, u))).size, resources.length);
    }),
  );
});

test('a prefixed name that fits says its server, and gives itself back', () => {
  fc.assert(
    fc.property(server, fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/), (s, n) => {
      assert.deepEqual(splitName(PREFIXED, publicName(PREFIXED, s, n)), { server: s, key: n });
    }),
  );
});

test('a transparent endpoint changes no name', () => {
  const rule: NamingRule = { naming: 'transparent', separator: '__' };
  fc.assert(
    fc.property(server, name, fc.constantFrom(...ENTRY_KINDS), (s, n, kind) => {
      assert.equal(publicKey(rule, kind, s, n), n);
      assert.deepEqual(splitName(rule, n), { server: undefined, key: n });
      assert.deepEqual(splitUri('transparent', n), { server: undefined, key: n });
    }),
  );
});

describe('a prefixed name', () => {
  const rows: [string, string, RegExp][] = [
    ['is server, separator and name', 'read', /^fs__read$/],
    ['is prefixed once, whatever it looks like', 'fs__read', /^fs__fs__read$/],
    ['may be 64 characters long', 'a'.repeat(60), /^fs__a{60}$/],
    ['is cut at 65, with a hash of the whole', 'a'.repeat(61), /^fs__a{51}_[0-9a-f]{8}$/],
    ['gets a hash when characters had to be replaced', 'a.b', /^fs__a_b_[0-9a-f]{8}$/],
    ['gets a hash when it looks as if it had one', 'a_b_77f1ecd1', /^fs__a_b_77f1ecd1_[0-9a-f]{8}$/],
    ['replaces a character outside of the basic plane once', 'a😀', /^fs__a__[0-9a-f]{8}$/],
  ];
  for (const [what, key, expected] of rows) test(what, () => assert.match(publicName(PREFIXED, 'fs', key), expected));

  test('is the same tomorrow', () => {
    assert.equal(publicName(PREFIXED, 'fs', 'a.b'), 'fs__a_b_77f1ecd1');
    assert.equal(publicName({ naming: 'prefixed', separator: ':' }, 'fs', 'read'), 'fs:read');
  });
  test('without a separator belongs to nobody', () => {
    assert.deepEqual(splitName(PREFIXED, 'read'), { server: undefined, key: 'read' });
    assert.deepEqual(splitName(PLAIN, 'fs__read'), { server: undefined, key: 'fs__read' });
  });
});

describe('a plain name', () => {
  const rows: [string, string, RegExp][] = [
    ['is the server’s own', 'read_file', /^read_file$/],
    ['may be 64 characters long', 'a'.repeat(64), /^a{64}$/],
    ['is cut at 65, with a hash', 'a'.repeat(65), /^a{55}_[0-9a-f]{8}$/],
    ['gets a hash when characters had to be replaced', 'a.b', /^a_b_[0-9a-f]{8}$/],
    ['is never empty', '', /^_[0-9a-f]{8}$/],
  ];
  for (const [what, key, expected] of rows) test(what, () => assert.match(publicName(PLAIN, 'fs', key), expected));
});

describe('a URI in an aggregate', () => {
  const rows: [string, string, string][] = [
    ['has its server before a plus', 'file:///a+b', 'fs+file:///a+b'],
    ['of an app keeps its scheme', 'ui://board/x', 'ui://fs/board/x'],
    ['may be a template', 'file:///{path}', 'fs+file:///{path}'],
    ['may be a template of apps', 'ui://{app}/x', 'ui://fs/{app}/x'],
    ['may be a template that begins with a variable', '{+uri}', 'fs+{+uri}'],
  ];
  for (const [what, own, shown] of rows) test(what, () => assert.equal(publicUri('plain', 'fs', own), shown));

  test('without a server belongs to nobody', () => {
    for (const uri of ['file:///a', 'ui://fs', 'ui://', '']) {
      assert.deepEqual(splitUri('merged', uri), { server: undefined, key: uri });
    }
  });
});
