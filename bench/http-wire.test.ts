/*
 * The reader of HTTP that every measurement trusts: whole messages come out, however the bytes are cut.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { field, HttpReader, statusOf } from './http-wire.ts';

const FRAMED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nMcp-Session-Id: abc\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n';
const EMPTY = 'HTTP/1.1 202 Accepted\r\n\r\n';

function bodiesOf(pieces: readonly Buffer[]): string[] {
  const bodies: string[] = [];
  const reader = new HttpReader(({ head, body }) => bodies.push(`${statusOf(head)} ${body.toString('latin1')}`));
  for (const piece of pieces) {
    const reused = Buffer.from(piece);
    reader.push(reused);
    // The socket's buffer is used again: nothing may still look into it.
    reused.fill(0);
  }
  return bodies;
}

test('messages come out whole, in order, wherever the stream is cut in two', () => {
  const stream = Buffer.from(FRAMED + CHUNKED + EMPTY + FRAMED, 'latin1');
  for (let at = 0; at <= stream.length; at += 1) {
    const bodies = bodiesOf([stream.subarray(0, at), stream.subarray(at)]);
    assert.deepEqual(bodies, ['200 hello', '200 hello', '202 ', '200 hello'], `cut at ${at}`);
  }
});

test('messages come out whole when they arrive byte by byte', () => {
  const stream = Buffer.from(CHUNKED + FRAMED, 'latin1');
  assert.deepEqual(bodiesOf(Array.from(stream, (byte) => Buffer.from([byte]))), ['200 hello', '200 hello']);
});

test('a header field is found whatever its case', () => {
  const [head = ''] = FRAMED.split('\r\n\r\n');
  assert.equal(field(head, 'mcp-session-id'), 'abc');
  assert.equal(field(head, 'mcp-name'), undefined);
});
