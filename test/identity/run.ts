/*
 * `npm run test:identity`: everything that is promised about who asks and what they may do, ending in one line of counts.
 *
 * The heavy parts are the files beside this one that `npm test` leaves out (`*.identity.ts`): with GATEWRIGHT_FULL they and
 * the model tests run their full counts, otherwise fewer. The rest is the part of `npm test` that speaks of the same
 * promises, so that one command shows all of them; `--heavy` leaves it out, for who runs `npm test` anyway.
 */
import { runCounted } from '../rig/closing-count.ts';

/** Tests of `npm test` that are part of the promise. */
const ALSO = [
  'test/identity/**/*.test.ts',
  'src/proxy/{auth,policy,egress}/**/*.test.ts',
  'src/proxy/doors/{cors,facts,head,open-pages,routes}.test.ts',
  'src/cli/doctor/*.test.ts',
  'src/ops/tls-files.test.ts',
  'src/model/pattern.test.ts',
  'src/{cli,config,control,model}/**/{*access*,*auth*,*explain*,*identity*,*key*,*listen*,*secret*,*token*}.test.ts',
  'test/flow/{cross-origin,forwarded,limits-identity,limits-issuers,operator-socket,request-ids,sse-door-strangers,tls,ways-out}.test.ts',
  'test/flow/bad-input-*.test.ts',
  'test/flow/{request-state,tasks}.test.ts',
];

const testTimeMs = process.env.GATEWRIGHT_FULL === undefined ? 180_000 : 1_200_000;

// One heavy part at a time: they measure.
const heavy = { files: ['test/identity/**/*.identity.ts'], atOnce: 1, testTimeMs };
const light = { files: ALSO, atOnce: 2, testTimeMs };
await runCounted('test:identity', process.argv.includes('--heavy') ? [heavy] : [heavy, light]);
