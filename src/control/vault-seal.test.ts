import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { SecretPlace } from './vault.ts';
import { newKey, readKey, writtenKey } from './vault-key.ts';
import { KeyRing, textOfKeys, VaultError } from './vault-ring.ts';
import { vaultOf } from './vault-seal.ts';

const words = fc.string({ unit: 'grapheme', maxLength: 24 });
const secrets = fc.string({ unit: 'binary', maxLength: 200 });
/** Near to each other on purpose: with separators in them, and with what JSON escapes. */
const part = fc.oneof(words, fc.constantFrom('', '"', '\\', ',', '","', '\u0000', '\ud800', '\\ud800'));
const places: fc.Arbitrary<SecretPlace> = fc.record({ id: part, kind: part, ownerId: part, name: part });

function ringOf(count = 1): KeyRing {
  const keys = Array.from({ length: count }, newKey);
  return new KeyRing({ environment: undefined, file: { path: 'k', text: textOfKeys(keys) } });
}

describe('what is sealed', () => {
  test('opens in its own place', () => {
    const vault = vaultOf(ringOf());
    fc.assert(fc.property(places, secrets, (place, secret) => vault.open(place, vault.seal(place, secret)) === secret));
  });

  test('opens in no other place, however near its words are', () => {
    const vault = vaultOf(ringOf());
    fc.assert(
      fc.property(places, places, secrets, (place, other, secret) => {
        fc.pre(JSON.stringify(Object.values(place)) !== JSON.stringify(Object.values(other)));
        assert.throws(() => vault.open(other, vault.seal(place, secret)), VaultError);
      }),
    );
  });

  test('opens nowhere when letters move from one word of its place to the next', () => {
    const vault = vaultOf(ringOf());
    fc.assert(
      fc.property(places, words, (place, moved) => {
        fc.pre(moved !== '');
        const sealed = vault.seal({ ...place, kind: place.kind + moved }, 's');
        assert.throws(() => vault.open({ ...place, ownerId: moved + place.ownerId }, sealed), VaultError);
      }),
    );
  });

  test('never opens when one bit of it is another one', () => {
    const vault = vaultOf(ringOf());
    fc.assert(
      fc.property(places, secrets, fc.nat(), (place, secret, at) => {
        const { keyId, sealed } = vault.seal(place, secret);
        const bytes = Buffer.from(sealed, 'base64');
        const bit = at % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.throws(() => vault.open(place, { keyId, sealed: bytes.toString('base64') }), VaultError);
      }),
      { numRuns: 1_000 },
    );
  });

  test('never opens when one letter of its text is another one, even where base64 has bits to spare', () => {
    const vault = vaultOf(ringOf());
    fc.assert(
      fc.property(places, secrets, fc.nat(), fc.nat(127), (place, secret, where, letter) => {
        const { keyId, sealed } = vault.seal(place, secret);
        const at = where % sealed.length;
        const other = sealed.slice(0, at) + String.fromCharCode(letter) + sealed.slice(at + 1);
        fc.pre(other !== sealed);
        assert.throws(() => vault.open(place, { keyId, sealed: other }), VaultError);
      }),
      { numRuns: 1_000 },
    );
  });

  test('opens with no other key, and with its own one when that is an older one', () => {
    const [ring, place] = [ringOf(), { id: 'sec_1', kind: 'server_header', ownerId: 'srv_1', name: 'authorization' }];
    const sealed = vaultOf(ring).seal(place, 'secret');
    const [added, older] = [newKey(), ring.current];
    ring.takeFile([added, ...(older ? [older] : [])]);
    assert.equal(vaultOf(ring).currentKeyId, added.id);
    assert.equal(vaultOf(ring).open(place, sealed), 'secret');
    assert.throws(() => vaultOf(ring).open(place, { ...sealed, keyId: added.id }), /not sealed here/);
    ring.takeFile([added]);
    assert.throws(
      () => vaultOf(ring).open(place, sealed),
      new RegExp(`with the key ${sealed.keyId}, which is not here`),
    );
  });

  test('differs each time, and tells nothing but how long it is', () => {
    const vault = vaultOf(ringOf());
    const place = { id: 'a', kind: 'b', ownerId: 'c', name: 'd' };
    const many = Array.from({ length: 200 }, () => vault.seal(place, 'the same secret').sealed);
    assert.equal(new Set(many.map((each) => each.slice(0, 16))).size, 200);
    assert.ok(many.every((each) => Buffer.from(each, 'base64').length === 12 + 15 + 16));
  });

  test('is no text that would come back as another one', () => {
    assert.throws(() => vaultOf(ringOf()).seal({ id: '', kind: '', ownerId: '', name: '' }, 'half \ud800'), VaultError);
  });
});

