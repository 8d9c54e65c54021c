/*
 * The ratchet on lengths: files and functions stay short enough to be read in one sitting.
 *
 * Beyond the wanted length a file or function needs an entry in exceptions.ts with a reason; beyond the hard one there
 * is no pardon. Stories told in tests are as long as they are, so of test files only the file counts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LONG_FILES, LONG_FUNCTIONS } from './exceptions.ts';
import { functionsOf } from './functions.ts';
import { isTest, lineCount, read, SOURCES } from './tree.ts';

const FILE_LINES = { wanted: 250, hard: 500 };
const TEST_FILE_LINES = { wanted: 500, hard: 500 };
const FUNCTION_LINES = { wanted: 30, hard: 70 };
/** How far a file or function may fall below its entry before the entry must follow. */
const SLACK_LINES = 10;

interface Measured {
  readonly key: string;
  readonly lines: number;
  readonly wanted: number;
  readonly hard: number;
}

const files = SOURCES.map((path) => ({
  key: path,
  lines: lineCount(read(path)),
  ...(isTest(path) ? TEST_FILE_LINES : FILE_LINES),
}));

const functions = SOURCES.filter((path) => !isTest(path)).flatMap((path) =>
  functionsOf(read(path)).map(({ name, lines }) => ({ key: `${path} ${name}`, lines, ...FUNCTION_LINES })),
);

const groups: readonly [string, readonly Measured[], ReadonlyMap<string, number>][] = [
  ['file', files, new Map(LONG_FILES.map(({ path, lines }) => [path, lines]))],
  ['function', functions, new Map(LONG_FUNCTIONS.map(({ path, name, lines }) => [`${path} ${name}`, lines]))],
];

for (const [kind, measured, entries] of groups) {
  test(`no ${kind} is longer than the hard limit`, () => {
    const strays = measured.filter(({ lines, hard }) => lines > hard);
    assert.deepEqual(strays.map(shown), [], `split the ${kind}; there is no exception`);
  });

  test(`every ${kind} longer than wanted is listed with a reason`, () => {
    const strays = measured.filter(({ key, lines, wanted }) => lines > Math.max(wanted, entries.get(key) ?? 0));
    assert.deepEqual(strays.map(shown), [], `split the ${kind}, or give the reason in test/arch/exceptions.ts`);
  });

  test(`every exception for a ${kind} is needed and tight`, () => {
    const loose = [...entries].filter(([key, cap]) => {
      const longest = Math.max(0, ...measured.filter((one) => one.key === key).map(({ lines }) => lines));
      const wanted = measured.find((one) => one.key === key)?.wanted ?? Number.POSITIVE_INFINITY;
      return longest <= wanted || cap - longest > SLACK_LINES;
    });
    assert.deepEqual(loose, [], 'remove or lower the entry in test/arch/exceptions.ts');
  });
}

function shown({ key, lines, wanted, hard }: Measured): string {
  return `${key}: ${lines} lines (wanted ${wanted}, at most ${hard})`;
}
