/*
 * `gatewright import [client]`: the servers of clients, taken into our own file. The clients' files are only read.
 */
import { CLIENTS } from '../../config/clients.ts';
import { OWN_NAME } from '../../config/edit/connection.ts';
import { type Arrival, type Merged, merged, type Offered } from '../../config/edit/merge.ts';
import { readSource, type Source } from '../../config/edit/source.ts';
import { Backups } from '../../config/files/backups.ts';
import { FileFault } from '../../config/files/file-state.ts';
import { type Problem, problemLine } from '../../config/problem.ts';
import type { Run, Values } from '../arguments.ts';
import { counted, printProblems } from '../check.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { type ClientFile, clientOf, filesOf, usageFault, withFaults } from './client-files.ts';
import { stopped } from './confirm.ts';
import { type OwnFile, ownFile, writeOwnFile } from './own-file.ts';
import { arrivalLines, warnOfSecrets } from './preview.ts';

export async function importServers(run: Run, io: CliIo): Promise<number> {
  return withFaults(io, () => importing(run, io));
}

async function importing({ values, operands: [word] }: Run, io: CliIo): Promise<number> {
  const named = word === undefined ? undefined : clientOf(word);
  if (named !== undefined && 'say' in named) return usageFault(named.say, io);
  const own = await ownFile(values, io.env);
  const files = named === undefined ? await filesOfAll(io) : await filesOf(named, io.env);
  if (files.length === 0) return nothingFound(named?.title, io);
  const { offered, problems } = offeredBy(files, { own, connected: await connectedFiles(values, io), io });
  for (const problem of problems) io.err(`warning: ${plain(problemLine(problem))}\n`);
  if (offered.length === 0) return EXIT.config.code;
  const result = merged(own, offered, io.env);
  if (!result.ok) return refused(result, io);
  return written(own, result, { values, io });
}

/** A file that cannot be read takes nothing else with it. */
async function filesOfAll(io: CliIo): Promise<ClientFile[]> {
  const left = (thrown: unknown): ClientFile[] => {
    if (!(thrown instanceof FileFault)) throw thrown;
    io.err(`warning: ${plain(thrown.message)}\n`);
    return [];
  };
  return (await Promise.all(CLIENTS.map((client) => filesOf(client, io.env).catch(left)))).flat();
}

function nothingFound(title: string | undefined, io: CliIo): number {
  io.err(`gatewright: No file of ${title ?? 'any client'} was found.\n`);
  return EXIT.failed.code;
}

export interface Offering {
  readonly own: OwnFile;
  /** Files in which the entry of our name is the one that `connect` wrote, wherever it leads. */
  readonly connected: ReadonlySet<string>;
  readonly io: CliIo;
}

/** Real paths of the files that were connected and not restored. */
export async function connectedFiles(values: Values, { env }: CliIo): Promise<ReadonlySet<string>> {
  const backups = await new Backups(dataDirOf(values, env)).list();
  return new Set(backups.filter(({ restored }) => !restored).map(({ path }) => path));
}

/** A file that cannot be read takes nothing else with it. */
export function offeredBy(
  files: readonly ClientFile[],
  { own, connected, io }: Offering,
): { offered: Offered[]; problems: Problem[] } {
  const offered: Offered[] = [];
  const problems: Problem[] = [];
  for (const { client, path, text, state } of files) {
    const source: Source = { client, path, text };
    const read = readSource(source, io.env, own.port);
    if (!read.ok) problems.push(...read.problems);
    else {
      const ours = (name: string) => name === OWN_NAME && connected.has(state.path);
      const servers = read.servers.map((server) => (ours(server.original) ? { ...server, own: true } : server));
      offered.push({ source, servers });
    }
  }
  return { offered, problems };
}

export function refused({ problems }: Extract<Merged, { ok: false }>, io: CliIo): number {
  printProblems(problems, io);
  io.err('Nothing was changed.\n');
  return EXIT.config.code;
}

async function written(
  own: OwnFile,
  { text, arrivals }: Extract<Merged, { ok: true }>,
  { values, io }: Pick<Run, 'values'> & { io: CliIo },
): Promise<number> {
  show(arrivals, io);
  if (text === own.text) {
    io.out(`${plain(own.path)} has all of it already.\n`);
    return EXIT.ok.code;
  }
  const fresh = arrivals.filter(({ state }) => state === 'new');
  warnOfSecrets(fresh, own.path, io);
  const code = await stopped(`Write ${counted(fresh.length, 'server')} to ${plain(own.path)}?`, values, io);
  if (code !== undefined) return code;
  await writeOwnFile(
    own,
    text,
    fresh.some(({ secrets }) => secrets.length > 0),
  );
  io.out(`${counted(fresh.length, 'server')} written to ${plain(own.path)}. Serve them with: gatewright\n`);
  return EXIT.ok.code;
}

function show(arrivals: readonly Arrival[], io: CliIo): void {
  for (const path of new Set(arrivals.map(({ source }) => source.path))) {
    const ours = arrivals.filter(({ source }) => source.path === path);
    io.out(`${ours[0]?.source.client.title}: ${plain(path)}\n`);
    for (const line of arrivalLines(ours)) io.out(`${line}\n`);
  }
}
