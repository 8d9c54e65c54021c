import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { anyRequest, madeEndpoint, madeEntry, madeServer } from '../../../test/rig/made.ts';
import type { EntryList } from '../../model/catalogue.ts';
import type { Decision, RequestAbout, Rights } from './decision.ts';
import { NOTHING, Share } from './share.ts';
import { Stock } from './stock.ts';

const place = { server: madeServer('fs'), endpoint: madeEndpoint('set', { naming: 'prefixed', servers: ['fs'] }) };
const YES: Decision = { answer: 'yes', rule: 'yes' };
const NO: Decision = { answer: 'no', rule: 'no', reason: 'denied' };
const hinted = { ttlMs: 0, scope: 'public' } as const;

function listOf(count: number): EntryList {
  const entries = Array.from({ length: count }, (_, at) =>
    madeEntry('tools', { name: `t${at}`, x: 'y'.repeat(at % 7) }),
  );
  return { entries, byKey: new Map(entries.map((entry) => [entry.key, entry])), hint: hinted };
}

const rightsOf = (decide: Rights['decide']): Rights => ({
  ...{ fingerprint: 'x', decide, sees: () => true },
  trace: () => assert.fail('nobody asked why'),
});
const textOf = (share: Share, about = anyRequest) =>
  share
    .chunks(NOTHING)
    .map((chunk) => String(chunk.bytesFor(about)))
    .filter((text) => text !== '')
    .join(',');
const namesIn = (text: string) => (JSON.parse(`[${text}]`) as { name: string }[]).map(({ name }) => name.slice(4));

describe('a share', () => {
  const stock = new Stock(place, 'tools', listOf(250));
  const all = textOf(
    new Share(
      place,
      rightsOf(() => YES),
      stock,
    ),
  );

  test('of whoever may use all of it is the bytes that everybody shares', () => {
    const [one, other] = [1, 2].map(() =>
      new Share(
        place,
        rightsOf(() => YES),
        stock,
      ).chunks(NOTHING),
    );
    assert.deepEqual(
      namesIn(all),
      stock.offered.map(({ target }) => target.key),
    );
    assert.equal(one?.length, 3);
    for (const [at, chunk] of (one ?? []).entries()) assert.equal(chunk.bytes, other?.[at]?.bytes);
  });
  test('of whoever may use some is cut out of them, whatever is missing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 250, maxLength: 250 }), (may) => {
        const share = new Share(
          place,
          rightsOf((_, kind, key) => (kind === 'tools' && may[Number(key.slice(1))] ? YES : NO)),
          stock,
        );
        const expected = JSON.parse(`[${all}]`).filter((_: unknown, at: number) => may[at]);
        assert.deepEqual(JSON.parse(`[${textOf(share)}]`), expected);
        const chunks = share.chunks(NOTHING);
        for (const chunk of chunks) assert.equal(chunk.bytes.length, chunk.length);
        assert.equal(
          chunks.reduce((sum, { count }) => sum + count, 0),
          expected.length,
        );
        assert.equal(share.withheld.length, 250 - expected.length);
        assert.deepEqual(
          Array.from(share, ([name]) => name),
          expected.map(({ name }: { name: string }) => name),
        );
      }),
      { numRuns: 50 },
    );
  });
  test('decides about what is named, and about all of it when it is listed', () => {
    const asked: string[] = [];
    const share = new Share(
      place,
      rightsOf((_, _kind, key) => {
        asked.push(key);
        return key === 't1' ? NO : YES;
      }),
      stock,
    );
    assert.deepEqual([share.get('fs__t1'), share.refused('fs__t1'), share.get('fs__nope')], [undefined, NO, undefined]);
    assert.equal(share.get('fs__t2')?.target.key, 't2');
    assert.deepEqual(asked, ['t1', 't2']);
    assert.deepEqual(share.withheld, [{ server: 'fs', kind: 'tools', key: 't1', reason: 'denied', why: 'no' }]);
    assert.equal(asked.length, 250);
  });
  test('has nothing of what could not be decided', () => {
    const share = new Share(
      place,
      rightsOf(() => {
        throw new Error('a fault of ours');
      }),
      stock,
    );
    assert.deepEqual([share.get('fs__t1'), textOf(share)], [undefined, '']);
  });
});

describe('what depends on the request', () => {
  const stock = new Stock(place, 'tools', listOf(3));
  const open = (volatile: boolean, may: (about: RequestAbout) => boolean): Decision => ({
    ...{ answer: 'ask', rule: 'when', volatile },
    listed: (about) =>
      may(about) ? { answer: 'yes', rule: 'when' } : { answer: 'no', rule: 'when', reason: 'denied' },
    called: () => ({ answer: 'yes', rule: 'when' }),
  });
  const at = (nowMs: number) => () => ({ ...anyRequest(), nowMs });
  const shareOf = (decision: Decision) =>
    new Share(
      place,
      rightsOf((_, _kind, key) => (key === 't1' ? decision : YES)),
      stock,
    );

  test('is listed for those requests for which it holds', () => {
    const share = shareOf(open(true, ({ nowMs }) => nowMs > 10));
    assert.equal(share.isVolatile, true);
    assert.deepEqual(namesIn(textOf(share, at(5))), ['t0', 't2']);
    assert.deepEqual(namesIn(textOf(share, at(15))), ['t0', 't1', 't2']);
    assert.equal(share.get('fs__t1')?.decision.answer, 'ask');
  });
  test('is left out while its condition fails in us', () => {
    const share = shareOf(
      open(true, () => {
        throw new Error('a fault of ours');
      }),
    );
    assert.deepEqual(namesIn(textOf(share)), ['t0', 't2']);
  });
  test('only on arguments is listed once and for all, or withheld when no arguments would do', () => {
    assert.equal(shareOf(open(false, () => true)).isVolatile, false);
    assert.deepEqual(namesIn(textOf(shareOf(open(false, () => true)))), ['t0', 't1', 't2']);
    const never = shareOf(open(false, () => false));
    assert.deepEqual([namesIn(textOf(never)), never.get('fs__t1')], [['t0', 't2'], undefined]);
  });
});
