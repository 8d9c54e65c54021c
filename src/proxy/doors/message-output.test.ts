import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { EVENT, LINE, MessageOutput } from './message-output.ts';

/** A reader that takes nothing until it is told to. */
function world(bufferBytesMax: number, frame = LINE) {
  const taken: string[] = [];
  const pending: (() => void)[] = [];
  const told = { overflows: 0, room: 0 };
  const taking = (chunks: readonly Buffer[], done: () => void) =>
    pending.push(() => {
      taken.push(...chunks.map(String));
      done();
    });
  const output = new Writable({
    write: (chunk, _encoding, done) => taking([chunk], done),
    writev: (chunks, done) =>
      taking(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
  });
  const lines = new MessageOutput({
    ...{ output, frame },
    bufferBytesMax: () => bufferBytesMax,
    onOverflow: () => void told.overflows++,
    onRoom: () => void told.room++,
  });
  const take = async () => {
    for (let round = 0; round < 4; round++) {
      await turn();
      for (const step of pending.splice(0)) step();
    }
  };
  return { lines, output, told, take, text: () => taken.join('') };
}

const bytes = (length: number) => Buffer.from('x'.repeat(length));

test('each message is one line, in the order in which they were ready', async () => {
  const { lines, take, text } = world(1000);
  lines.notify(Buffer.from('{"a":\r\n1}'));
  lines.answer(Buffer.from('{"b":2}'));
  lines.answer(['{"c":', '[\n', ']}'].map((piece) => Buffer.from(piece)));
  await take();
  assert.equal(text(), '{"a":  1}\n{"b":2}\n{"c":[ ]}\n');
});

test('each message is one event where events are read', async () => {
  const { lines, take, text } = world(1000, EVENT);
  lines.answer(['{"a":', '\n1}'].map((piece) => Buffer.from(piece)));
  await take();
  assert.equal(text(), 'event: message\ndata: {"a": 1}\n\n');
});

test('one notification may be larger than the limit; the next one beyond it is too much', () => {
  const { lines, told } = world(10);
  lines.notify(bytes(10));
  lines.notify(bytes(1));
  assert.equal(told.overflows, 0);
  lines.notify(bytes(1));
  assert.equal(told.overflows, 1);
});

test('what was taken counts no more', async () => {
  const { lines, told, take } = world(10);
  for (let n = 0; n < 5; n++) {
    lines.notify(bytes(11));
    assert.equal(lines.isFull, true);
    await take();
    assert.equal(lines.isFull, false);
  }
  assert.equal(told.overflows, 0);
  assert.ok(told.room >= 5);
});

test('answers are never too much, but while they wait no more should be read', async () => {
  const { lines, told, take } = world(10);
  for (let n = 0; n < 5; n++) lines.answer(bytes(100));
  assert.deepEqual([told.overflows, lines.isFull], [0, true]);
  await take();
  assert.equal(lines.isFull, false);
});

test('it is empty when all was taken, and not before', async () => {
  const { lines, take } = world(10);
  await lines.emptied();
  lines.answer(bytes(5));
  let isEmpty = false;
  const emptied = lines.emptied().then(() => {
    isEmpty = true;
  });
  await turn();
  assert.equal(isEmpty, false);
  await take();
  await emptied;
});

test('what is said to somebody who is gone is dropped', () => {
  const { lines, output, told } = world(1);
  output.destroy();
  for (let n = 0; n < 5; n++) lines.notify(bytes(5));
  assert.deepEqual([told.overflows, lines.isFull], [0, false]);
});
