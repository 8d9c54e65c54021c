/*
 * The JSON readers against a second opinion, on random messages.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Message, Span } from '../../src/model/message.ts';
import { membersOf, readString, readValue } from '../../src/wire/json/members.ts';
import { scanAnswer } from '../../src/wire/json/scan-answer.ts';
import { scanCall } from '../../src/wire/json/scan-call.ts';
import { replaceMembers, splice } from '../../src/wire/json/splice.ts';
import { splitBatch } from '../../src/wire/json/split-batch.ts';
import { parse, verdictOf } from './json-oracle.ts';
import { messageBytes, messageText, objectText } from './json-texts.ts';

const RUNS = process.env.GATEWRIGHT_FULL === '1' ? 20_000 : 1_000;
const LIMITS = { depthMax: 12, keysMax: 40 };

interface Parsed {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: unknown;
}

/** Every span holds what JSON.parse sees there, and nothing around it. */
function assertSpans(message: Message, parsed: Parsed): void {
  const at = (span: Span | undefined): unknown => {
    if (span === undefined) return undefined;
    const text = message.bytes.toString('utf8', span.start, span.end);
    assert.equal(text, text.trim());
    return parse(text);
  };
  assert.deepEqual(at(message.idSpan), parsed.id);
  assert.deepEqual(message.id ?? null, parsed.id ?? null);
  assert.equal(message.method, parsed.method ?? '');
  assert.deepEqual(at(message.outcome), parsed.result ?? parsed.error);
  assert.deepEqual(at(message.params?.self), parsed.params);
  for (const name of ['name', 'uri', 'cursor', 'arguments'] as const) {
    assert.deepEqual(at(message.params?.[name]), parsed.params?.[name]);
  }
  assert.deepEqual(at(message.params?.meta), parsed.params?._meta);
}

