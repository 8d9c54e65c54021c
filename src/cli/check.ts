/*
 * `gatewright check FILE`: the same loading as `serve`, and nothing started.
 */
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type Problem, problemLine } from '../config/problem.ts';
import type { CliIo } from './io.ts';
import { jsonLine, plain } from './terminal.ts';
import { EXIT } from './usage.ts';

export async function check(path: string, json: boolean, io: CliIo): Promise<number> {
  const loaded = await loadConfig(path, io.env, {}, { conditions: io.conditions });
  const code = loaded.ok ? EXIT.ok.code : EXIT.config.code;
  if (json) {
    const outcome = loaded.ok
      ? { ok: true, servers: loaded.config.servers.length }
      : { ok: false, problems: loaded.problems };
    io.out(jsonLine({ ...outcome, warnings: loaded.warnings }));
    return code;
  }
  printWarnings(loaded.warnings, io);
  if (loaded.ok) io.out(`${plain(path)}: ok (${counts(loaded.config, loaded.warnings)})\n`);
  else printProblems(loaded.problems, io);
  return code;
}

export function printProblems(problems: readonly Problem[], io: CliIo): void {
  for (const problem of problems) io.err(`${plain(problemLine(problem))}\n`);
  io.err(`${counted(problems.length, 'error')}.\n`);
}

export function printWarnings(warnings: readonly Problem[], io: CliIo): void {
  for (const warning of warnings) io.err(`warning: ${plain(problemLine(warning))}\n`);
}

function counts({ servers, identity, access }: Config, warnings: readonly Problem[]): string {
  const disabled = servers.filter((server) => !server.enabled).length;
  return [
    counted(servers.length, 'server'),
    ...(disabled > 0 ? [`${disabled} disabled`] : []),
    counted(identity.tokens.length, 'token'),
    ...some(identity.keys.length, 'key'),
    ...some(identity.issuers.length, 'issuer'),
    ...some(identity.users.size, 'user'),
    ...some(access.policies.length, 'policy', 'policies'),
    counted(warnings.length, 'warning'),
  ].join(', ');
}

function some(count: number, noun: string, plural?: string): string[] {
  return count === 0 ? [] : [counted(count, noun, plural)];
}

export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
