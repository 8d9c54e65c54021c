/*
 * The official conformance suite as a child process, and its checks from the files it writes. As a client it runs a
 * whole requirement set at once; as a server one scenario at a time, two side by side, since each starts a gateway.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RevisionUnderTest } from './pairings.ts';
import { scenariosOf, suiteDir, type Wanted } from './requirements.ts';

export interface Check {
  id: string;
  name: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

export interface ScenarioResult extends Wanted {
  checks: Check[];
}

interface Run {
  revision: RevisionUnderTest;
  only: string | undefined;
  signal: AbortSignal;
}

/* The last line of a command that has led its client to the end. */
export const doneLine = 'led to the end';

const scenarioTimeoutMs = 10_000;
const commandTimeoutMs = 70_000;
const sideBySide = 2;
const wordLinesMax = 12;

/* One result per scenario asked for, also for those the run did not get to. */
export async function runAgainst(url: string, run: Run): Promise<ScenarioResult[]> {
  const wanted = scenariosOf(run.revision, 'server', run.only);
  return await inFolder(async (folder) => {
    const which = run.only ? forced(run.only, run.revision) : ['--requirements', run.revision];
    const args = ['server', '--url', url, ...which, '-o', folder, '--timeout', String(scenarioTimeoutMs)];
    const output = await spawnSuite(args, run.signal);
    return Promise.all(
      wanted.map(async (each) => ({
        ...each,
        checks: (await checksOf(folder, `server-${each.scenario}`)) ?? [unfinished(output)],
      })),
    );
  });
}

/* Each scenario waits for a client; the command is what leads one to it. */
export async function runWith(command: string, run: Run): Promise<ScenarioResult[]> {
  const waiting = scenariosOf(run.revision, 'client', run.only);
  const results = new Map<string, Check[]>();
  const order = waiting.map(({ scenario, part }) => ({ scenario, part }));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.set(next.scenario, await runScenario(command, next.scenario, run));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, worker));
  return order.map((each) => ({ ...each, checks: results.get(each.scenario) ?? [] }));
}

function runScenario(command: string, scenario: string, { revision, signal }: Run): Promise<Check[]> {
  return inFolder(async (folder) => {
    const timeout = ['--timeout', String(commandTimeoutMs)];
    const args = ['client', '--command', command, ...forced(scenario, revision), '-o', folder, ...timeout];
    const output = await spawnSuite(args, signal);
    const checks = (await checksOf(folder, scenario)) ?? [];
    const said = await textOf(folder, scenario, 'stdout.txt');
    if (said?.trimEnd().endsWith(doneLine)) return checks;
    return [...checks, unfinished((await textOf(folder, scenario, 'stderr.txt')) || output)];
  });
}

function forced(scenario: string, revision: RevisionUnderTest): string[] {
  return ['--scenario', scenario, '--spec-version', revision, '--force'];
}

async function inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-conformance-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function spawnSuite(args: string[], signal: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, [join(suiteDir, 'dist', 'index.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  await once(child, 'close');
  signal.removeEventListener('abort', kill);
  return output;
}

async function checksOf(folder: string, scenario: string): Promise<Check[] | undefined> {
  const text = await textOf(folder, scenario, 'checks.json');
  return text === undefined ? undefined : (JSON.parse(text) as Check[]);
}

/* The suite names a folder after the scenario and the time it ran. */
async function textOf(folder: string, scenario: string, file: string): Promise<string | undefined> {
  const names = await readdir(folder);
  const name = names.find((each) => each.replace(/-\d{4}-\d\d-\d\dT.*$/, '') === scenario);
  return name === undefined ? undefined : readFile(join(folder, name, file), 'utf8').catch(() => undefined);
}

function unfinished(output: string): Check {
  const last = output.trimEnd().split('\n').slice(-wordLinesMax).join(' | ');
  return { id: 'unfinished', name: 'Unfinished', status: 'FAILURE', errorMessage: `no result; last words: ${last}` };
}
