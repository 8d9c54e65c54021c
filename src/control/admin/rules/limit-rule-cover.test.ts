/*
 * Which limit rule can never refuse: by rows, and against counting calls one by one.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coveredBy } from './limit-rule-cover.ts';
import { ALGORITHM_DEFAULT, type LimitRuleEntry } from './limit-rule-shape.ts';

const entry = (change: Partial<LimitRuleEntry> = {}): LimitRuleEntry => ({
  per: 'user',
  limit: 10,
  windowMs: 60_000,
  ...change,
});
const named = (...entries: LimitRuleEntry[]) =>
  entries.map((each, at) => ({ id: `r${at}`, name: `rule ${at}`, entry: each }));
const covers = (one: LimitRuleEntry, other: LimitRuleEntry) => coveredBy(named(one, other)).get('r1')?.id === 'r0';

const writes = { servers: ['*'], tools: ['write*'] };
const ROWS: readonly [
  say: string,
  stricter: Partial<LimitRuleEntry>,
  other: Partial<LimitRuleEntry>,
  covered: boolean,
][] = [
  ['the same', {}, {}, true],
  ['fewer within the same time', { limit: 9 }, {}, true],
  ['more', { limit: 11 }, {}, false],
  ['as many within a longer time', { windowMs: 120_000 }, {}, true],
  ['as many within a shorter time', { windowMs: 1_000 }, {}, false],
  ['for all together, and each user', { per: 'global' }, {}, true],
  ['for each user, and all together', {}, { per: 'global' }, false],
  ['for each user, and each key of theirs', {}, { per: 'key' }, true],
  ['for each server, and each of its tools', { per: 'server' }, { per: 'tool' }, true],
  ['for each address, and each user', { per: 'address' }, {}, false],
  ['of everything, and of writes', {}, { what: writes }, true],
  ['of writes, and of everything', { what: writes }, {}, false],
  [
    'of names that begin, and one that does',
    { what: writes },
    { what: { servers: ['fs'], tools: ['write_all'] } },
    true,
  ],
  ['at one endpoint, and anywhere', { what: { ...writes, endpoints: ['team'] } }, { what: writes }, false],
  ['of some role, and of that one and another', { who: { roles: ['a'] } }, { who: { roles: ['a', 'b'] } }, false],
  [
    'of some role and some user, and of that role',
    { who: { roles: ['a'], users: ['u'] } },
    { who: { roles: ['a'] } },
    true,
  ],
  ['but not of one user', { exceptWho: { users: ['u'] } }, {}, false],
  ['under a condition', { when: 'true' }, {}, false],
  ['under the same condition', { when: 'true' }, { when: 'true' }, true],
  ['in fixed windows, and in every span', { algorithm: 'fixed_window' }, {}, false],
  ['in every span, and in fixed windows', {}, { algorithm: 'fixed_window' }, true],
  [
    'a smaller bucket that fills no faster',
    { algorithm: 'token_bucket', burst: 5 },
    { algorithm: 'token_bucket' },
    true,
  ],
  ['a larger bucket', { algorithm: 'token_bucket', burst: 11 }, { algorithm: 'token_bucket' }, false],
];

describe('a limit rule is covered by another', () => {
  for (const [say, stricter, other, covered] of ROWS)
    it(`${say}: ${covered ? 'yes' : 'not for certain'}`, () =>
      assert.equal(covers(entry(stricter), entry(other)), covered));

  it('of two that are the same one stays', () => {
    assert.deepEqual([...coveredBy(named(entry(), entry())).keys()], ['r1']);
  });
});

/** A counter as it is described, and as slow as that: whether a call at this moment has room. */
function counter({ limit, windowMs, algorithm = ALGORITHM_DEFAULT, burst = limit }: LimitRuleEntry) {
  const passed: number[] = [];
  let [level, last] = [burst, 0];
  return {
    hasRoom: (atMs: number) => {
      if (algorithm === 'token_bucket') {
        level = Math.min(burst, level + ((atMs - last) * limit) / windowMs);
        last = atMs;
        return level >= 1 - 1e-9;
      }
      const from = algorithm === 'fixed_window' ? Math.floor(atMs / windowMs) * windowMs : atMs - windowMs + 1;
      return passed.filter((each) => each >= from).length < limit;
    },
    count: (atMs: number) => {
      passed.push(atMs);
      level -= 1;
    },
  };
}

it('what is covered never refuses a call that the other lets through', () => {
  const rule = fc.record({
    limit: fc.integer({ min: 1, max: 4 }),
    windowMs: fc.constantFrom(1_000, 2_000, 3_000),
    algorithm: fc.constantFrom('sliding_window' as const, 'fixed_window' as const, 'token_bucket' as const),
    burst: fc.integer({ min: 1, max: 4 }),
  });
  const gaps = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 40 });
  let covered = 0;
  fc.assert(
    fc.property(rule, rule, gaps, (one, other, waits) => {
      const [first, second] = [entry(one), entry(other)];
      if (!covers(first, second)) return;
      covered += 1;
      const [stricter, looser] = [counter(first), counter(second)];
      let atMs = 10_000;
      for (const wait of waits) {
        atMs += wait;
        const [has, hasToo] = [stricter.hasRoom(atMs), looser.hasRoom(atMs)];
        assert.ok(hasToo || !has);
        if (!has) continue;
        stricter.count(atMs);
        looser.count(atMs);
      }
    }),
    { numRuns: 3_000 },
  );
  assert.ok(covered > 100, `${covered} pairs were covered`);
});
