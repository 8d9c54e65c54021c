import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { LineInput } from './line-input.ts';

function world(may = { take: true, read: true, one: false }) {
  const input = new PassThrough();
  const seen: string[] = [];
  const lines = new LineInput({
    input,
    lineBytesMax: 100,
    mayTake: () => may.take,
    mayRead: () => may.read,
    onLine: (line) => {
      seen.push(line.toString());
      if (may.one) may.take = false;
    },
    onTooLong: ({ bytes }) => seen.push(`too long: ${bytes}`),
    onEnd: () => seen.push('end'),
  });
  return { input, lines, seen, may };
}

test('however it is cut, what is written comes out line by line, also the last one without its newline', async () => {
  const line = fc.stringMatching(/^[a-z{}"]{1,20}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), fc.integer({ min: 1, max: 30 }), async (said, size) => {
      const { input, seen } = world();
      const text = said.join('\n');
      for (let at = 0; at < text.length; at += size) input.write(text.slice(at, at + size));
      input.end();
      while (seen.at(-1) !== 'end') await turn();
      assert.deepEqual(seen, [...said, 'end']);
    }),
    { numRuns: 50 },
  );
});

test('while none may be taken, those that were read wait in order and no more is read', async () => {
  const { input, lines, seen, may } = world({ take: false, read: true, one: false });
  input.write('a\nb\n');
  await turn();
  assert.deepEqual([seen, input.isPaused()], [[], true]);
  input.end('c\n');
  may.take = true;
  lines.goOn();
  while (seen.at(-1) !== 'end') await turn();
  assert.deepEqual(seen, ['a', 'b', 'c', 'end']);
});

test('a line that forbids the next one is obeyed', async () => {
  const { input, lines, seen, may } = world({ take: true, read: true, one: true });
  input.write('a\nb\n');
  await turn();
  assert.deepEqual(seen, ['a']);
  may.take = true;
  lines.goOn();
  assert.deepEqual(seen, ['a', 'b']);
});

test('while the client does not read, nothing more is read from it', async () => {
  const { input, lines, seen, may } = world({ take: true, read: false, one: false });
  input.write('a\n');
  await turn();
  assert.deepEqual([seen, input.isPaused()], [['a'], true]);
  may.read = true;
  lines.goOn();
  assert.equal(input.isPaused(), false);
});

test('a line longer than the limit is told of, and the next one is read', async () => {
  const { input, seen } = world();
  input.write(`${'x'.repeat(101)}\nok\n`);
  await turn();
  assert.deepEqual(seen, ['too long: 101', 'ok']);
});

test('after a stop nothing is read', async () => {
  const { input, lines, seen } = world();
  lines.stop();
  input.write('a\n');
  await turn();
  assert.deepEqual(seen, []);
});
