/*
 * `npm run test:many`: everything that is promised about many servers behind one address, ending in one line of counts.
 *
 * The heavy parts are the files beside this one (`*.many.ts`): with GATEWRIGHT_FULL they run their full counts, otherwise
 * fewer. The rest is the part of `npm test` that speaks of the same promises, so that one command shows all of them.
 */
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Tests of `npm test` that are part of the promise. */
const ALSO = [
  'src/config/**/*.test.ts',
  'src/proxy/policy/*.test.ts',
  'src/proxy/upstream/stdio*.test.ts',
  'test/flow/aggregate-*.test.ts',
  'test/flow/stdio-*.test.ts',
  'test/flow/http-sse*.test.ts',
  'src/proxy/upstream/{life,start-queue,upstream}.test.ts',
  'test/flow/limits-processes.test.ts',
  'test/flow/lists.test.ts',
  'src/proxy/reply/*.test.ts',
  'src/proxy/upstream/read-lists.test.ts',
];

const TEST_TIME_MS = process.env.GATEWRIGHT_FULL === undefined ? 180_000 : 1_200_000;

const heavy = globSync('test/many/*.many.ts', { cwd: ROOT }).sort();
const light = globSync(ALSO, { cwd: ROOT }).sort();
const began = performance.now();
const count = { pass: 0, fail: 0, skipped: 0 };

// One heavy part at a time: they measure, and they kill.
await pass(heavy, 1);
await pass(light, 2);

const seconds = Math.round((performance.now() - began) / 1000);
const files = `${heavy.length + light.length} files`;
console.log(`test:many: ${count.pass} kept, ${count.fail} broken, ${count.skipped} skipped, ${files}, ${seconds} s`);
process.exitCode = count.fail === 0 && count.pass > 0 ? 0 : 1;

function pass(files: readonly string[], concurrency: number): Promise<void> {
  const stream = run({ files: files.map((file) => ROOT + file), concurrency, timeout: TEST_TIME_MS, cwd: ROOT });
  stream.on('test:pass', ({ skip, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined || skip === false) count.pass += 1;
    else count.skipped += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') count.fail += 1;
  });
  const shown = stream.compose(spec);
  shown.pipe(process.stdout, { end: false });
  return new Promise((resolve) => void shown.once('end', resolve));
}
