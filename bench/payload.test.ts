/*
 * The check that every measured answer passes: the scripted server's own answers are right, damaged ones are not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerTo, ERAS } from './echo-answers.ts';
import { FIRST_CALL, SHAPES, wrongWith } from './payload.ts';
import { callWriter } from './request.ts';

const CALL = FIRST_CALL + 7;

function answered(era: (typeof ERAS)[number], shape: (typeof SHAPES)[number]): Buffer {
  const request = callWriter({ port: 1, path: '/', era, tool: 'echo' }, shape, undefined)(CALL);
  const body = request.slice(request.indexOf('\r\n\r\n') + 4);
  assert.equal(
    Buffer.byteLength(body),
    Number(/content-length: (\d+)/.exec(request)?.[1]),
    'the length is announced right',
  );
  const answer = answerTo(body, era);
  assert.ok(answer);
  return Buffer.concat([Buffer.from(answer.lead, 'latin1'), answer.tail]);
}

for (const era of ERAS) {
  for (const shape of SHAPES) {
    test(`${era} ${shape}: the right answer passes, also when rebuilt`, () => {
      const body = answered(era, shape);
      assert.equal(wrongWith(body, CALL, shape), undefined);
      const { jsonrpc, id, result } = JSON.parse(body.toString()) as Record<string, unknown>;
      assert.equal(wrongWith(Buffer.from(JSON.stringify({ result, jsonrpc, id })), CALL, shape), undefined);
    });

    test(`${era} ${shape}: an answer for another call, or with one byte changed, does not`, () => {
      const body = answered(era, shape);
      assert.ok(wrongWith(body, CALL + 1, shape));
      const changed = Buffer.from(body);
      const at = body.length - 10;
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.ok(wrongWith(changed, CALL, shape));
    });
  }
}
