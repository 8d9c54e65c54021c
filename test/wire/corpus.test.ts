/*
 * Every message of every revision, as a file, against the scanners and against the SDK's schemas.
 *
 * `test/corpus/<revision>/<Type>/<case>.json` is one good message (for a result type: the whole answer that carries it);
 * `test/corpus/<revision>/rejection/<case>.json` says what is wrong with a raw message and which code it gets.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as modern from '@modelcontextprotocol/core';
import * as legacy from '@modelcontextprotocol/sdk/types.js';
import { defaultLimits } from '../../src/model/limits.ts';
import type { Message } from '../../src/model/message.ts';
import { scanAnswer } from '../../src/wire/json/scan-answer.ts';
import { scanCall } from '../../src/wire/json/scan-call.ts';
import { splitBatch } from '../../src/wire/json/split-batch.ts';

interface Rejection {
  readonly why: string;
  readonly code: string;
  readonly raw: string;
  readonly encoding?: 'base64';
}

interface Schema {
  safeParse(value: unknown): { success: boolean; error?: unknown };
}

const CORPUS = join(import.meta.dirname, '..', 'corpus');
const { jsonDepthMax: depthMax, jsonKeysMax: keysMax, batchMessagesMax: messagesMax } = defaultLimits();
const LIMITS = { depthMax, keysMax };
const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];

/** Where the SDK has another name for a schema, or only a general one. */
const SDK_NAMES: Readonly<Record<string, string>> = {
  CreateMessageResult: 'CreateMessageResultWithTools',
  InputRequiredResult: 'Result',
  JSONRPCErrorResponse: 'JSONRPCMessage',
};

function schemaOf(revision: string, type: string): Schema {
  const schemas: Readonly<Record<string, unknown>> = revision === '2026-07-28' ? { ...modern } : { ...legacy };
  const schema = schemas[`${SDK_NAMES[type] ?? type}Schema`];
  assert.ok(schema, `the SDK knows no ${type}`);
  return schema as Schema;
}

function assertGood(bytes: Buffer, revision: string, type: string): void {
  const answer = scanAnswer(bytes, LIMITS);
  assert.ok(answer.ok, answer.ok ? '' : answer.why);
  const { message } = answer;
  const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const call = scanCall(bytes, LIMITS);
  if (message.kind === 'error' && message.id === undefined)
    assert.equal(call.ok, false, 'only a server may not know the id');
  else assert.deepEqual(call, answer, 'both readings see the same');
  assert.equal(message.kind, kindOf(type, parsed));
  assertSdkAgrees(message, parsed, schemaOf(revision, type), schemaOf(revision, 'JSONRPCMessage'));
}

function assertSdkAgrees(message: Message, parsed: Record<string, unknown>, schema: Schema, envelope: Schema): void {
  const { success, error } = schema.safeParse(message.kind === 'result' ? parsed.result : parsed);
  assert.ok(success, String(error));
  assert.ok(envelope.safeParse(parsed).success);
  assert.deepEqual(parsed.id, message.id);
  assert.equal(parsed.method ?? '', message.method);
}

function kindOf(type: string, parsed: Record<string, unknown>): Message['kind'] {
  if (type.endsWith('Result')) return 'result';
  if (type.endsWith('Notification')) return 'notification';
  return 'error' in parsed ? 'error' : 'request';
}

function assertBatch(bytes: Buffer): void {
  const whole = scanCall(bytes, LIMITS);
  assert.equal(whole.ok ? 'good' : whole.code, 'batch');
  const split = splitBatch(bytes, { depthMax, messagesMax });
  assert.ok(split.ok);
  for (const item of split.items) assert.ok(scanCall(item, LIMITS).ok);
}

for (const revision of REVISIONS) {
  for (const type of readdirSync(join(CORPUS, revision)).sort()) {
    describe(`${revision} ${type}`, () => {
      for (const file of readdirSync(join(CORPUS, revision, type)).sort()) {
        const bytes = readFileSync(join(CORPUS, revision, type, file));
        if (type === 'rejection') {
          const { why, code, raw, encoding } = JSON.parse(bytes.toString()) as Rejection;
          test(`${file}: ${why}`, () => {
            const result = scanCall(Buffer.from(raw, encoding ?? 'utf8'), LIMITS);
            assert.equal(result.ok ? 'accepted' : result.code, code);
          });
        } else {
          test(file, () => (type === 'Batch' ? assertBatch(bytes) : assertGood(bytes, revision, type)));
        }
      }
    });
  }
}
