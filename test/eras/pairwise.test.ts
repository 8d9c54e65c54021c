/*
 * The choice of rows covers what it claims to cover.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CANNOT, cannotBe } from './cannot.ts';
import { FEATURES } from './features.ts';
import { ENDPOINTS, KINDS } from './kinds.ts';
import { pairsOf, pairwiseRows, singleRows } from './pairwise.ts';

it('every two values that can meet do meet in a chosen row', () => {
  const chosen = new Set(pairwiseRows().flatMap(pairsOf));
  const possible = singleRows().flatMap(pairsOf);
  assert.deepEqual(
    possible.filter((pair) => !chosen.has(pair)),
    [],
  );
});

it('the choice is far smaller than the matrix, and the same every time', () => {
  const rows = pairwiseRows();
  assert.ok(rows.length < 150, `${rows.length} rows`);
  assert.deepEqual(rows, pairwiseRows());
});

it('features have names of their own, and rules name features that exist', () => {
  const names = FEATURES.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    CANNOT.flatMap(({ features }) => features).filter((name) => !names.includes(name)),
    [],
  );
});

it('every rule applies to some pair and to no pair of everything', () => {
  const pairs = KINDS.flatMap((client) => KINDS.map((server) => ({ client, server, endpoint: ENDPOINTS[0] })));
  for (const { features, why, applies } of CANNOT) {
    assert.ok(pairs.some(applies), why);
    assert.ok(!pairs.every(applies), why);
    for (const pair of pairs.filter(applies)) assert.ok(features.every((name) => cannotBe(name, pair)));
  }
});
