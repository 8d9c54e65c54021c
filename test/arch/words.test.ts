/*
 * Words and calls we do not use, each with what to use instead.
 *
 * Only code is searched, not comments or strings. Where a rule must bend, the place and the reason stand in
 * exceptions.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARDONS } from './exceptions.ts';
import { codeLines } from './lexer.ts';
import { isTest, read, SOURCES } from './tree.ts';

interface Ban {
  readonly rule: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where the rule holds: beginnings of paths. Everywhere when left out. */
  readonly under?: readonly string[];
  /** Where it does not. */
  readonly but?: readonly string[];
}

const BANS: readonly Ban[] = [
  { rule: 'default export', pattern: /\bexport default\b/, instead: 'a named export' },
  { rule: 'enum', pattern: /(?<![.\w])enum [A-Z]/, instead: 'a union of strings, or a table `as const`' },
  { rule: 'any', pattern: /\bas any\b|: any\b|<any>/, instead: 'unknown and a check' },
  { rule: 'non-null', pattern: /[\w)\]]!(?=[.,;)\]])/, instead: 'a check that says what happens otherwise' },
  {
    rule: 'console',
    pattern: /\bconsole\.\w+\(/,
    instead: 'the log that is handed in, or the command line’s output',
    under: ['src/'],
    but: ['src/cli/'],
  },
  {
    rule: 'clock',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    instead: 'a time or clock that is handed in (time is an argument; src/main.ts owns the clock)',
    under: ['src/'],
    but: ['src/main.ts', 'src/ops/'],
  },
  {
    rule: 'chance',
    pattern: /\bMath\.random\(/,
    instead: 'a number that is handed in, or node:crypto for secrets',
    under: ['src/'],
    but: ['src/main.ts', 'src/ops/'],
  },
  {
    rule: 'environment',
    pattern: /\bprocess\.env\b/,
    instead: 'a value from src/config, or an environment that is handed in',
    under: ['src/'],
    but: ['src/config/', 'src/cli/', 'src/main.ts'],
  },
  {
    rule: 'fetch',
    pattern: /(?<![.\w])fetch\(/,
    instead: 'the dialer and undici’s dispatch (four to seven times cheaper)',
    under: ['src/proxy/'],
  },
  {
    rule: 'timer',
    pattern: /\bset(?:Timeout|Interval)\(/,
    instead: 'the one timer wheel (src/proxy/timer-wheel.ts)',
    under: ['src/proxy/'],
    but: ['src/proxy/timer-wheel.ts'],
  },
  {
    rule: 'era',
    pattern: /\b(?:era|revision) ?[!=]==? (?!undefined)|[!=]==? ?\S*\.(?:era|revision)\b/,
    instead: 'a word of the codec (src/wire/codec.ts) that says what differs',
    under: ['src/'],
    but: ['src/wire/', 'src/proxy/session/'],
  },
];

const EMPTY_NAMES = /(?:^|[/-])(?:utils?|help(?:ers?)|managers?|common|misc|services?)(?:[/.-]|$)/i;
const EMPTY_CLASSES = /\bclass \w*(?:Utils?|Help(?:er)|Manager|Common|Misc|Service)\b/;

interface Use {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
}

const code = new Map(
  SOURCES.filter((path) => !isTest(path) || path.startsWith('src/')).map((path) => [path, codeLines(read(path))]),
);

const begins = (path: string, starts: readonly string[]): boolean => starts.some((start) => path.startsWith(start));

function usesOf({ rule, pattern, under = [''], but = [] }: Ban): Use[] {
  const searched = [...code].filter(
    ([path]) => begins(path, under) && !begins(path, but) && (under[0] === '' || !isTest(path)),
  );
  return searched.flatMap(([path, lines]) =>
    lines.flatMap((text, at) => (pattern.test(text) ? [{ rule, path, line: at + 1 }] : [])),
  );
}

const pardonOf = (use: Use) => PARDONS.find(({ rule, path }) => rule === use.rule && use.path.startsWith(path));

for (const ban of BANS) {
  test(`${ban.rule}: use ${ban.instead}`, () => {
    const strays = usesOf(ban).filter((use) => !pardonOf(use));
    assert.deepEqual(
      strays.map(({ path, line }) => `${path}:${line}`),
      [],
    );
  });
}

test('every pardon is used', () => {
  const needed = new Set(BANS.flatMap(usesOf).map(pardonOf));
  assert.deepEqual(
    PARDONS.filter((pardon) => !needed.has(pardon)),
    [],
  );
});

test('no error of the compiler is silenced', () => {
  const strays = SOURCES.filter((path) => /@ts-(?:ignore|nocheck|expect-error)/.test(read(path)) && path !== OWN_PATH);
  assert.deepEqual(strays, [], 'change the type instead');
});

test('no file, folder or class has a name that says nothing', () => {
  const classes = [...code].filter(([, lines]) => lines.some((line) => EMPTY_CLASSES.test(line))).map(([path]) => path);
  assert.deepEqual([...SOURCES.filter((path) => EMPTY_NAMES.test(path)), ...classes], [], 'name what it does');
});

const OWN_PATH = 'test/arch/words.test.ts';
