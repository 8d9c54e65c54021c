/*
 * The command line as a process: `bin/gatewright` with these words, what it said on each stream, and how it ended.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseObject } from './json-rpc.ts';
import type { JsonObject } from './scripted-script.ts';

export const BINARY = fileURLToPath(new URL('../../bin/gatewright', import.meta.url));

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What stands on stdin. */
  readonly input?: string | Buffer;
  readonly cwd?: string;
}

export interface CliOutcome {
  readonly code: number | null;
  readonly out: string;
  readonly outBytes: Buffer;
  readonly err: string;
  /** The one JSON object on stdout. */
  readonly json: JsonObject;
}

export interface CliProcess {
  readonly ended: Promise<CliOutcome>;
  err(): string;
  /** What it has said on stdout as soon as that fits. Rejects with all it said when it ends before. */
  said(fits: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

/** Nothing of the environment but what is named and what a program needs to be found. */
export function startCli(argv: readonly string[], { env = {}, input, cwd }: CliOptions = {}): CliProcess {
  const child = spawn(process.execPath, [BINARY, ...argv], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const onTestEnd = (): void => void child.kill('SIGKILL');
  process.once('exit', onTestEnd);
  const chunks: Record<'out' | 'err', Buffer[]> = { out: [], err: [] };
  child.stdout.on('data', (chunk: Buffer) => chunks.out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.err.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const err = () => Buffer.concat(chunks.err).toString('utf8');
  const ended = once(child, 'close').then(([code]: (number | null)[]): CliOutcome => {
    process.removeListener('exit', onTestEnd);
    const outBytes = Buffer.concat(chunks.out);
    const out = outBytes.toString('utf8');
    return { code: code ?? null, out, outBytes, err: err(), json: parseObject(out) ?? {} };
  });
  const said = (fits: RegExp) => saidBy(child, () => Buffer.concat(chunks.out).toString('utf8'), fits);
  return { ended, err, said, kill: (signal) => child.kill(signal) };
}

function saidBy({ stdout }: { readonly stdout: Readable }, out: () => string, fits: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (fits.test(out())) resolve(out());
      else if (stdout.closed) reject(new Error(`it ended without ${fits}: ${out()}`));
      else return;
      stdout.off('data', look).off('close', look);
    };
    stdout.on('data', look).on('close', look);
    look();
  });
}

export function cli(argv: readonly string[], options?: CliOptions): Promise<CliOutcome> {
  return startCli(argv, options).ended;
}
