import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plain } from './dialects/references.ts';
import { expandText } from './expand.ts';

const env = { NAME: 'value', EMPTY: '', OTHER: `\${NAME}`, _X1: 'x' };

const good: { name: string; text: string; want: string }[] = [
  { name: 'text without a reference stays', text: 'a $b {c}', want: 'a $b {c}' },
  { name: 'a variable stands alone', text: `\${NAME}`, want: 'value' },
  {
    name: 'a variable stands inside text, several times',
    text: `Bearer \${NAME}-\${_X1}-\${NAME}`,
    want: 'Bearer value-x-value',
  },
  { name: 'a default is not used when the variable is set', text: `\${NAME:-other}`, want: 'value' },
  { name: 'a default is used when the variable is missing', text: `\${NOPE:-http://x:1/}`, want: 'http://x:1/' },
  { name: 'a default is used when the variable is empty, as in a shell', text: `\${EMPTY:-other}`, want: 'other' },
  { name: 'a default may be empty', text: `[\${NOPE:-}]`, want: '[]' },
  { name: 'an empty variable without default is empty text', text: `[\${EMPTY}]`, want: '[]' },
  { name: 'what came out is not expanded again', text: `\${OTHER}`, want: `\${NAME}` },
  { name: 'two dollars make a literal reference', text: `$\${NAME} $$`, want: `\${NAME} $$` },
  { name: 'two dollars and a brace that is never closed are plain text', text: `$\${NAME`, want: `\${NAME` },
  { name: 'the way of several editors is understood', text: `\${env:NAME}`, want: 'value' },
];

for (const { name, text, want } of good) {
  test(name, () => {
    const expansion = expandText(text, env);
    assert.ok(expansion.ok);
    assert.equal(expansion.text, want);
  });
}

const bad: { name: string; text: string; say: RegExp; suggestion: RegExp }[] = [
  {
    name: 'a missing variable is named',
    text: `x \${NOPE} y`,
    say: /variable NOPE is not set/,
    suggestion: /\$\{NOPE:-default\}/,
  },
  {
    name: 'a property that every object has is no variable',
    text: `\${toString}`,
    say: /toString is not set/,
    suggestion: /Set it/,
  },
  {
    name: 'what is not a name is refused, and not quoted',
    text: `\${input:secret-1}`,
    say: /does not hold the name/,
    suggestion: /\$\$\{/,
  },
  {
    name: 'a reference that is never closed is refused',
    text: `a \${NAME b`,
    say: /does not hold the name/,
    suggestion: /\$\{NAME\}/,
  },
  {
    name: 'a default with braces is refused, not left as it is',
    text: `\${NOPE:-{}}`,
    say: /does not hold the name/,
    suggestion: /\$\$\{/,
  },
  { name: 'an empty reference is refused', text: `\${}`, say: /does not hold the name/, suggestion: /\$\{NAME\}/ },
];

for (const { name, text, say, suggestion } of bad) {
  test(name, () => {
    const expansion = expandText(text, env);
    assert.ok(!expansion.ok);
    assert.match(expansion.say, say);
    assert.match(expansion.suggestion, suggestion);
    assert.doesNotMatch(`${expansion.say}${expansion.suggestion}`, /secret-1/);
  });
}

test('any text of another client that is made plain comes out as it was', () => {
  const text = fc.string({ unit: fc.constantFrom('$', '{', '}', 'NAME', ':-', ' ') });
  fc.assert(
    fc.property(text, (original) => {
      const expansion = expandText(plain(original), env);
      assert.equal(expansion.ok && expansion.text, original);
    }),
  );
});