describe('what callers send', () => {
  test('is accepted, refused and named as the second opinion says', () => {
    const counts = new Map<string, number>();
    fc.assert(
      fc.property(messageBytes, (bytes) => {
        const result = scanCall(bytes, LIMITS);
        const code = result.ok ? 'good' : result.code;
        const expected = verdictOf(bytes, LIMITS);
        counts.set(expected, (counts.get(expected) ?? 0) + 1);
        const isCutShort = code === 'depth_exceeded' || code === 'keys_exceeded';
        if (isCutShort) assert.ok(['json_malformed', 'depth_exceeded', 'keys_exceeded'].includes(expected), expected);
        else assert.equal(code, expected, result.ok ? '' : result.why);
        if (result.ok) assertSpans(result.message, parse(bytes.toString()) as Parsed);
        else if (result.id !== undefined) assert.equal(result.id, (parse(bytes.toString()) as Parsed).id);
      }),
      { numRuns: RUNS },
    );
    for (const code of ['good', 'json_malformed', 'request_invalid']) {
      assert.ok((counts.get(code) ?? 0) > RUNS / 20, `too few cases are ${code}: ${counts.get(code)}`);
    }
  });

  test('can be random bytes: the scan ends and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        const bytes = Buffer.from(random);
        assert.equal(scanCall(bytes, LIMITS).ok, verdictOf(bytes, LIMITS) === 'good');
        scanAnswer(bytes, LIMITS);
        splitBatch(bytes, { depthMax: 8, messagesMax: 4 });
      }),
      { numRuns: RUNS },
    );
  });

  test('a batch splits into the messages JSON.parse sees', () => {
    const limits = { depthMax: 64, messagesMax: 8 };
    fc.assert(
      fc.property(fc.array(messageText, { minLength: 1, maxLength: 4 }), (texts) => {
        const text = ` [${texts.join(' ,\n')}] `;
        const bytes = Buffer.from(text);
        const split = splitBatch(bytes, limits);
        if (scanCall(bytes, { depthMax: 64, keysMax: 1000 }).ok === false && isJson(text)) assert.ok(split.ok);
        if (!split.ok || !isJson(text)) return;
        assert.deepEqual(
          split.items.map((item) => parse(item.toString())),
          parse(text),
        );
        for (const item of split.items) assert.equal(item.buffer, bytes.buffer);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('what servers say', () => {
  test('is never refused when the strict reading accepts it, and has the same spans', () => {
    fc.assert(
      fc.property(messageBytes, (bytes) => {
        const strict = scanCall(bytes, LIMITS);
        const loose = scanAnswer(bytes, LIMITS);
        if (strict.ok) assert.deepEqual(loose, strict);
        if (!loose.ok || !isJson(bytes.toString())) return;
        const parsed = parse(bytes.toString()) as Parsed;
        if (loose.message.kind === 'error' && loose.message.id === undefined) assert.equal(parsed.id ?? null, null);
        else if (!hasTwinParams(loose.message)) assertSpans(loose.message, parsed);
      }),
      { numRuns: RUNS },
    );
  });

  test('passes when it is one JSON document with an id and an outcome, whatever is inside', () => {
    fc.assert(
      fc.property(objectText, fc.boolean(), (object, isError) => {
        const text = `{"jsonrpc":"2.0","id":7,"${isError ? 'error' : 'result'}":${object}}`;
        if (!isJson(text)) return;
        const scanned = scanAnswer(Buffer.from(text), { depthMax: 64 });
        assert.ok(scanned.ok);
        assertSpans(scanned.message, parse(text) as Parsed);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('members and splices', () => {
  test('the members of an object are those JSON.parse sees', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        if (!isJson(text)) return;
        const bytes = Buffer.from(`xx${text}yy`);
        const members = membersOf(bytes, { start: 2, end: bytes.length - 2 });
        const rebuilt = Object.fromEntries(members.map((m) => [m.key, readValue(bytes, m.value)]));
        assert.deepEqual(rebuilt, parse(text));
        assert.deepEqual(readValue(bytes, { start: 2, end: bytes.length - 2 }), rebuilt);
        for (const m of members) assert.equal(readString(bytes, m.keySpan), m.key);
      }),
      { numRuns: RUNS },
    );
  });

  test('replacing members leaves JSON with exactly the others, in their order and spelling', () => {
    const keys = fc.subarray(['a', 'b', 'c', 'd', 'name', 'key', '']);
    fc.assert(
      fc.property(objectText, keys, fc.constantFrom('', '"new":1', '"new":1,"more":[2]'), (text, gone, put) => {
        if (!isJson(text)) return;
        const bytes = Buffer.from(text);
        const span = { start: 0, end: bytes.length };
        const out = splice(bytes, replaceMembers(bytes, span, gone, put));
        const spelling = (b: Buffer) =>
          membersOf(b, { start: 0, end: b.length }).map(
            (m) => `${m.key}:${b.toString('utf8', m.value.start, m.value.end)}`,
          );
        const kept = membersOf(bytes, span).filter((m) => !gone.includes(m.key));
        const expected = kept.map((m) => `${m.key}:${bytes.toString('utf8', m.value.start, m.value.end)}`);
        assert.ok(isJson(out.toString()), out.toString());
        assert.deepEqual(spelling(out), [...spelling(Buffer.from(`{${put}}`)), ...expected]);
      }),
      { numRuns: RUNS },
    );
  });

  test('a splice changes its spans and no byte beside them', () => {
    const cut = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.string());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(cut, { maxLength: 5 }), (random, cuts) => {
        const bytes = Buffer.from(random);
        const edits: { start: number; end: number; put: string }[] = [];
        const parts: Buffer[] = [];
        let at = 0;
        for (const [skip, length, put] of cuts) {
          const start = at + skip;
          const end = start + length;
          if (end > bytes.length) break;
          edits.push({ start, end, put });
          parts.push(bytes.subarray(at, start), Buffer.from(put));
          at = end;
        }
        parts.push(bytes.subarray(at));
        assert.deepEqual(splice(bytes, edits), Buffer.concat(parts));
      }),
      { numRuns: RUNS },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Of two equal keys below `params` JSON.parse keeps the last; the structural reading does not look there. */
function hasTwinParams(message: Message): boolean {
  if (!message.params) return false;
  const keys = membersOf(message.bytes, message.params.self).map((m) => m.key);
  return new Set(keys).size < keys.length;
}
