/*
 * `gatewright doctor`: every deviation of a configuration from what is safe, and what to do about it. Nothing is started
 * and nothing is changed.
 */
import { loadConfig } from '../../config/load.ts';
import type { Run } from '../arguments.ts';
import { counted, printProblems } from '../check.ts';
import { configSource, firstFileText, serveSettings } from '../config-source.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import { jsonLine, plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { examine } from './examine.ts';
import type { Examined, Finding, Severity } from './finding.ts';
import { IDENTITY_FINDINGS } from './identity-findings.ts';
import { LISTENER_FINDINGS } from './listener-findings.ts';
import { SERVER_FINDINGS } from './server-findings.ts';
import { STORAGE_FINDINGS } from './storage-findings.ts';

export const FINDINGS: readonly Finding[] = [
  ...LISTENER_FINDINGS,
  ...IDENTITY_FINDINGS,
  ...STORAGE_FINDINGS,
  ...SERVER_FINDINGS,
];
const ORDER: readonly Severity[] = ['serious', 'warning', 'note'];

export interface Found {
  readonly id: string;
  readonly severity: Severity;
  readonly say: string;
  readonly fix: string;
  readonly where: readonly string[];
}

export async function doctor({ values }: Run, io: CliIo): Promise<number> {
  const settings = serveSettings(values, io.env);
  if (!settings.ok) return refused(EXIT.usage.code, settings.say, io);
  const source = configSource(values, io.env);
  if ('missing' in source) return refused(EXIT.config.code, firstFileText(source.missing), io);
  const loaded = await loadConfig(source.path, io.env, settings.overrides, { conditions: io.conditions });
  const json = values.has('json');
  if (!loaded.ok) {
    if (json) io.out(jsonLine({ ok: false, problems: loaded.problems }));
    else printProblems(loaded.problems, io);
    return EXIT.config.code;
  }
  const { config, reads } = loaded;
  const found = foundIn(await examine({ config, dataDir: dataDirOf(values, io.env), secretFiles: reads }, io.now()));
  const isSafe = found.every(({ severity }) => severity !== 'serious');
  io.out(
    json ? jsonLine({ ok: isSafe, file: config.source, looked: FINDINGS.length, findings: found }) : textOf(found),
  );
  return isSafe ? EXIT.ok.code : EXIT.unsafe.code;
}

function refused(code: number, say: string, io: CliIo): number {
  io.err(`gatewright: ${plain(say)}\n`);
  return code;
}

/** The worst first. */
export function foundIn(about: Examined): Found[] {
  const found = FINDINGS.map(({ id, severity, say, fix, where }) => ({ id, severity, say, fix, where: where(about) }));
  return ORDER.flatMap((severity) => found.filter((each) => each.severity === severity && each.where.length > 0));
}

function textOf(found: readonly Found[]): string {
  if (found.length === 0)
    return `Nothing deviates from what is safe (${counted(FINDINGS.length, 'thing')} looked at).\n`;
  const blocks = found.map(({ id, severity, say, fix, where }) =>
    [`${severity}: ${id}`, `  ${say}`, ...where.map((place) => `  - ${plain(place)}`), `  What to do: ${fix}`, ''].join(
      '\n',
    ),
  );
  const serious = found.filter(({ severity }) => severity === 'serious').length;
  return `${blocks.join('\n')}\n${counted(found.length, 'finding')}, ${serious} serious.\n`;
}
