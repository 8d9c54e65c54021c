import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { oneLine } from './one-line.ts';

test('any JSON text becomes one line that means the same', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('\n', '\r\n', '\r'), (value, lineBreak) => {
      const text = JSON.stringify(value, undefined, 2).replaceAll('\n', lineBreak);
      const line = oneLine(Buffer.from(text)).toString();
      assert.doesNotMatch(line, /[\r\n]/);
      assert.deepEqual(JSON.parse(line), JSON.parse(text));
    }),
  );
});

test('what is one line already is not copied', () => {
  const message = Buffer.from('{"text":"a\\nb"}');
  assert.equal(oneLine(message), message);
});

test('the message itself, which others may still read, stays as it was', () => {
  const message = Buffer.from('{\n}');
  assert.equal(oneLine(message).toString(), '{ }');
  assert.equal(message.toString(), '{\n}');
});
