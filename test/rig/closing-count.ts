/*
 * A named run of test files that ends in one line of counts: what was promised, and how much of it is kept.
 *
 *   test:many: 812 kept, 0 broken, 2 skipped, 61 files, 140 s
 *
 * The exit code is 1 when anything is broken, and when nothing ran at all.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Part {
  /** From the root of the repository. */
  readonly files: readonly string[];
  /** Of these, those that are not run. */
  readonly except?: readonly string[];
  /** Files at once: 1 for those that measure, or kill. */
  readonly atOnce: number;
  readonly testTimeMs: number;
}

interface Count {
  kept: number;
  broken: number;
  skipped: number;
}

/** One part after the other. */
export async function runCounted(name: string, parts: readonly Part[]): Promise<void> {
  const began = performance.now();
  const count = { kept: 0, broken: 0, skipped: 0 };
  let files = 0;
  for (const part of parts) {
    const without = new Set(globSync(part.except ?? [], { cwd: ROOT }));
    const found = globSync(part.files, { cwd: ROOT })
      .filter((file) => !without.has(file))
      .sort();
    files += found.length;
    if (found.length > 0) await pass(found, part, count);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const { kept, broken, skipped } = count;
  console.log(`${name}: ${kept} kept, ${broken} broken, ${skipped} skipped, ${files} files, ${seconds} s`);
  process.exitCode = broken === 0 && kept > 0 ? 0 : 1;
}

function pass(files: readonly string[], { atOnce, testTimeMs }: Part, count: Count): Promise<void> {
  const stream = run({ files: files.map((file) => ROOT + file), concurrency: atOnce, timeout: testTimeMs, cwd: ROOT });
  stream.on('test:pass', ({ skip, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined || skip === false) count.kept += 1;
    else count.skipped += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') count.broken += 1;
  });
  const shown = stream.compose(spec);
  shown.pipe(process.stdout, { end: false });
  return new Promise((resolve) => void shown.once('end', resolve));
}
