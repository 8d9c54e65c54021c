/*
 * The official conformance suite as a child process: one run per requirement set, its
 * checks read from the files it writes and judged as the suite judges them (a failed
 * check fails a scenario, a warning does not; unscored scenarios never count).
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const revisions = ['2025-11-25', '2026-07-28'] as const;
export type RevisionUnderTest = (typeof revisions)[number];

export interface Check {
  id: string;
  name: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

export interface ScenarioResult {
  scenario: string;
  scored: boolean;
  checks: Check[];
}

export interface SuiteRun {
  url: string;
  revision: RevisionUnderTest;
  only: string | undefined;
  signal: AbortSignal;
}

interface Requirements {
  server: string[];
  not_scored: { scenario: string; leg: string }[];
}

const scenarioTimeoutMs = 10_000;
const suiteDir = dirname(fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/package.json')));

/* One result per scenario asked for, also for those the run did not get to. */
export async function runSuite(run: SuiteRun): Promise<ScenarioResult[]> {
  const wanted = await scenariosOf(run);
  if (wanted.length === 0) return [];
  const outputDir = await mkdtemp(join(tmpdir(), 'gatewright-conformance-'));
  try {
    const output = await spawnSuite(run, outputDir);
    return await Promise.all(
      wanted.map(async ({ scenario, scored }) => ({
        scenario,
        scored,
        checks: (await checksOf(outputDir, scenario)) ?? [unfinished(output)],
      })),
    );
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

export function passed({ checks }: ScenarioResult): boolean {
  return !checks.some((check) => check.status === 'FAILURE');
}

async function scenariosOf({ revision, only }: SuiteRun): Promise<{ scenario: string; scored: boolean }[]> {
  const file = await readFile(join(suiteDir, 'requirements', `${revision}.yaml`), 'utf8');
  const { server, not_scored } = parse(file) as Requirements;
  const unscored = not_scored.filter(({ leg }) => leg === 'server');
  return [
    ...server.map((scenario) => ({ scenario, scored: true })),
    /* Asked for by name, an unscored scenario counts: it is all the run is about. */
    ...unscored.map(({ scenario }) => ({ scenario, scored: only !== undefined })),
  ].filter(({ scenario }) => only === undefined || scenario === only);
}

async function spawnSuite({ url, revision, only, signal }: SuiteRun, outputDir: string): Promise<string> {
  const which = only ? ['--scenario', only, '--spec-version', revision, '--force'] : ['--requirements', revision];
  const args = ['server', '--url', url, ...which, '-o', outputDir, '--timeout', String(scenarioTimeoutMs)];
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

/* The suite names a folder after the scenario and the time it ran. */
async function checksOf(outputDir: string, scenario: string): Promise<Check[] | undefined> {
  const folders = await readdir(outputDir);
  const folder = folders.find((name) => name.replace(/-\d{4}-\d\d-\d\dT.*$/, '') === `server-${scenario}`);
  if (folder === undefined) return undefined;
  const file = await readFile(join(outputDir, folder, 'checks.json'), 'utf8').catch(() => undefined);
  return file === undefined ? undefined : (JSON.parse(file) as Check[]);
}

function unfinished(output: string): Check {
  const last = output.trimEnd().split('\n').slice(-3).join(' | ');
  return { id: 'unfinished', name: 'Unfinished', status: 'FAILURE', errorMessage: `no result; last words: ${last}` };
}
