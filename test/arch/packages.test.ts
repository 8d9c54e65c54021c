/*
 * What we depend on: each with a reason, none with an install script but the one we chose, and no word in the lock file
 * about where anything was fetched from.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, read } from './tree.ts';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly hasInstallScript?: boolean }>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const locks = FILES.filter((path) => path.endsWith('package-lock.json'));
const REASON = /^\| `(?<name>[^`]+)` \|[^|\n]*\S[^|\n]*\|/gm;

const reasonsOf = (heading: string): string[] => {
  const section =
    read('docs/dependencies.md')
      .split(/^## /m)
      .find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(REASON)].map((match) => match.groups?.name ?? '').sort();
};

test('every runtime dependency has its reason, and every reason its dependency', () => {
  assert.deepEqual(reasonsOf('At run time'), Object.keys(manifest.dependencies).sort());
});

test('every development dependency has its reason, and every reason its dependency', () => {
  assert.deepEqual(reasonsOf('For development'), Object.keys(manifest.devDependencies).sort());
});

test('only the packages named in allowScripts have install scripts', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;
  const running = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
  assert.deepEqual(
    running.map((path) => path.replace(/^.*node_modules\//, '')),
    Object.keys(manifest.allowScripts),
  );
});

for (const lock of locks) {
  test(`${lock} does not say where packages were fetched from`, () => {
    const { packages } = JSON.parse(read(lock)) as Lock;
    const telling = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined);
    assert.deepEqual(
      telling.map(([path]) => path),
      [],
    );
    assert.doesNotMatch(read(lock), /https?:\/\/[^"]*\.tgz/);
  });
}

test('npm is told to keep it so', () => {
  for (const folder of locks.map((lock) => lock.slice(0, -'package-lock.json'.length))) {
    assert.match(read(`${folder}.npmrc`), /^omit-lockfile-registry-resolved=true$/m);
  }
});
