import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normalUri } from './uri-form.ts';

const rows: readonly [string, string, string][] = [
  ['the scheme has no case', 'FILE:///secret', 'file:///secret'],
  ['nor has the host', 'https://User@Example.COM:80/Path?Q#F', 'https://User@example.com:80/Path?Q#F'],
  ['nor an encoded host', 'https://%45xample.com%2f/', 'https://example.com%2F/'],
  ['what needs no encoding is not encoded', 'file:///%73ecret/%7E', 'file:///secret/~'],
  ['also in the query', 'a://b/?%61=/../', 'a://b/?a=/../'],
  ['what is reserved stays, in upper case', 'file:///a%2fb', 'file:///a%2Fb'],
  ['nothing is decoded twice', 'file:///%2573', 'file:///%2573'],
  ['nor made of two', 'file:///%%37%33', 'file:///%2573'],
  ['dots go', 'file:///docs/./../secret/x', 'file:///secret/x'],
  ['encoded dots, too', 'file:///docs/%2e%2E/secret', 'file:///secret'],
  ['and dots at the end', 'a://b/c/d/..', 'a://b/c/'],
  ['and those that lead above the root', 'a://b/../../c', 'a://b/c'],
  ['and those of paths without a root', 'docs:a/../secret', 'docs:secret'],
  ['a path stays no authority', 'a:/b/..//c', 'a:/.//c'],
  ['`\\` is `/`', 'file:///docs\\..\\secret', 'file:///secret'],
  ['blanks go', ' file:///sec\tret\n', 'file:///secret'],
  ['a local file has one form', 'file:/secret', 'file:///secret'],
  ['whatever its host is called', 'file://LOCALHOST/secret', 'file:///secret'],
];

const normal = [
  'test://static-text',
  'urn:x:y',
  'urn:Isbn:..x',
  'ui://view/main.html',
  'file:///docs/a.txt',
  'file:///.hidden/..x/a..',
  'a:',
  '',
  '..',
  'Not a URI: %41 /../',
  '%66ile:///x',
];

describe('the normal form of a URI', () => {
  for (const [what, text, expected] of rows) test(what, () => assert.equal(normalUri(text), expected));
  for (const text of normal) test(`“${text}” stays`, () => assert.equal(normalUri(text), text));
});

const piece = fc.constantFrom(...'aZ09.~-_/:@?#%+\\ \té2eEfF', '%2e', '%2F', '%', '..', '//', 'file:', 'FILE:');
const anyText = fc.array(piece, { maxLength: 16 }).map((pieces) => pieces.join(''));

test('is its own normal form', () => {
  fc.assert(
    fc.property(fc.constantFrom('', 'a:', 'file:', 'A://'), anyText, (scheme, text) => {
      const once = normalUri(scheme + text);
      assert.equal(normalUri(once ?? 'too long'), once);
    }),
    { numRuns: 5_000 },
  );
});

test('is the same for all spellings', () => {
  const segment = fc.stringMatching(/^[a-zA-Z0-9_~-]{1,6}$/);
  const spelled = (text: string, marks: readonly number[]) =>
    text.replaceAll(/[\w~.-]/g, (char, at: number) => {
      const code = char.charCodeAt(0).toString(16);
      return [char, `%${code}`, `%${code.toUpperCase()}`][(marks[at % marks.length] ?? 0) % 3] ?? char;
    });
  const marks = fc.array(fc.nat(2), { minLength: 1, maxLength: 9 });
  const detour = fc.constantFrom('', './', 'x/../', 'x/./../', 'x/y/../../');
  fc.assert(
    fc.property(
      fc.constantFrom('file://', 'FILE://LocalHost', 'File:'),
      fc.array(fc.tuple(segment, detour), { minLength: 1, maxLength: 4 }),
      marks,
      (start, parts, how) => {
        const plain = `file:///${parts.map(([name]) => name).join('/')}`;
        const other = parts.map(([name, around]) => spelled(around + name, how)).join('/');
        assert.equal(normalUri(`${start}/${other}`), plain);
      },
    ),
    { numRuns: 1_000 },
  );
});
