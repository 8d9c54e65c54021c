/*
 * `npm run test:many`: everything that is promised about many servers behind one address, ending in one line of counts.
 *
 * The heavy parts are the files beside this one (`*.many.ts`): with GATEWRIGHT_FULL they run their full counts, otherwise
 * fewer. The rest is the part of `npm test` that speaks of the same promises, so that one command shows all of them;
 * `--heavy` leaves it out, for who runs `npm test` anyway.
 */
import { runCounted } from '../rig/closing-count.ts';

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

const testTimeMs = process.env.GATEWRIGHT_FULL === undefined ? 180_000 : 1_200_000;

// One heavy part at a time: they measure, and they kill.
const heavy = { files: ['test/many/*.many.ts'], atOnce: 1, testTimeMs };
const light = { files: ALSO, atOnce: 2, testTimeMs };
await runCounted('test:many', process.argv.includes('--heavy') ? [heavy] : [heavy, light]);
