import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeEndpoint, madeServer } from '../../../../test/rig/made.ts';
import { LOCAL_USER, type Principal } from '../../../model/principal.ts';
import type { RequestAbout } from '../decision.ts';
import { STRING_LENGTH_MAX } from './cel.ts';
import { compileCondition, conditionFault, type Truth } from './condition.ts';
import { type Known, principalValue, Question } from './question.ts';
import { EXPRESSION_LENGTH_MAX, LIST_LENGTH_MAX, NESTING_MAX } from './reads.ts';

const PLACE = { endpoint: madeEndpoint('', { servers: ['fs'] }), server: madeServer('fs') };
const ANN: Principal = {
  ...LOCAL_USER,
  id: 'iss|ann',
  kind: 'user',
  user: 'ann',
  claims: JSON.parse('{"dept":"ops","nested":{"level":3},"__proto__":{"admin":true},"constructor":"c"}'),
};
const ABOUT: RequestAbout = {
  request: { id: 'r1', address: '10.1.2.3', headers: { 'x-team': 'blue' } },
  door: 'mcp-http',
  revision: '2025-11-25',
  method: 'tools/call',
  nowMs: Date.UTC(2026, 2, 29, 2, 30, 15, 250),
};

function asked(text: string, json: string, known: Partial<Known> = {}): Truth {
  const argumentsOf = () => JSON.parse(json);
  const all: Known = { place: PLACE, kind: 'tools', key: 'read', about: ABOUT, argumentsOf, ...known };
  return compileCondition(text).test(principalValue(ANN), new Question(all));
}

const rowsOf = (json: string, rows: readonly [string, Truth][]) => () => {
  for (const [text, expected] of rows) test(`${text} is ${expected}`, () => assert.equal(asked(text, json), expected));
};

describe('what a condition sees of a call', () => {
  describe(
    'arguments',
    rowsOf('{"path":"/data/x","n":3,"list":["a","b"],"nothing":null,"deep":{"a":[{"b":true}]}}', [
      ['arguments.path.startsWith("/data/")', true],
      ['arguments.path == "/etc"', false],
      ['arguments.n == 3', true],
      ['arguments.n < 3', false],
      ['arguments.n + 1.0 == 4.0', true],
      ['arguments.n + 1 == 4', 'error'],
      ['"b" in arguments.list', true],
      ['arguments.list.exists(x, x == "c")', false],
      ['arguments.list.map(x, x + "!").exists(x, x == "b!")', true],
      ['size(arguments.list) == 2', true],
      ['arguments.deep.a[0].b', true],
      ['arguments.none == 1', 'error'],
      ['has(arguments.none)', false],
      ['has(arguments.nothing)', true],
      ['"nothing" in arguments', true],
      ['!has(arguments.none) || arguments.none == 1', true],
      ['arguments.path', 'error'],
      ['arguments.path && true', 'error'],
      ['arguments.path.matches("^/data/[a-z]+$")', true],
      ['arguments.path.matches("^data")', false],
    ]),
  );
  describe(
    'names that mean something elsewhere',
    rowsOf('{"__proto__":"p","constructor":"c","$typeName":"google.protobuf.Timestamp","seconds":"1"}', [
      ['arguments["__proto__"] == "p"', true],
      ['arguments.constructor == "c"', true],
      ['arguments["$typeName"].startsWith("google")', true],
      ['has(arguments.toString) || has(arguments.hasOwnProperty)', false],
      ['principal.claims["__proto__"].admin', true],
      ['principal.claims.constructor == "c"', true],
      ['has(principal.claims.valueOf)', false],
    ]),
  );
  describe(
    'who asks, for what, and how',
    rowsOf('{}', [
      ['principal.id == "iss|ann" && principal.kind == "user" && principal.user == "ann"', true],
      ['"system_admin" in principal.roles && principal.groups == [] && principal.scopes == []', true],
      ['principal.organisation == "default" && principal.claims.dept == "ops"', true],
      ['principal.claims.nested.level >= 3', true],
      ['principal.claims.none == "x"', 'error'],
      ['target.server == "fs" && target.endpoint == "default"', true],
      ['target.kind == "tool" && target.name == "read"', true],
      ['request.address.startsWith("10.") && request.door == "mcp-http"', true],
      ['request.headers["x-team"] == "blue" && !("x-other" in request.headers)', true],
      ['request.method == "tools/call" && request.revision == "2025-11-25"', true],
    ]),
  );
  describe(
    'time, in no zone of this machine',
    rowsOf('{}', [
      ['request.time.getHours() == 2 && request.time.getMinutes() == 30', true],
      ['request.time.getHours("Europe/Berlin") == 4', true],
      ['request.time.getHours("+01:00") == 3 && request.time.getHours("-03:00") == 23', true],
      ['request.time.getDayOfWeek() == 0 && request.time.getDate() == 29 && request.time.getDayOfMonth() == 28', true],
      ['request.time.getFullYear() == 2026 && request.time.getMonth() == 2 && request.time.getDayOfYear() == 87', true],
      ['request.time < timestamp("2026-03-29T02:30:16Z")', true],
      ['request.time.getHours("Nowhere/Here") == 1', 'error'],
    ]),
  );
});

