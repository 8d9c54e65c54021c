import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../model/errors.ts';
import { SseReader } from './reader.ts';
import { SSE_KEEPALIVE, sseComment, sseEvent } from './writer.ts';

const RUNS = process.env.GATEWRIGHT_FULL === '1' ? 10_000 : 1_000;

interface Seen {
  readonly events: { event: string | undefined; data: string; id: string | undefined }[];
  readonly retries: number[];
  readonly lastEventId: string | undefined;
}

function readAll(chunks: readonly Buffer[], cap = 1_000_000): Seen {
  const events: Seen['events'] = [];
  const retries: number[] = [];
  const reader = new SseReader({
    eventBytesMax: cap,
    lineBytesMax: cap,
    onEvent: (e) => events.push({ ...e, data: e.data.toString() }),
    onRetry: (ms) => retries.push(ms),
  });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { events, retries, lastEventId: reader.lastEventId };
}

const message = (data: string, event?: string, id?: string) => ({ event, data, id });

const ROWS: { says: string; text: string; events: Seen['events']; retries?: number[]; lastEventId?: string }[] = [
  { says: 'one data line is one event', text: 'data: {"a":1}\n\n', events: [message('{"a":1}')] },
  {
    says: 'only one blank behind the colon is dropped',
    text: 'data:  x\n\ndata:y\n\n',
    events: [message(' x'), message('y')],
  },
  { says: 'several data lines are joined by LF', text: 'data: a\ndata\ndata: b\n\n', events: [message('a\n\nb')] },
  { says: 'CRLF ends a line once', text: 'data: a\r\ndata: b\r\n\r\n', events: [message('a\nb')] },
  { says: 'CR alone ends a line', text: 'data: a\rdata: b\r\r', events: [message('a\nb')] },
  { says: 'a byte order mark at the start is dropped', text: '\ufeffdata: a\n\n', events: [message('a')] },
  { says: 'a byte order mark later makes another field', text: 'data: a\n\n\ufeffdata: b\n\n', events: [message('a')] },
  { says: 'comments and unknown fields are ignored', text: ': hi\nfoo: bar\ndata: a\n:\n\n', events: [message('a')] },
  { says: 'an event without data is none', text: 'event: ping\n\ndata: a\n\n', events: [message('a')] },
  {
    says: 'a data line without text is an event with empty data',
    text: 'id: 1\ndata:\n\n',
    events: [message('', undefined, '1')],
    lastEventId: '1',
  },
  {
    says: 'the type belongs to one event only',
    text: 'event: x\ndata: a\n\ndata: b\n\n',
    events: [message('a', 'x'), message('b')],
  },
  { says: 'an id counts even without data', text: 'id: 7\n\n', events: [], lastEventId: '7' },
  { says: 'an id with NUL is ignored', text: 'id: a\0b\ndata: x\n\n', events: [message('x')] },
  {
    says: 'an empty id is an id',
    text: 'id: 1\n\nid\ndata: x\n\n',
    events: [message('x', undefined, '')],
    lastEventId: '',
  },
  {
    says: 'retry takes digits only',
    text: 'retry: 10\nretry: 1.5\nretry: -1\nretry:\nretry: 20\n\n',
    events: [],
    retries: [10, 20],
  },
  { says: 'an event that is not whole is discarded', text: 'data: a\n\nid: 2\ndata: b\n', events: [message('a')] },
  { says: 'field names are case-sensitive', text: 'Data: a\ndata: b\n\n', events: [message('b')] },
  { says: 'blanks before the colon are part of the name', text: 'data : a\ndata: b\n\n', events: [message('b')] },
  { says: 'characters outside ASCII survive', text: 'data: ä😀\n\n', events: [message('ä😀')] },
];

