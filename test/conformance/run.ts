/*
 * `npm run conformance`: the official suite on either side of the gateway, in every pairing (pairings.ts). Ends each with its
 * score; the exit code is 1 unless every scenario passes but those of extensions and those that are expected to fail, each
 * for its reason (expected/*.yml), and those do fail.
 *
 *   --same              the suite as a client, the fixture of its era         --set REVISION   one requirement set alone
 *   --across            the suite as a client, the fixture of the other era   --over WAY       http or stdio alone
 *   --client            the suite as a server                                 --only SCENARIO  one scenario alone
 *   --direct            the fixture of both eras without the gateway          --verbose        every scenario, the gateway's words
 *   --auth              the gateway asks for a token, which a front before it presents, since the suite cannot; alone: --same --over http
 */

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startFixture } from '../fixture/http.ts';
import { startBearerFront } from '../rig/bearer-front.ts';
import { modernClient } from '../rig/raw-client.ts';
import { startGateway } from './gateway-process.ts';
import { allPairings, expectedOf, kinds, labelOf, type Pairing, revisions, sideOf, ways } from './pairings.ts';
import { report } from './report.ts';
import { scenariosOf } from './requirements.ts';
import { runAgainst, runWith, type ScenarioResult } from './suite.ts';
import { judge } from './verdict.ts';

const runTimeoutMs = 900_000;
const fixtureProgram = fileURLToPath(new URL('../fixture/main.ts', import.meta.url));
const leadProgram = fileURLToPath(new URL('lead.ts', import.meta.url));

const TOKEN = randomBytes(32).toString('base64url');
const AUTH = { auth: { tokens: [{ name: 'suite', token: TOKEN }] } };

const { values: options } = parseArgs({
  options: {
    same: { type: 'boolean', default: false },
    across: { type: 'boolean', default: false },
    client: { type: 'boolean', default: false },
    direct: { type: 'boolean', default: false },
    auth: { type: 'boolean', default: false },
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
  process.exitCode = (await run(chosenPairings())) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}

function chosenPairings(): Pairing[] {
  if (options.auth && (options.direct || options.client)) throw new Error('--auth needs the suite before the gateway');
  const named = options.direct ? ['same' as const] : kinds.filter((kind) => options[kind]);
  const over = chosen('--over', ways, options.direct ? 'http' : (options.over ?? (options.auth ? 'http' : undefined)));
  const sets = chosen('--set', revisions, options.set);
  const picked = named.length > 0 ? named : options.auth ? ['same'] : kinds;
  return allPairings().filter(
    ({ kind, way, revision }) => picked.includes(kind) && over.includes(way) && sets.includes(revision),
  );
}

function chosen<Word extends string>(option: string, words: readonly Word[], word: string | undefined) {
  if (word === undefined) return words;
  const found = words.filter((each) => each === word);
  if (found.length === 0) throw new Error(`${option} is one of ${words.join(', ')}, not ${word}`);
  return found;
}

async function run(pairings: readonly Pairing[]): Promise<boolean> {
  const asked = pairings.filter((pairing) => scenariosOf(pairing.revision, sideOf(pairing), options.only).length > 0);
  if (asked.length === 0) throw new Error(`no scenario is called ${options.only}`);
  let allKept = true;
  for (const pairing of asked) {
    const results = await resultsOf(pairing);
    if (stop.signal.aborted) throw new Error(`stopped while ${labelOf(pairing)} was running`);
    const expected = expectedOf(pairing).filter(({ scenario }) => [undefined, scenario].includes(options.only));
    const verdict = judge(results, expected);
    allKept &&= verdict.isKept;
    console.log(report(pairing, results, expected, verdict, options.verbose));
  }
  return allKept;
}

async function resultsOf(pairing: Pairing): Promise<ScenarioResult[]> {
  const run = { revision: pairing.revision, only: options.only, signal: stop.signal };
  if (pairing.kind === 'client') return await runWith(`${process.execPath} ${leadProgram} ${pairing.era}`, run);
  await using opened = new AsyncDisposableStack();
  const upstream = await fixtureFor(pairing, opened);
  if (options.direct && 'url' in upstream) return await runAgainst(upstream.url, run);
  const gateway = await startGateway({ fixture: upstream }, options.auth ? AUTH : {});
  opened.defer(() => gateway.close());
  const url = `${await addressFor(gateway.url, opened)}/mcp/fixture`;
  if (pairing.way === 'stdio' && pairing.era === 'legacy') await startAnother(url);
  const results = await runAgainst(url, run);
  if (options.verbose) console.error(gateway.words());
  return results;
}

/* Without the front nobody gets in: a run that scores did present the token. */
async function addressFor(gateway: string, opened: AsyncDisposableStack): Promise<string> {
  if (!options.auth) return gateway;
  const { status } = await fetch(`${gateway}/mcp/fixture`, { method: 'POST', body: '{}' });
  if (status !== 401) throw new Error(`a stranger was answered ${status}, not 401`);
  const front = await startBearerFront(gateway, TOKEN);
  opened.defer(() => front.close());
  return front.url;
}

/*
 * A server on a pipe that is told once what its client can do has a process for each kind of client, and the suite gives
 * the stream of its one probe that can be asked half a second.
 */
async function startAnother(url: string): Promise<void> {
  const client = modernClient(url, { capabilities: { elicitation: {} } });
  await client.call('tools/call', { name: 'test_simple_text', arguments: {} }).finally(() => client.close());
}

async function fixtureFor({ way, era }: Pairing, opened: AsyncDisposableStack) {
  if (way === 'stdio') return { command: process.execPath, args: [fixtureProgram, '--stdio', '--era', era] };
  const fixture = await startFixture({ eras: era });
  opened.defer(() => fixture.close());
  return { url: fixture.url };
}