test('no error says the secret, the name or the key', () => {
  const [ring, place] = [ringOf(), { id: 'sec_1', kind: 'server_header', ownerId: 'srv_1', name: 'canary-name' }];
  const sealed = vaultOf(ring).seal(place, 'canary-secret');
  for (const [at, what] of [
    [{ ...place, id: 'sec_2' }, sealed],
    [place, { ...sealed, keyId: 'enc_0' }],
  ] as const) {
    assert.throws(
      () => vaultOf(ring).open(at, what),
      (error) => !/canary/.test(inspect(error)) && !inspect(error).includes(sealed.sealed),
    );
  }
});

test('a ring that is printed, logged or made into JSON shows no key', () => {
  const ring = ringOf(3);
  const vault = vaultOf(ring);
  for (const key of ring.all()) {
    const forms = [writtenKey(key), key.secret.export().toString('hex'), String([...key.secret.export()])];
    for (const text of [
      inspect(ring, { depth: 9, showHidden: true }),
      JSON.stringify(ring.all()),
      inspect(vault, { depth: 9 }),
    ])
      assert.ok(forms.every((form) => !text.includes(form)));
  }
});

describe('a key', () => {
  test('is read as it is written, and has the same id in every form', () => {
    fc.assert(
      fc.property(
        fc.noShrink(fc.integer()).map(() => randomBytes(32)),
        (bytes) => {
          const forms = (['hex', 'base64', 'base64url'] as const).map((coding) => bytes.toString(coding));
          const ids = [...forms, ` ${bytes.toString('hex').toUpperCase()}\n`].map((form) => {
            const read = readKey(form);
            return 'wrong' in read ? read.wrong : read.id;
          });
          assert.equal(new Set(ids).size, 1);
          assert.match(ids[0] ?? '', /^enc_[0-9a-f]{16}$/);
        },
      ),
    );
  });

  const random = randomBytes(32);
  const REFUSED: readonly (readonly [string, string])[] = [
    ['is empty', ''],
    ['has 31 bytes', random.subarray(1).toString('base64')],
    ['has 33 bytes', Buffer.concat([random, random.subarray(0, 1)]).toString('base64')],
    ['has 63 hexadecimal digits', random.toString('hex').slice(1)],
    ['is a word', 'correct horse battery staple'],
    ['is zeros', '0'.repeat(64)],
    ['is one letter', Buffer.alloc(32, 'a').toString('base64')],
    ['counts up', Buffer.from(Array.from({ length: 32 }, (_, at) => at * 7 + 130)).toString('hex')],
    ['repeats eight bytes', random.toString('hex', 0, 8).repeat(4)],
    ['is a sentence of 32 letters', Buffer.from('the quick brown fox jumps over!!').toString('base64')],
  ];
  for (const [what, text] of REFUSED) {
    test(`that ${what} is refused with the way out, and not repeated`, () => {
      const read = readKey(text);
      assert.ok('wrong' in read);
      assert.match(read.wrong, /openssl rand -base64 32/);
      assert.ok(text === '' || !read.wrong.includes(text));
    });
  }
});
