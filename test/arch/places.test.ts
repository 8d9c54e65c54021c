/*
 * The project speaks of itself alone: no address of a package registry, no path of somebody's machine.
 *
 * Such traces are how a repository tells strangers where it was made, and how a build comes to work in one place only.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES, read } from './tree.ts';

const TEXT = /\.(?:ts|js|mjs|json|md|ya?ml|sh|toml|css|html|txt)$|(?:^|\/)[^./]+$|\.npmrc$|\.gitignore$/;

const TRACES: readonly { name: string; pattern: RegExp }[] = [
  {
    name: 'the address of a package registry',
    pattern: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|\/api\/npm\/|^\s*registry\s*=/im,
  },
  {
    name: 'a path below a home or work folder',
    pattern: /(?<![\w.~-])\/(?:root|home|Users|work|mnt|build|workspace)\/[\w.]/,
  },
];

/** Examples that must look like real paths. */
const INVENTED = /\/(?:home|Users)\/(?:ada|me|you|alice|bob)\b/g;

for (const { name, pattern } of TRACES) {
  test(`no file has ${name}`, () => {
    const strays = FILES.filter((path) => TEXT.test(path) && path !== 'test/arch/places.test.ts').filter((path) =>
      pattern.test(read(path).replace(INVENTED, '')),
    );
    assert.deepEqual(strays, []);
  });
}
