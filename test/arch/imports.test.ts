/*
 * Who may import whom under src/. What is not named may not be imported.
 *
 * The borders are what lets a reader hold one folder in the head: `wire` can be read without knowing sockets, `proxy`
 * without knowing configuration files. Tests are guests of their folder and may import anything.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, resolveImport } from './imports.ts';
import { isTest, read, SOURCES } from './tree.ts';

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  wire: ['model'],
  proxy: ['model', 'wire'],
  config: ['model'],
  ops: ['model'],
  instance: [],
  control: ['model', 'config'],
  client: ['model', 'wire'],
  sample: [],
  cli: ['client', 'config', 'instance', 'model'],
};

/** The files that join the folders: the composition root with its part about reloads, and the one through which the command line reaches it. */
const JOINTS: Readonly<Record<string, readonly string[]>> = {
  'src/main.ts': [
    ...['model', 'proxy', 'config', 'instance', 'ops', 'control'],
    ...['control-plane.ts', 'data-plane.ts', 'managed.ts', 'reload.ts', 'running.ts'],
  ],
  'src/data-plane.ts': ['model', 'wire', 'proxy', 'instance', 'ops', 'control', 'running.ts'],
  'src/control-plane.ts': [
    ...['model', 'proxy', 'config', 'ops', 'control'],
    ...['data-plane.ts', 'managed.ts', 'running.ts'],
  ],
  'src/managed.ts': ['model', 'wire', 'config', 'ops', 'control', 'control-plane.ts', 'kept.ts'],
  'src/kept.ts': ['config', 'control', 'ops'],
  'src/reload.ts': ['model', 'proxy', 'config', 'ops', 'control'],
  'src/running.ts': ['model', 'proxy', 'config', 'reload.ts'],
  'src/cli/process-io.ts': ['cli', 'client', 'config', 'instance', 'model', 'main.ts'],
};

/** Modules that reach outside the process. `model` and `wire` are pure and may not have them. */
const OUTSIDE = /^node:(?!buffer$|assert|util$|string_decoder$)/;

const sources = SOURCES.filter((path) => path.startsWith('src/') && !isTest(path));
const zoneOf = (path: string): string => path.split('/')[1] ?? '';
const edges = sources.flatMap((from) =>
  importsOf(read(from)).map((found) => ({ from, ...found, to: resolveImport(from, found.specifier) })),
);

test('every folder of src has its row in the table of borders', () => {
  const zones = new Set(sources.filter((path) => !(path in JOINTS)).map(zoneOf));
  assert.deepEqual(
    [...zones].filter((zone) => !(zone in MAY_IMPORT)),
    [],
  );
});

for (const zone of Object.keys(MAY_IMPORT)) {
  test(`src/${zone} imports only what it may`, () => {
    const strays = edges.filter(({ from, to }) => zoneOf(from) === zone && to !== undefined && !mayReach(from, to));
    assert.deepEqual(strays.map(shown), []);
  });
}

test('the composition root imports everything but the command line', () => {
  const strays = edges.filter(({ from, to }) => /^src\/[^/]+$/.test(from) && to !== undefined && !mayReach(from, to));
  assert.deepEqual(strays.map(shown), []);
});

test('model and wire are pure: no package, no module that reaches outside', () => {
  const strays = edges.filter(
    ({ from, to, specifier }) =>
      to === undefined &&
      ['model', 'wire'].includes(zoneOf(from)) &&
      (OUTSIDE.test(specifier) || !specifier.startsWith('node:')),
  );
  assert.deepEqual(strays.map(shown), []);
});

test('no source imports a test, or anything outside src', () => {
  const strays = edges.filter(({ to }) => to !== undefined && (isTest(to) || !to.startsWith('src/')));
  assert.deepEqual(strays.map(shown), []);
});

test('every relative import names a file that is there', () => {
  const strays = edges.filter(({ to }) => to !== undefined && !SOURCES.includes(to));
  assert.deepEqual(strays.map(shown), []);
});

function mayReach(from: string, to: string): boolean {
  const allowed = JOINTS[from] ?? [zoneOf(from), ...(MAY_IMPORT[zoneOf(from)] ?? [])];
  return allowed.includes(zoneOf(to));
}

function shown(edge: (typeof edges)[number]): string {
  return `${edge.from}:${edge.line} → ${edge.specifier}`;
}
