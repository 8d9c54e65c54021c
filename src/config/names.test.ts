import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isServerName, slugAll, slugOf } from './names.ts';

const names: { name: string; text: string; want: boolean }[] = [
  { name: 'lower-case words with single hyphens are a name', text: 'git-hub2', want: true },
  { name: '32 characters are a name', text: 'a'.repeat(32), want: true },
  { name: '33 characters are not', text: 'a'.repeat(33), want: false },
  { name: 'a double hyphen is not, because it will separate organisations', text: 'a--b', want: false },
  { name: 'a leading digit is not', text: '1a', want: false },
  { name: 'a hyphen at the end is not', text: 'a-', want: false },
  { name: 'an underscore is not, because it will separate server and tool', text: 'a_b', want: false },
  { name: 'nothing is not', text: '', want: false },
];

for (const { name, text, want } of names) test(name, () => assert.equal(isServerName(text), want));

const slugs: { name: string; text: string; want: string | RegExp }[] = [
  { name: 'a valid name stays', text: 'github', want: 'github' },
  { name: 'blanks and capitals become hyphens and small letters', text: 'My Files', want: 'my-files' },
  { name: 'camel case is taken apart', text: 'sequentialThinking', want: 'sequential-thinking' },
  { name: 'accents fall off', text: 'Café', want: 'cafe' },
  { name: 'a leading digit gets a letter before it', text: '21st-dev', want: 's-21st-dev' },
  { name: 'a name without any usable letter gets a hash', text: '日本', want: /^server-[0-9a-f]{6}$/ },
  { name: 'a long name is cut and gets a hash', text: 'a'.repeat(40), want: /^a{25}-[0-9a-f]{6}$/ },
];

for (const { name, text, want } of slugs) {
  test(name, () => {
    if (typeof want === 'string') assert.equal(slugOf(text), want);
    else assert.match(slugOf(text), want);
  });
}

test('names that meet in one slug are told apart by a hash, whatever their order', () => {
  const there = slugAll(['My Files', 'my_files']);
  const back = slugAll(['my_files', 'My Files']);
  assert.match(there.get('My Files') ?? '', /^my-files-[0-9a-f]{6}$/);
  assert.notEqual(there.get('My Files'), there.get('my_files'));
  assert.equal(there.get('My Files'), back.get('My Files'));
});

test('a name that is its own slug keeps it when another one meets it', () => {
  const slugged = slugAll(['My Files', 'my-files']);
  assert.equal(slugged.get('my-files'), 'my-files');
  assert.match(slugged.get('My Files') ?? '', /^my-files-[0-9a-f]{6}$/);
});

test('whatever the names are, every slug is valid and none is given twice', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', 'A', '-', ' ') })), {
        maxLength: 20,
      }),
      (originals) => {
        const slugged = [...slugAll(originals).values()];
        assert.ok(slugged.every(isServerName));
        assert.equal(new Set(slugged).size, originals.length);
      },
    ),
  );
});
