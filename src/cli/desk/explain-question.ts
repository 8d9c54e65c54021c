/*
 * The words after `gatewright explain` → the question. A credential comes from stdin or the environment, because others on
 * the machine can read a command line.
 *
 *   --as token:ann   --as -   --as env:NAME        --request address=10.0.0.7   --request header.x-team=blue
 *   path=a.txt   or   --arguments '{"path": "a"}'  --request time=2026-07-28T09:30:00Z   --request door=mcp-sse
 */
import { readQuestion } from '../../model/explain-question.ts';
import type { AskedFor, ExplainQuestion } from '../../model/explanation.ts';
import type { CliIo } from '../io.ts';
import { EXIT } from '../usage.ts';
import { callInput } from './call-input.ts';
import { type Desk, optionOf } from './desk.ts';
import { Failure } from './failure.ts';

/** Throws `Failure`. */
export async function questionOf(desk: Desk): Promise<ExplainQuestion> {
  const { run } = desk;
  const [name, ...words] = run.operands;
  const as = optionOf(desk, 'as');
  if (name === undefined) throw wrong('Name a tool: gatewright explain --as WHO TOOL');
  if (as === undefined)
    throw wrong('Say whom it is about: --as local, token:NAME, key:ID, ISSUER|SUBJECT, a user, or - for stdin.');
  const claims = optionOf(desk, 'claims');
  const asked = {
    ...(await askedFor(as, desk.io)),
    [optionOf(desk, 'kind') ?? 'tool']: name,
    endpoint: optionOf(desk, 'endpoint'),
    claims: claims === undefined ? undefined : parsed('--claims', claims),
    arguments: await argumentsOf(desk, words),
    request: requestOf(run.lists.get('request') ?? []),
  };
  const read = readQuestion(asked);
  if ('wrong' in read) throw wrong(read.wrong);
  return read.question;
}

/** As members of a question. Throws `Failure`. */
export async function askedFor(
  as: string,
  io: CliIo,
): Promise<{ as: string } | Extract<AskedFor, { credential: string }>> {
  if (as === '-') return { credential: (await io.readInput()).toString('utf8').trim() };
  if (!as.startsWith('env:')) return { as };
  const credential = io.env[as.slice(4)];
  if (credential === undefined || credential === '') throw wrong(`The environment has no ${as.slice(4)}.`);
  return { credential };
}

/** JSON text, as it was typed where it was typed as JSON. */
async function argumentsOf(desk: Desk, words: readonly string[]): Promise<string | undefined> {
  const whole = optionOf(desk, 'arguments');
  if (whole !== undefined && words.length > 0) throw wrong('Give the arguments as key=value or with --arguments.');
  if (whole !== undefined) return whole;
  return words.length === 0 ? undefined : (await callInput(words, {}, desk.io)).text;
}

const HEADER = 'header.';

function requestOf(pairs: readonly string[]): object | undefined {
  if (pairs.length === 0) return undefined;
  const headers: [string, string][] = [];
  const request: [string, unknown][] = [];
  for (const pair of pairs) {
    const [, key, value] = /^([^=]+)=([\s\S]*)$/.exec(pair) ?? [];
    if (key === undefined || value === undefined) throw wrong(`--request takes KEY=VALUE, not "${pair}".`);
    if (key.startsWith(HEADER)) headers.push([key.slice(HEADER.length), value]);
    else request.push([key, value]);
  }
  return { ...Object.fromEntries(request), headers: Object.fromEntries(headers) };
}

function parsed(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(`${option} must be JSON.`);
  }
}

function wrong(say: string): Failure {
  return new Failure(say, EXIT.usage.code);
}
