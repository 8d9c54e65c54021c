/*
 * `npm run conformance`: the official suite against our fixture server, through the
 * gateway's transparent endpoint (`--direct`: without the gateway). Ends with one line per
 * requirement set; the exit code is 1 unless every scored scenario passes.
 *
 *   --set REVISION   one set alone        --only SCENARIO   one scenario alone
 *   --direct         fixture alone        --verbose         every scenario, the gateway's words
 */

import { parseArgs } from 'node:util';
import { startFixture } from '../fixture/http.ts';
import { startGateway } from './gateway-process.ts';
import { report } from './report.ts';
import { passed, type RevisionUnderTest, revisions, runSuite } from './suite.ts';

const runTimeoutMs = 45_000;

const { values: options } = parseArgs({
  options: {
    direct: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    only: { type: 'string' },
    set: { type: 'string' },
  },
});

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const timer = setTimeout(() => stop.abort(), runTimeoutMs);

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

async function run(): Promise<boolean> {
  await using opened = new AsyncDisposableStack();
  const fixture = await startFixture();
  opened.defer(() => fixture.close());
  if (options.direct) return await runSets(fixture.url);
  const gateway = await startGateway({ fixture: { url: fixture.url } });
  opened.defer(() => gateway.close());
  const allPassed = await runSets(`${gateway.url}/mcp/fixture`);
  if (options.verbose) console.error(gateway.words());
  return allPassed;
}

async function runSets(url: string): Promise<boolean> {
  let [allPassed, count] = [true, 0];
  for (const revision of setsAsked()) {
    const results = await runSuite({ url, revision, only: options.only, signal: stop.signal });
    if (results.length === 0) continue;
    count += results.length;
    allPassed &&= results.every((result) => !result.scored || passed(result));
    console.log(report(revision, results, options.verbose));
  }
  if (count === 0) throw new Error(`no scenario is called ${options.only}`);
  return allPassed;
}

function setsAsked(): readonly RevisionUnderTest[] {
  if (options.set === undefined) return revisions;
  const asked = revisions.filter((revision) => revision === options.set);
  if (asked.length === 0) throw new Error(`--set is one of ${revisions.join(', ')}, not ${options.set}`);
  return asked;
}
