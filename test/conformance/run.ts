/*
 * `npm run conformance`: the official suite against our fixture server, through the
 * gateway's transparent endpoint, with the fixture reached over HTTP and over stdio
 * (`--direct`: without the gateway). Ends with one line per requirement set and way;
 * the exit code is 1 unless every scored scenario passes that the way makes possible.
 *
 *   --set REVISION   one set alone           --only SCENARIO   one scenario alone
 *   --over WAY       http or stdio alone     --direct          fixture alone
 *   --verbose        every scenario, the gateway's words
 */

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFixture } from '../fixture/http.ts';
import { startGateway } from './gateway-process.ts';
import { isKept, report, type Way } from './report.ts';
import { type RevisionUnderTest, revisions, runSuite } from './suite.ts';

const runTimeoutMs = 90_000;
const fixtureProgram = fileURLToPath(new URL('../fixture/main.ts', import.meta.url));

const { values: options } = parseArgs({
  options: {
    direct: { type: 'boolean', default: false },
    over: { type: 'string' },
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
  let allKept = true;
  for (const way of chosen('--over', ['http', 'stdio'] as const, options.direct ? 'http' : options.over)) {
    allKept = (await runWay(way)) && allKept;
  }
  return allKept;
}

async function runWay(way: Way): Promise<boolean> {
  await using opened = new AsyncDisposableStack();
  const upstream =
    way === 'stdio' ? { command: process.execPath, args: [fixtureProgram, '--stdio'] } : await overHttp();
  async function overHttp() {
    const fixture = await startFixture();
    opened.defer(() => fixture.close());
    return { url: fixture.url };
  }
  if (options.direct && 'url' in upstream) return await runSets(upstream.url, way);
  const gateway = await startGateway({ fixture: upstream });
  opened.defer(() => gateway.close());
  const allKept = await runSets(`${gateway.url}/mcp/fixture`, way);
  if (options.verbose) console.error(gateway.words());
  return allKept;
}

async function runSets(url: string, way: Way): Promise<boolean> {
  let [allKept, count] = [true, 0];
  for (const revision of chosen<RevisionUnderTest>('--set', revisions, options.set)) {
    const results = await runSuite({ url, revision, only: options.only, signal: stop.signal });
    if (results.length === 0) continue;
    count += results.length;
    allKept &&= results.every((result) => isKept(result, way));
    console.log(report(revision, results, way, options.verbose));
  }
  if (count === 0) throw new Error(`no scenario is called ${options.only}`);
  return allKept;
}

function chosen<Word extends string>(option: string, words: readonly Word[], word: string | undefined) {
  if (word === undefined) return words;
  const found = words.filter((each) => each === word);
  if (found.length === 0) throw new Error(`${option} is one of ${words.join(', ')}, not ${word}`);
  return found;
}
