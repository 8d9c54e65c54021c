/*
 * `npm run test:control`: everything that is promised about managing a gateway while it runs, ending in one line of counts.
 *
 * The heavy parts are the files beside this one that `npm test` leaves out (`*.control.ts`): they start databases, kill
 * gateways and measure. With GATEWRIGHT_FULL they run their full counts, otherwise fewer. The rest is the part of `npm test`
 * that speaks of the same promises, so that one command shows all of them; `--heavy` leaves it out, for who runs
 * `npm test` anyway.
 */
import { runCounted } from '../rig/closing-count.ts';

/** Tests of `npm test` that are part of the promise. */
const ALSO = [
  'test/control/**/*.test.ts',
  'src/control/**/*.test.ts',
  'src/model/{table,people,overlay,admin-errors}.test.ts',
  'src/config/{resolve-control,static-settings,load,watch}.test.ts',
];

/** These measure, or kill, or fill a disk: one at a time. */
const ALONE = ['test/control/**/{scale,calls-under-writes,publish-time,kill,faults}*.control.ts'];

const testTimeMs = process.env.GATEWRIGHT_FULL === undefined ? 180_000 : 1_200_000;

const alone = { files: ALONE, atOnce: 1, testTimeMs };
const heavy = { files: ['test/control/**/*.control.ts'], except: ALONE, atOnce: 2, testTimeMs };
const light = { files: ALSO, atOnce: 2, testTimeMs };
await runCounted('test:control', process.argv.includes('--heavy') ? [alone, heavy] : [alone, heavy, light]);
