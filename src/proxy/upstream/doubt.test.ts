/*
 * What an answer says about the server that gave it: that it is another one now counts only where nothing was begun.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../model/errors.ts';
import { codecOf } from '../../wire/codecs.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { contradicts, doubtOf } from './doubt.ts';

function answerOf(status: number, body: object) {
  const scan = scanAnswer(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...body })), { depthMax: 9 });
  assert.ok(scan.ok);
  return { message: scan.message, status, sessionId: undefined };
}

const failed = (status: number, code: number) => answerOf(status, { error: { code, message: 'no' } });
const older = codecOf('2025-11-25');
const newer = codecOf('2026-07-28');

describe('an answer contradicts what is known of an older server', () => {
  for (const [status, code, expected] of [
    [400, -32020, true],
    [400, -32022, true],
    [200, -32022, true],
    [400, -32000, true],
    [404, -32601, true],
    [200, -32603, false],
    [200, -32602, false],
    // What failed while it ran was begun.
    [500, -32603, false],
    [500, -32000, false],
    [503, -32000, false],
    [400, -32603, false],
    [408, -32000, false],
    [409, -32000, false],
    [422, -32602, false],
  ] as const) {
    it(`${expected ? 'with' : 'not with'} ${code} and status ${status}`, () => {
      assert.equal(contradicts(failed(status, code), older), expected);
    });
  }
});

describe('an answer contradicts what is known of a newer server', () => {
  for (const [status, code, expected] of [
    [400, -32022, true],
    [400, -32000, true],
    [400, -32020, false],
    [404, -32601, false],
    [500, -32603, false],
    [502, -32000, false],
    [400, -32603, false],
  ] as const) {
    it(`${expected ? 'with' : 'not with'} ${code} and status ${status}`, () => {
      assert.equal(contradicts(failed(status, code), newer), expected);
    });
  }
});

it('a result contradicts nothing', () => {
  for (const codec of [older, newer]) assert.equal(contradicts(answerOf(200, { result: {} }), codec), false);
});

describe('a status without an answer', () => {
  for (const [status, expected] of [
    [400, 'another'],
    [404, 'another'],
    [405, 'another'],
    [408, 'ill'],
    [409, 'ill'],
    [429, 'ill'],
    [500, 'ill'],
    [502, 'ill'],
  ] as const) {
    it(`of ${status} says ${expected}`, () => {
      assert.equal(doubtOf(new GatewayError('upstream_refused', { internal: { status } })), expected);
    });
  }
});
