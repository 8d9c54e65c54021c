/*
 * Which broken answers can be given to the call they were meant for.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EDGE_BYTES } from '../../wire/edges.ts';
import { idOfBrokenAnswer } from './stdio-broken.ts';

const long = `{"text":"${'x'.repeat(5000)}","id":9}`;

const rows: { name: string; line: string; want: string | number | undefined }[] = [
  { name: 'an id before the result is found', line: `{"jsonrpc":"2.0","id":5,"result":${long}}`, want: 5 },
  { name: 'an id after the result is found', line: `{"result":${long},"jsonrpc":"2.0","id":5}`, want: 5 },
  { name: 'an id at the very end after an error is found', line: `{"error":${long} , "id" : -5 } `, want: -5 },
  { name: 'a text is an id', line: `{"id":"a\\"ü","result":${long}}`, want: 'a"ü' },
  { name: 'zero is an id', line: `{"id":0,"result":${long}}`, want: 0 },
  { name: 'a line that was cut off still has its first id', line: '{"jsonrpc":"2.0","id":5,"result":{"a":', want: 5 },
  { name: 'null is no id', line: `{"jsonrpc":"2.0","id":null,"error":${long}}`, want: undefined },
  { name: 'a fraction is no id', line: `{"id":5.5,"result":${long}}`, want: undefined },
  { name: 'an id inside the result is not taken', line: `{"jsonrpc":"2.0","result":${long}}`, want: undefined },
  { name: 'an id inside a text is not taken', line: `{"result":{"a":"b,\\"id\\":5}"}}`, want: undefined },
  { name: 'the id of a request is not taken', line: `{"id":5,"method":"x","params":${long}}`, want: undefined },
  { name: 'the id after the params of a request is not taken', line: `{"params":${long},"id":5}`, want: undefined },
  { name: 'a log line has no id', line: 'listening on {"id":5}', want: undefined },
];

for (const { name, line, want } of rows) {
  it(name, () => {
    const bytes = Buffer.from(line);
    const edges = { head: bytes.subarray(0, EDGE_BYTES), tail: bytes.subarray(-EDGE_BYTES) };
    assert.equal(idOfBrokenAnswer(edges), want);
  });
}