describe('what is not known yet', () => {
  const early: Partial<Known> = { about: undefined, argumentsOf: undefined };
  const listing: Partial<Known> = { argumentsOf: undefined };
  const rows: readonly [string, Partial<Known>, Truth][] = [
    ['arguments.path == "x"', listing, 'unknown'],
    ['has(arguments.path)', listing, 'unknown'],
    ['target.name == "other" && arguments.path == "x"', listing, false],
    ['target.name == "read" || arguments.path == "x"', listing, true],
    ['target.name == "read" && arguments.path == "x"', listing, 'unknown'],
    ['arguments.list.all(x, x == "a")', listing, 'unknown'],
    ['request.address == "10.1.2.3"', early, 'unknown'],
    ['request.address == "10.1.2.3"', listing, true],
    ['request.method == "tools/call"', listing, true],
    ['principal.user == "ann"', early, true],
    ['principal.claims.none', early, 'error'],
    ['target.name == "file:///x"', { ...early, kind: 'templates' }, 'unknown'],
    ['target.server == "git"', { ...early, kind: 'templates' }, false],
    ['target.name == "read"', { ...early, key: undefined }, 'unknown'],
    ['target.server == "fs" && target.kind == "tool"', { ...early, key: undefined }, true],
    ['principal.user == "bob" && target.name == "x"', { ...early, kind: 'templates' }, false],
  ];
  for (const [text, known, expected] of rows) {
    test(`${text} is ${expected}`, () => assert.equal(asked(text, '{}', known), expected));
  }

  test('arguments that cannot be read make an error of what looks at them, and of nothing else', () => {
    const argumentsOf = () => {
      throw new Error('no');
    };
    assert.equal(asked('has(arguments.x)', '{}', { argumentsOf }), 'error');
    assert.equal(asked('!has(arguments.x)', '{}', { argumentsOf }), 'error');
    assert.equal(asked('principal.user == "ann"', '{}', { argumentsOf }), true);
  });
});

