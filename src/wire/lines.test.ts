/*
 * Lines come out the same however the bytes are cut, and a line over the cap costs its edges only.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { EDGE_BYTES } from './edges.ts';
import { LineCutter } from './lines.ts';

const CAP = 4 * EDGE_BYTES;

function cut(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const lines = new LineCutter(CAP, {
    onLine: (line) => seen.push(line.toString('latin1')),
    onTooLong: ({ head, tail, bytes }) => seen.push(`${bytes}:${head.toString('latin1')}…${tail.toString('latin1')}`),
  });
  for (const chunk of chunks) lines.push(chunk);
  return seen;
}

function expected(text: string): string[] {
  const lines = text.split('\n').slice(0, -1);
  const said = lines.map((line) => {
    if (line.length > CAP) return `${line.length}:${line.slice(0, EDGE_BYTES)}…${line.slice(-EDGE_BYTES)}`;
    return line.replace(/\r$/, '');
  });
  return said.filter((line) => line !== '');
}

const line = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\r') }),
  fc.tuple(fc.nat({ max: 6000 }), fc.constantFrom('', 'z', '\r')).map(([n, end]) => 'xyz'.repeat(n).slice(0, n) + end),
  fc.constantFrom(CAP - 1, CAP, CAP + 1).map((n) => 'q'.repeat(n)),
);

it('lines are the same however the bytes are cut into chunks', () => {
  const cuts = fc.array(fc.nat({ max: 20_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), cuts, (lines, places) => {
      const text = lines.join('\n');
      const bytes = Buffer.from(text, 'latin1');
      const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
      assert.deepEqual(cut(chunks), expected(text));
    }),
  );
});

it('byte by byte is as good as all at once', () => {
  const text = `${'x'.repeat(CAP)}\n${'y'.repeat(CAP + 1)}\n\n\r\nlast\n`;
  assert.deepEqual(cut(Array.from(text, (character) => Buffer.from(character))), expected(text));
});
