/*
 * `gatewright explain --dry-run FILE --calls CALLS.jsonl`: which calls would be answered otherwise under a changed file.
 *
 * Both files are read and explained alone, so that what is compared are the decisions and not how the servers happen to be;
 * the gateway that runs is not asked for anything but the name of its file. Each line is a question as explain-question.ts
 * reads it. A line that cannot be read is named by its number, and all others are answered nevertheless.
 */
import { readFile } from 'node:fs/promises';
import { loadConfig } from '../../config/load.ts';
import { readQuestion } from '../../model/explain-question.ts';
import type { Explanation } from '../../model/explanation.ts';
import { counted, printProblems } from '../check.ts';
import { dataDirOf } from '../data-dir.ts';
import type { Explain } from '../io.ts';
import { jsonLine, plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { type Desk, optionOf } from './desk.ts';
import { askedFor } from './explain-question.ts';
import { Failure } from './failure.ts';
import { findRunning, loadOwn } from './reach.ts';

interface Counts {
  calls: number;
  changed: number;
  wrong: number;
}

export async function dryRun(desk: Desk): Promise<number> {
  if (desk.run.operands.length > 0 || desk.run.values.has('as'))
    throw new Failure('A dry run takes its questions from --calls alone.', EXIT.usage.code);
  const lines = await linesOf(desk);
  const [before, after] = [await beforeOf(desk), await explainFile(desk, optionOf(desk, 'dry-run') ?? '')];
  const counts: Counts = { calls: 0, changed: 0, wrong: 0 };
  for (const [at, text] of lines.entries()) {
    if (text.trim() !== '') await compare(desk, { number: at + 1, text, before, after }, counts);
    desk.signal.throwIfAborted();
  }
  tellCounts(desk, counts);
  if (counts.wrong > 0) return EXIT.usage.code;
  return counts.changed > 0 ? EXIT.changed.code : EXIT.ok.code;
}

async function linesOf(desk: Desk): Promise<readonly string[]> {
  const path = optionOf(desk, 'calls');
  if (path === undefined) throw new Failure('Name the calls to try: --calls FILE.jsonl', EXIT.usage.code);
  if (path === '-') return (await desk.io.readInput()).toString('utf8').split('\n');
  const text = await readFile(path, 'utf8').catch(({ code = 'unknown' }: NodeJS.ErrnoException) => {
    throw new Failure(`The file ${path} cannot be read (${code}).`, EXIT.usage.code);
  });
  return text.split('\n');
}

/** The file that is named, that of the gateway which runs, or the own one. */
async function beforeOf(desk: Desk): Promise<Explain> {
  const { run, io } = desk;
  const path = optionOf(desk, 'config') ?? findRunning(run, io)?.config;
  if (path !== undefined) return explainFile(desk, path);
  return io.explainByFile(await loadOwn(run.values, io), dataDirOf(run.values, io.env));
}

async function explainFile({ run, io }: Desk, path: string): Promise<Explain> {
  const loaded = await loadConfig(path, io.env, {}, { conditions: io.conditions });
  if (loaded.ok) return io.explainByFile(loaded.config, dataDirOf(run.values, io.env));
  printProblems(loaded.problems, io);
  throw new Failure('', EXIT.config.code);
}

interface Line {
  readonly number: number;
  readonly text: string;
  readonly before: Explain;
  readonly after: Explain;
}

async function compare(desk: Desk, { number, text, before, after }: Line, counts: Counts): Promise<void> {
  const read = await readLine(desk, text);
  if ('wrong' in read) {
    counts.wrong += 1;
    if (desk.json) desk.io.out(jsonLine({ line: number, wrong: read.wrong }));
    else desk.io.err(`line ${number}: ${plain(read.wrong)}\n`);
    return;
  }
  const [was, is] = [await before(read.question), await after(read.question)];
  const changes = told(was) !== told(is);
  counts.calls += 1;
  if (changes) counts.changed += 1;
  if (desk.json) desk.io.out(jsonLine({ line: number, changes, before: kept(was), after: kept(is) }));
  else if (changes) desk.io.out(`line ${number}: ${plain(`${whoOf(was, is)}: ${words(was)} → ${words(is)}`)}\n`);
}

async function readLine({ io }: Desk, text: string): Promise<ReturnType<typeof readQuestion>> {
  let asked: unknown;
  try {
    asked = JSON.parse(text);
  } catch {
    return { wrong: 'It is no JSON.' };
  }
  const as = typeof asked === 'object' && asked !== null && 'as' in asked ? asked.as : undefined;
  if (typeof as !== 'string') return readQuestion(asked);
  if (as === '-') return { wrong: '"as" cannot be stdin here.' };
  try {
    return readQuestion({ ...(asked as object), as: undefined, ...(await askedFor(as, io)) });
  } catch (thrown) {
    if (thrown instanceof Failure) return { wrong: thrown.message };
    throw thrown;
  }
}

/** What is the same stays the same whatever rule says so. */
function told({ answer, scopes = [] }: Explanation): string {
  return [answer, ...scopes].join(' ');
}

function kept({ answer, rule, reason, scopes }: Explanation): Partial<Explanation> {
  return { answer, rule, reason, scopes };
}

/** Never a credential: who is not recognised has no name here. */
function whoOf(was: Explanation, is: Explanation): string {
  const { principal = is.principal, target = is.target, path } = was;
  return `${principal?.id ?? 'nobody'}, ${target ? `${target.server}.${target.key}` : 'nothing'} at ${path}`;
}

function words({ answer, rule, reason }: Explanation): string {
  const why = [reason, rule].filter((word) => word !== undefined && word !== '').join(', ');
  return why === '' ? answer : `${answer} (${why})`;
}

function tellCounts({ io, json }: Desk, { calls, changed, wrong }: Counts): void {
  if (json) {
    io.out(jsonLine({ calls, changed, wrong }));
    return;
  }
  const bad = wrong === 0 ? '' : `; ${counted(wrong, 'line')} could not be read`;
  io.out(`${changed} of ${counted(calls, 'call')} would be answered otherwise${bad}.\n`);
}