describe('what a condition may use', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}.size() == 0`;
  const rows: readonly [string, string, string, Truth][] = [
    ['a text as long as may be', 'arguments.a.size() > 1', 'a'.repeat(STRING_LENGTH_MAX), true],
    ['a longer one', 'arguments.a.size() > 1', 'a'.repeat(STRING_LENGTH_MAX + 1), 'error'],
    ['two that are longer together', 'size(arguments.a + "x") > 1', 'a'.repeat(STRING_LENGTH_MAX), 'error'],
    ['a pattern that is a trap elsewhere', 'arguments.a.matches("(a+)+$")', `${'a'.repeat(50_000)}b`, false],
    ['a pattern with a text too long for it', 'arguments.a.matches("[ab]*a[ab]{20}$")', 'a'.repeat(50_000), 'error'],
  ];
  for (const [what, text, a, expected] of rows) {
    test(what, () => assert.equal(asked(text, JSON.stringify({ a })), expected));
  }

  test('rounds within rounds', () => {
    const list = JSON.stringify({ l: Array.from({ length: 200 }, (_, at) => at) });
    assert.equal(asked('arguments.l.all(x, x >= 0)', list), true);
    const nested = 'arguments.l.all(x, arguments.l.all(y, arguments.l.all(z, x + y + z >= 0)))';
    assert.equal(asked(nested, list), 'error');
    const written = `[${Array.from({ length: 200 }, (_, at) => at)}]`;
    assert.equal(asked(`${written}.all(x, ${written}.all(y, ${written}.all(z, x + y + z >= 0)))`, '{}'), 'error');
  });

  test('maps without number, of which each takes a while to make', () => {
    const maps = (length: number) => JSON.stringify({ l: Array.from({ length }, () => ({})) });
    assert.equal(asked('arguments.l.size() > 1', maps(20_000)), true);
    assert.equal(asked('arguments.l.size() > 1', maps(40_000)), 'error');
  });

  test('all conditions of a decision use it up together', () => {
    const json = JSON.stringify({ l: Array.from({ length: 9_000 }, () => 1) });
    const question = new Question({
      place: PLACE,
      kind: 'tools',
      key: 'read',
      about: ABOUT,
      argumentsOf: () => JSON.parse(json),
    });
    const condition = compileCondition('arguments.l.all(x, x == 1.0)');
    const answers = Array.from({ length: 5 }, () => condition.test(principalValue(ANN), question));
    assert.equal(answers[0], true);
    assert.equal(answers.at(-1), 'error');
  });

  const faults: readonly [string, string, RegExp | undefined][] = [
    ['an expression as long as may be', `true ${' '.repeat(EXPRESSION_LENGTH_MAX - 5)}`, undefined],
    ['a longer one', `true ${' '.repeat(EXPRESSION_LENGTH_MAX - 4)}`, /^It is longer than 4096 characters\.$/],
    ['nesting as deep as may be', deep(NESTING_MAX - 2), undefined],
    ['deeper', deep(NESTING_MAX - 1), /^It is nested more than 32 levels deep\.$/],
    ['a path as long as may be', `has(arguments${'.a'.repeat(NESTING_MAX - 1)})`, undefined],
    ['a longer one', `has(arguments${'.a'.repeat(NESTING_MAX)})`, /^It is nested more than 32/],
    ['a list as long as may be', `1 in [${'1,'.repeat(LIST_LENGTH_MAX - 1)}1]`, undefined],
    ['a longer list', `1 in [${'1,'.repeat(LIST_LENGTH_MAX)}1]`, /^A list in it has more than 256 elements\.$/],
    ['a longer map', `1 in {${Array.from({ length: LIST_LENGTH_MAX + 1 }, (_, at) => `${at}:1`)}}`, /^A list in it/],
    ['what is no expression', 'principal.id ==', /^It is no CEL expression: line 1, column 1\d\.$/],
    ['a name that is none', 'prinzipal.id == "x"', /^There is nothing called "prinzipal"\.$/],
    ['a member that is none', 'principal.role == "x"', /^principal has no "role"\.$/],
    ['a function that is none', 'lower(principal.id) == "x"', /^There is no function "lower"\.$/],
    ['a type of the library', 'google.protobuf.Timestamp{seconds: 1} == request.time', /^It makes a message/],
    [
      'a macro that hides a name',
      'arguments.l.all(request, true)',
      /^The variable of a macro cannot be called request\.$/,
    ],
    ['a pattern of a caller', 'arguments.a.matches(arguments.b)', /^The pattern of matches must be written out/],
    ['a pattern that is none', 'arguments.a.matches("(")', /it is no RE2 pattern\.$/],
    ['a pattern with a back reference', String.raw`arguments.a.matches("(a)\\1")`, /it is no RE2 pattern\.$/],
    ['a pattern as large as may be', 'arguments.a.matches("[a-z]{390}")', undefined],
    ['a larger one', 'arguments.a.matches("[a-z]{400}")', /the pattern is too large\.$/],
    ['a header field that may be read', 'request.headers["x-team"] == "a"', undefined],
    ['another header field', 'request.headers.cookie == "a"', /^It reads a header field that access\.conditionHeaders/],
  ];
  for (const [what, text, fault] of faults) {
    test(`${what} is ${fault ? 'refused' : 'taken'}`, () => {
      const said = conditionFault(text, ['x-team']);
      if (fault) assert.match(said ?? '', fault);
      else assert.equal(said, undefined);
      // A gateway that was not told asks no such condition either.
      if (fault && !text.includes('cookie')) assert.equal(asked(text, '{"l":[1]}'), 'error');
    });
  }
});
