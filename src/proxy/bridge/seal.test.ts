import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type KeyFile, KeyRing, SEALS_FOR_MS } from './key-ring.ts';
import { seal, unseal } from './seal.ts';

const KEPT_MS = 60_000;

/** A file in memory, and a clock to turn. */
function world(file?: Partial<KeyFile>) {
  const said: string[] = [];
  let kept: Buffer | undefined;
  let nowMs = 1_000_000_000_000;
  const stored: KeyFile = {
    load: async () => kept,
    save: async (bytes) => {
      kept = bytes;
    },
    ...file,
  };
  return {
    said,
    stored: () => kept,
    put: (text: string) => {
      kept = Buffer.from(text);
    },
    pass: (ms: number) => {
      nowMs += ms;
    },
    /** As a process that has just started. */
    ring: () =>
      new KeyRing({ file: stored, now: () => nowMs, keptMs: () => KEPT_MS, onFailure: (what) => said.push(what) }),
  };
}

test('what was sealed for a place opens there, and nowhere else', async () => {
  const ring = world().ring();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), fc.string(), async (words, place, other) => {
      const sealed = await seal(ring, words, place);
      assert.match(sealed, /^[A-Za-z0-9_-]+$/);
      assert.equal(await unseal(ring, sealed, place), words);
      if (other !== place) assert.equal(await unseal(ring, sealed, other), undefined);
    }),
    { numRuns: 200 },
  );
});

test('no byte, bit or character of it can be another', async () => {
  const ring = world().ring();
  const sealed = await seal(ring, 'words', 'place');
  const bytes = Buffer.from(sealed, 'base64url');
  for (let at = 0; at < bytes.length * 8; at++) {
    const changed = Buffer.from(bytes);
    changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
    assert.equal(await unseal(ring, changed.toString('base64url'), 'place'), undefined, `bit ${at}`);
  }
  const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n');
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length), letter, fc.boolean(), async (at, put, insert) => {
      const changed = sealed.slice(0, at) + put + sealed.slice(insert ? at : at + 1);
      if (changed !== sealed) assert.equal(await unseal(ring, changed, 'place'), undefined);
    }),
    { numRuns: 500 },
  );
});

test('nothing that was not sealed here opens', async () => {
  const [ring, foreign] = [world().ring(), world().ring()];
  assert.equal(await unseal(ring, await seal(foreign, 'words', 'place'), 'place'), undefined);
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
      assert.equal(await unseal(ring, text, 'place'), undefined);
    }),
  );
});

test('the same words are never sealed alike', async () => {
  const ring = world().ring();
  const sealed = await Promise.all(Array.from({ length: 100 }, () => seal(ring, 'words', 'place')));
  assert.equal(new Set(sealed).size, 100);
});

test('what was sealed before a restart opens after it', async () => {
  const { ring, said } = world();
  const sealed = await seal(ring(), 'words', 'place');
  assert.equal(await unseal(ring(), sealed, 'place'), 'words');
  assert.deepEqual(said, []);
});

test('a new key seals after a day; the old one opens until nothing of it can be good, and is then forgotten', async () => {
  const { ring, pass, stored } = world();
  const here = ring();
  const old = await seal(here, 'old', 'place');
  pass(SEALS_FOR_MS - 1);
  const young = await seal(here, 'young', 'place');
  assert.equal(old.slice(0, 10), young.slice(0, 10));
  pass(1);
  const fresh = await seal(here, 'fresh', 'place');
  assert.notEqual(fresh.slice(0, 10), old.slice(0, 10));
  for (const open of [here, ring()]) {
    assert.equal(await unseal(open, old, 'place'), 'old');
    assert.equal(await unseal(open, fresh, 'place'), 'fresh');
  }
  pass(KEPT_MS);
  assert.equal(await unseal(here, old, 'place'), undefined);
  pass(SEALS_FOR_MS - KEPT_MS);
  await seal(here, 'next', 'place');
  assert.equal(JSON.parse(String(stored())).keys.length, 2);
});

test('two gateways that share a file keep the keys of both', async () => {
  const { ring, pass } = world();
  const [one, two] = [ring(), ring()];
  const first = await seal(one, 'one', 'place');
  assert.equal(await unseal(two, first, 'place'), 'one');
  pass(SEALS_FOR_MS);
  const [mine, theirs] = [await seal(one, 'mine', 'place'), await seal(two, 'theirs', 'place')];
  const next = ring();
  assert.deepEqual(await Promise.all([mine, theirs].map((each) => unseal(next, each, 'place'))), ['mine', 'theirs']);
});

test('many that seal at once make one key', async () => {
  const { ring, stored } = world();
  const here = ring();
  await Promise.all(Array.from({ length: 20 }, () => seal(here, 'words', 'place')));
  assert.equal(JSON.parse(String(stored())).keys.length, 1);
});

const BROKEN = [
  '',
  'null',
  '[]',
  '{"version":2,"keys":[]}',
  '{"version":1}',
  '{"version":1,"keys":[{}]}',
  '{"version":1,"keys":[null]}',
];
for (const text of BROKEN) {
  test(`a file that says ${text || 'nothing'} is told and replaced`, async () => {
    const { ring, put, said, stored } = world();
    put(text);
    const here = ring();
    assert.equal(await unseal(here, await seal(here, 'words', 'place'), 'place'), 'words');
    assert.deepEqual([said.length, JSON.parse(String(stored())).keys.length], [1, 1]);
  });
}

test('without a file that can be written the keys last as long as the process', async () => {
  const { ring, said } = world({ save: () => Promise.reject(new Error('read-only')) });
  const here = ring();
  const sealed = await seal(here, 'words', 'place');
  assert.equal(await unseal(here, sealed, 'place'), 'words');
  assert.equal(await unseal(ring(), sealed, 'place'), undefined);
  assert.match(String(said[0]), /cannot be kept/);
});

test('a key of the future, made by a clock that was wrong, does not seal', async () => {
  const { ring, pass } = world();
  const sealed = await seal(ring(), 'words', 'place');
  pass(-SEALS_FOR_MS / 2);
  const here = ring();
  assert.equal(await unseal(here, sealed, 'place'), 'words');
  assert.notEqual((await seal(here, 'words', 'place')).slice(0, 10), sealed.slice(0, 10));
});
