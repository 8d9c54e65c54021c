/*
 * `npm run bench`: starts everyone, asks everything, prints one page and keeps it in `bench/results/`.
 *
 *   --quick          a look with few cells, well below 90 s; fails on a wrong answer, never on a time
 *   --only a,b       only these groups (main, sse, large, open, sessions, start, many, credentials, decisions) or contenders (direct,
 *                    nginx, bare, sdk, transparent, prefixed, stdio, bridged, bridged-stdio); the kept page is then left as it is
 *   --seconds 0.6    length of a window
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cellsOf, GROUPS, type Group, type Pace, warmUp } from './cells.ts';
import { canPin } from './child.ts';
import { absenceOf, type Contender, NAMES, type Name, startContender, startUpstream } from './contenders.ts';
import { measureCredentials } from './credentials.ts';
import { measureDecisions } from './decisions.ts';
import { measureManyTools } from './many-tools.ts';
import { type Bench, Load, type Measured, measure, nameOf } from './measure.ts';
import { parseCostUs, rssMb } from './process-cost.ts';
import type { Conditions, Results } from './results.ts';
import { measureSessions } from './sessions.ts';
import { measureStartUp } from './start-up.ts';
import { pageOf } from './table.ts';

interface Choice {
  readonly groups: ReadonlySet<Group>;
  readonly names: readonly Name[];
  readonly pace: Pace;
  readonly whole: boolean;
}

const SESSIONS = { whole: 10_000, quick: 500 };

function conditionsNow(): Conditions {
  return {
    date: new Date().toISOString().slice(0, 16),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown processor',
    cores: availableParallelism(),
    pinned: canPin,
    loadBefore: loadavg()[0] ?? Number.NaN,
    parseCostUs: parseCostUs(),
  };
}

function chosen(): Choice {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean' }, only: { type: 'string' }, seconds: { type: 'string' } },
  });
  const quick = values.quick ?? false;
  const wanted = values.only?.split(',').filter((term) => term !== '') ?? [];
  const known: readonly string[] = [...GROUPS, ...NAMES];
  const unknown = wanted.find((term) => !known.includes(term));
  if (unknown) throw new Error(`--only ${unknown}: unknown; known are ${known.join(', ')}`);
  const groups = GROUPS.filter((group) => wanted.includes(group));
  const names = NAMES.filter((name) => wanted.includes(name));
  const seconds = Number(values.seconds ?? (quick ? 0.2 : 0.6));
  if (!(seconds > 0)) throw new Error('--seconds wants a number above 0');
  return {
    groups: new Set(groups.length > 0 ? groups : GROUPS),
    names: names.length > 0 ? names : NAMES,
    pace: { seconds, quick },
    whole: !quick && wanted.length === 0,
  };
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measureCells(bench: Bench, choice: Choice): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const cell of warmUp(choice.pace)) await measure(bench, cell);
  for (const cell of cellsOf(choice.groups, choice.pace)) {
    note(nameOf(cell));
    measured.push(await measure(bench, cell));
  }
  return measured;
}

async function startAll(bench: Omit<Bench, 'contenders'>, names: readonly Name[]): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const name of names) contenders.push(await startContender(name, bench.upstream));
  return contenders;
}

async function measureAll(choice: Choice): Promise<Results> {
  const conditions = conditionsNow();
  const upstream = await startUpstream();
  const load = new Load();
  const absent = choice.names.map(absenceOf).filter((absence) => absence !== undefined);
  const present = choice.names.filter((name) => !absent.some((absence) => absence.name === name));
  const startUps = choice.groups.has('start') ? await measureStartUp(upstream, present, choice.pace.quick ? 1 : 5) : [];
  const contenders = await startAll({ load, upstream }, present);
  const before = contenders.map(({ pid }) => rssMb(pid));
  const cells = await measureCells({ load, upstream, contenders }, choice);
  const memory = contenders.map(({ name, pid }, at) => ({
    name,
    beforeMb: before[at] ?? Number.NaN,
    afterMb: rssMb(pid),
  }));
  await Promise.all(contenders.map((contender) => contender.stop()));
  const count = choice.pace.quick ? SESSIONS.quick : SESSIONS.whole;
  const counted = choice.groups.has('sessions') && present.includes('transparent');
  const sessions = counted ? await measureSessions(upstream, load, count) : undefined;
  await Promise.all([load.stop(), upstream.stop()]);
  const listed = choice.groups.has('many') && present.includes('prefixed');
  const many = listed ? await measureManyTools(choice.pace.quick ? 'quick' : 'whole') : undefined;
  const extent = choice.pace.quick ? 'quick' : 'whole';
  const credentials = choice.groups.has('credentials') ? await measureCredentials(extent) : [];
  const decisions = choice.groups.has('decisions') ? measureDecisions(extent) : [];
  return { conditions, cells, memory, startUps, sessions, many, credentials, decisions, absent };
}

function keep(results: Results, page: string): void {
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'latest.json'), `${JSON.stringify(results)}\n`);
  writeFileSync(join(folder, 'latest.md'), page);
}

try {
  const choice = chosen();
  const results = await measureAll(choice);
  const page = pageOf(results);
  process.stdout.write(page);
  if (choice.whole) keep(results, page);
  process.exit(0);
} catch (error) {
  note(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
