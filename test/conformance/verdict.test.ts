/*
 * The judgement and the expectations, without the suite: each way in which a pairing can be kept or broken, and that no line
 * of `expected/` is without a reason, without a scenario, or in a file that nobody reads.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { type Expected, expectedIn } from './expected.ts';
import { allPairings, expectedOf, fileOf, labelOf, sideOf } from './pairings.ts';
import { scenariosOf } from './requirements.ts';
import type { Check, ScenarioResult } from './suite.ts';
import { tourOf } from './tours.ts';
import { judge } from './verdict.ts';

const check = (id: string, status: Check['status'], name = id): Check => ({ id, name, status });
const scenario = (...checks: Check[]): ScenarioResult => ({ scenario: 'ping', part: 'required', checks });
const beyond = (...checks: Check[]): ScenarioResult => ({ ...scenario(...checks), part: 'beyond' });
const of = (passed: number) => ({ passed, total: 1 });
const none = { passed: 0, total: 0 };
const whole: Expected = { scenario: 'ping', check: undefined, reason: 'why' };
const single: Expected = { scenario: 'ping', check: 'a', reason: 'why' };

const good = check('a', 'SUCCESS');
const bad = check('a', 'FAILURE');

for (const [sentence, results, expected, wanted] of [
  ['what passes is kept', [scenario(good)], [], { required: of(1), expected: 0, isKept: true }],
  ['a warning fails nothing', [scenario(check('a', 'WARNING'))], [], { required: of(1), isKept: true }],
  [
    'a failure that nobody expects breaks the pairing',
    [scenario(bad)],
    [],
    { required: of(0), expected: 0, isKept: false },
  ],
  ['a failure that is expected is kept', [scenario(bad)], [whole], { required: of(0), expected: 1, isKept: true }],
  ['one check may be expected to fail', [scenario(bad)], [single], { required: of(0), expected: 1, isKept: true }],
  ['also by its name', [scenario(check('x', 'FAILURE', 'a'))], [single], { expected: 1, isKept: true }],
  ['it excuses no other', [scenario(bad, check('b', 'FAILURE'))], [single], { expected: 0, isKept: false }],
  ['an expectation that does not come true is stale', [scenario(good)], [whole], { required: of(1), isKept: false }],
  [
    'so is one of a check that does not fail',
    [scenario(good, check('b', 'FAILURE'))],
    [single, whole],
    { isKept: false },
  ],
  ['and one of a scenario that is not there', [], [whole], { isKept: false }],
  [
    'what is beyond the requirements is counted apart',
    [beyond(good)],
    [],
    { required: none, beyond: of(1), isKept: true },
  ],
  ['and held as they are', [beyond(bad)], [], { required: none, beyond: of(0), isKept: false }],
  ['an extension cannot fail', [{ ...scenario(bad), part: 'extension' }], [], { required: none, isKept: true }],
] as const) {
  test(sentence, () => {
    const verdict = judge(results, expected);
    assert.deepEqual({ ...verdict, ...wanted }, verdict);
  });
}

test('a line names a scenario or one check of it, and its reason', () => {
  assert.deepEqual(expectedIn('server:\n  - ping # why\n  - ping:a # why\n', 'server', 'f'), [whole, single]);
});

for (const [sentence, text, message] of [
  ['without a reason', 'server:\n  - ping\n', /ping has no reason/],
  ['that is no name', 'server:\n  - ping: a # why\n', /is no name/],
  ['for the other side', 'client:\n  - ping # why\n', /a list named server/],
  ['in a file that is no YAML', 'server: [', /f: /],
] as const) {
  test(`a line ${sentence} is refused`, () => assert.throws(() => expectedIn(text, 'server', 'f'), message));
}

test('every pairing has a label and a file of its own', () => {
  const pairings = allPairings();
  assert.equal(new Set(pairings.map(labelOf)).size, pairings.length);
  assert.equal(new Set(pairings.map(fileOf)).size, pairings.length);
});

test('every file of expectations belongs to a pairing, and its lines name scenarios that the pairing holds', async () => {
  const pairings = allPairings();
  const files = await readdir(new URL('expected/', import.meta.url));
  assert.deepEqual(
    files.filter((file) => !pairings.some((pairing) => fileOf(pairing) === file)),
    [],
  );
  for (const pairing of pairings) {
    const held = scenariosOf(pairing.revision, sideOf(pairing)).filter((each) => each.part !== 'extension');
    const known = held.map((each) => each.scenario);
    assert.deepEqual(
      expectedOf(pairing).filter((each) => !known.includes(each.scenario)),
      [],
    );
  }
});

test('a client can be led through every scenario of the client side', () => {
  for (const { revision } of allPairings()) {
    for (const each of scenariosOf(revision, 'client')) assert.ok(tourOf(each.scenario));
  }
});

test('the README says how many scenarios pass in one era', () => {
  const pairings = allPairings().filter(({ kind, way }) => kind === 'same' && way === 'http');
  const required = pairings
    .flatMap(({ revision }) => scenariosOf(revision, 'server'))
    .filter(({ part }) => part === 'required');
  const passed = required.length - pairings.flatMap(expectedOf).length;
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  assert.ok(readme.includes(`official suite passes ${passed} of ${required.length} scenarios`), `${passed}`);
});