describe('an event stream is read as the WHATWG rules say', () => {
  for (const row of ROWS) {
    test(row.says, () => {
      const bytes = Buffer.from(row.text);
      const expected = { events: row.events, retries: row.retries ?? [], lastEventId: row.lastEventId };
      assert.deepEqual(readAll([bytes]), expected);
      assert.deepEqual(readAll([...bytes].map((b) => Buffer.from([b]))), expected, 'byte by byte');
    });
  }

  test('data in one chunk is a part of that chunk, not a copy', () => {
    const chunk = Buffer.from('data: {"a":1}\n\n');
    let data: Buffer | undefined;
    new SseReader({ eventBytesMax: 99, lineBytesMax: 99, onEvent: (e) => (data = e.data) }).push(chunk);
    assert.equal(data?.buffer, chunk.buffer);
    assert.equal(data?.byteOffset, chunk.byteOffset + 6);
  });

  test('the result does not depend on where the stream is cut', () => {
    const piece = fc.constantFrom(
      'data',
      'id',
      'event',
      'retry',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      'x',
      '7',
      '\0',
      '\ufeff',
      'é',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.array(fc.nat({ max: 8 }), { maxLength: 40 }),
        (parts, sizes) => {
          const bytes = Buffer.from(parts.join(''));
          const chunks: Buffer[] = [];
          let at = 0;
          for (const size of sizes) {
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          chunks.push(bytes.subarray(at));
          assert.deepEqual(readAll(chunks), readAll([bytes]));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 }), (chunks) => {
        readAll(chunks.map((c) => Buffer.from(c)));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('an event stream has caps', () => {
  const isTooLarge = (e: unknown) => e instanceof GatewayError && e.code === 'upstream_too_large';
  const rows: { says: string; text: string; isRefused: boolean }[] = [
    { says: 'a line at the cap passes', text: `data: ${'x'.repeat(4)}\n\n`, isRefused: false },
    { says: 'a line above the cap is refused', text: `data: ${'x'.repeat(5)}\n\n`, isRefused: true },
    { says: 'a comment above the cap is refused', text: `: ${'x'.repeat(9)}`, isRefused: true },
    {
      says: 'lines that add up to more than the cap are refused',
      text: 'data: xxxx\ndata: xxxx\ndata: x\n\n',
      isRefused: true,
    },
  ];
  for (const row of rows) {
    test(row.says, () => {
      const bytes = Buffer.from(row.text);
      for (const chunks of [[bytes], [...bytes].map((b) => Buffer.from([b]))]) {
        if (row.isRefused) assert.throws(() => readAll(chunks, 10), isTooLarge);
        else assert.equal(readAll(chunks, 10).events.length, 1);
      }
    });
  }
});

describe('a stream of many answers skips events over its caps', () => {
  const CAP = 20;
  const BYTES_MAX = 3_000;

  function skimmed(chunks: readonly Buffer[]) {
    const seen: string[] = [];
    const reader = new SseReader({
      ...{ eventBytesMax: CAP, lineBytesMax: CAP },
      onEvent: ({ data }) => seen.push(data.toString()),
      tooLong: {
        bytesMax: BYTES_MAX,
        onSkipped: ({ head, tail, bytes }) => seen.push(`${bytes} ${head.subarray(0, 3)}…${tail.subarray(-3)}`),
      },
    });
    let failure = '';
    try {
      for (const chunk of chunks) reader.push(chunk);
    } catch (thrown) {
      failure = thrown instanceof GatewayError ? thrown.code : String(thrown);
    }
    return [...seen, ...(failure === '' ? [] : [failure])];
  }

  const long = (bytes: number) => `abc${'-'.repeat(bytes - 6)}xyz`;
  const rows: readonly { readonly says: string; readonly text: string; readonly seen: readonly string[] }[] = [
    { says: 'one long line', text: `data: ${long(2_000)}\n\n`, seen: ['2000 abc…xyz'] },
    { says: 'one long line without a blank', text: `data:${long(60)}\r\n\r\n`, seen: ['60 abc…xyz'] },
    { says: 'a long first line behind a byte order mark', text: `\ufeffdata: ${long(60)}\n\n`, seen: ['60 abc…xyz'] },
    { says: 'many short lines', text: `data: abc\ndata: ${'-'.repeat(14)}\ndata: xyz\n\n`, seen: ['21 abc…xyz'] },
    {
      says: 'a long line among short ones',
      text: `data: abc\ndata: ${'-'.repeat(50)}\ndata: xyz\n\n`,
      seen: ['56 abc…xyz'],
    },
    { says: 'a long comment, whose event stays', text: `: ${long(99)}\ndata: a\n\n`, seen: ['a'] },
    { says: 'a long id, whose event stays', text: `id: ${long(99)}\ndata: a\n\n`, seen: ['a'] },
    {
      says: 'an event without end',
      text: `data: ${long(2_000)}\ndata: ${long(2_000)}`,
      seen: ['2000 abc…xyz', 'upstream_too_large'],
    },
    {
      says: 'short lines without end',
      text: 'data: abcdexyz\n'.repeat(400),
      seen: ['3001 abc…xyz', 'upstream_too_large'],
    },
    { says: 'a comment without end', text: `: ${long(4_000)}`, seen: ['4002 : a…xyz', 'upstream_too_large'] },
  ];
  for (const { says, text, seen } of rows) {
    test(says, () => {
      const after = seen.at(-1) === 'upstream_too_large' ? '' : 'data: next\n\n';
      const bytes = Buffer.from(`data: first\n\n${text}${after}`);
      const expected = ['first', ...seen, ...(after === '' ? [] : ['next'])];
      assert.deepEqual(skimmed([bytes]), expected);
      if (after !== '') assert.deepEqual(skimmed([...bytes].map((b) => Buffer.from([b]))), expected, 'byte by byte');
    });
  }
});

describe('what the writer writes, the reader reads', () => {
  test('one line', () => {
    assert.equal(sseEvent('{"a":1}').toString(), 'data: {"a":1}\n\n');
    assert.equal(
      sseEvent(Buffer.from('x'), { id: '1', event: 'message' }).toString(),
      'id: 1\nevent: message\ndata: x\n\n',
    );
    assert.equal(SSE_KEEPALIVE.toString(), ': \n\n');
    assert.equal(sseComment('a\nb').toString(), ': a\n: b\n\n');
  });

  test('an id that would end its line is refused', () => {
    for (const id of ['a\nb', 'a\rb', 'a\0b']) assert.throws(() => sseEvent('x', { id }), TypeError);
  });

  test('any message, newlines of all kinds included, comes back with LF for each', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '"', ' ', 'ü', ':') }), (text) => {
        const { events } = readAll([sseComment(text), sseEvent(text, { id: 'i', event: 'e' }), SSE_KEEPALIVE]);
        assert.deepEqual(events, [message(text.replace(/\r\n|\r/g, '\n'), 'e', 'i')]);
      }),
      { numRuns: RUNS },
    );
  });
});
