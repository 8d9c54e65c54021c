/*
 * `gatewright restore [CLIENT]`: the file of a client as it was before `connect`, byte for byte.
 *
 * Whether that is safe is told by hashes: the file as it was, and as we wrote it. Anything else was written by somebody
 * after us, and is not thrown away without a word; a client that keeps more than its servers in the file writes it all
 * the time, and then the servers alone can be put back.
 */
import type { Client } from '../../config/clients.ts';
import { OWN_NAME, placeIn } from '../../config/edit/connection.ts';
import {
  differingKeys,
  editServers,
  type PlainEntry,
  type ServersPlace,
  serverEntries,
} from '../../config/edit/edit.ts';
import { type Backup, Backups } from '../../config/files/backups.ts';
import { FileFault, type FileState, fileState, hashOf, textOfBytes } from '../../config/files/file-state.ts';
import { removeFile, replaceFile } from '../../config/files/replace-file.ts';
import type { Run, Values } from '../arguments.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { clientHome, clientOf, usageFault, withFaults } from './client-files.ts';

export async function restore(run: Run, io: CliIo): Promise<number> {
  return withFaults(io, () => restoring(run, io));
}

async function restoring({ values, operands: [word] }: Run, io: CliIo): Promise<number> {
  const backups = new Backups(dataDirOf(values, io.env));
  if (word === undefined) return listed(await backups.list(), io);
  const client = clientOf(word);
  if ('say' in client) return usageFault(client.say, io);
  const all = await backups.list(client.id);
  const open = all.filter(({ restored }) => !restored);
  if (open.length === 0) return nothingToDo(client, all, io);
  // Of several for one file the latest: each undoes one change.
  const latest = open.filter(({ path }, at) => open.findIndex((one) => one.path === path) === at);
  const codes: number[] = [];
  for (const backup of latest) codes.push(await restoreOne({ client, backup, backups, values, io }));
  return Math.max(...codes);
}

function nothingToDo(client: Client, all: readonly Backup[], io: CliIo): number {
  const [last] = all;
  if (last === undefined) {
    io.err(`gatewright: There is no backup for ${client.title}: it was not connected from here.\n`);
    return EXIT.failed.code;
  }
  io.out(`${plain(last.path)} was put back already.\n`);
  return EXIT.ok.code;
}

async function listed(all: readonly Backup[], io: CliIo): Promise<number> {
  if (all.length === 0) io.out('No client was connected from here.\n');
  for (const backup of all) {
    const state = backup.restored ? 'restored' : stateWords(backup, await fileState(backup.path));
    io.out(`${[backup.client, backup.time, backup.path, state].map(plain).join('  ')}\n`);
  }
  return EXIT.ok.code;
}

function stateWords(backup: Backup, now: FileState): string {
  if (isOriginal(backup, now)) return 'as it was';
  return isOurs(backup, now) ? 'connected' : 'changed since';
}

function isOriginal({ existed, sha256, mode }: Backup, { bytes, mode: modeNow }: FileState): boolean {
  return existed ? bytes !== undefined && hashOf(bytes) === sha256 && mode === modeNow : bytes === undefined;
}

/** As we wrote it; or as it was, with another mode. */
function isOurs({ sha256, written, existed }: Backup, { bytes }: FileState): boolean {
  if (bytes === undefined) return false;
  return written.includes(hashOf(bytes)) || (existed && hashOf(bytes) === sha256);
}

interface Restoring {
  readonly client: Client;
  readonly backup: Backup;
  readonly backups: Backups;
  readonly values: Values;
  readonly io: CliIo;
}

async function restoreOne(restoring: Restoring): Promise<number> {
  const { client, backup, backups, values, io } = restoring;
  await assertItsPlace(restoring);
  const now = await fileState(backup.path);
  if (isOriginal(backup, now)) {
    await backups.done(backup, 'remove');
    io.out(`${plain(backup.path)} is as it was.\n`);
    return EXIT.ok.code;
  }
  const original = await backups.bytes(backup);
  if (values.has('servers-only')) return serversOnly(restoring, now, original);
  if (!isOurs(backup, now) && !values.has('force')) return changedSince(restoring, now, original);
  if (!isOurs(backup, now) && now.bytes !== undefined)
    io.out(`What stood there is kept as ${plain(await backups.setAside(backup, now.bytes))}\n`);
  if (backup.existed) await replaceFile(now, original, backup.mode);
  else await removeFile(now, backup.madeFolder);
  await backups.done(backup, 'remove');
  io.out(`${plain(backup.path)} is as it was before. Start ${client.title} anew.\n`);
  return EXIT.ok.code;
}

/** A record leads only to where this client keeps its file, whatever is written in it. */
async function assertItsPlace({ client, backup, backups, io }: Restoring): Promise<void> {
  const places = await Promise.all(client.files(clientHome(io.env)).map(async (path) => (await fileState(path)).path));
  if (places.includes(backup.path)) return;
  throw new FileFault(
    `${client.title} no longer keeps its file at ${backup.path}. Nothing was changed; the backup is ${backups.bytesPath(backup.id)}.`,
  );
}

function changedSince({ client, backup, io }: Restoring, now: FileState, original: Buffer): number {
  const place = placeIn(client, backup.path);
  const gone = now.bytes === undefined;
  io.err(`gatewright: ${plain(backup.path)} was ${gone ? 'deleted' : 'changed'} since it was connected.\n`);
  if (place !== undefined && now.bytes !== undefined) {
    const keys = differingKeys(original.toString(), now.bytes.toString(), place);
    if (keys.length > 0) io.err(`It differs from the backup in: ${keys.map(plain).join(', ')}\n`);
  }
  io.err('Nothing was changed. --servers-only puts the servers back and leaves the rest as it is now;\n');
  io.err('--force puts the whole file back and keeps a copy of the present one.\n');
  return EXIT.failed.code;
}

async function serversOnly({ client, backup, backups, io }: Restoring, now: FileState, bytes: Buffer): Promise<number> {
  const place = placeIn(client, backup.path);
  if (place === undefined || now.bytes === undefined) throw new FileFault(`${backup.path} has no servers to put back.`);
  const servers = serverEntries(textOfBytes(bytes, backup.path), place);
  if (!servers.ok) throw new FileFault(`The backup of ${backup.path} cannot be read.`);
  const put = Object.entries(servers.value).map(([name, entry]) => ({ name, entry: withoutName(entry, place) }));
  const edited = editServers(textOfBytes(now.bytes, backup.path), place, { remove: [OWN_NAME], put });
  if (!edited.ok) throw new FileFault(`${backup.path}: ${edited.say} Nothing was changed.`);
  await replaceFile(now, Buffer.from(edited.text), now.mode);
  await backups.done(backup, 'keep');
  io.out(
    `The servers are back in ${plain(backup.path)}; all else in it is as it was now. Start ${client.title} anew.\n`,
  );
  return EXIT.ok.code;
}

function withoutName(entry: unknown, { shape }: ServersPlace): PlainEntry {
  const { name, ...others } = entry as PlainEntry;
  return shape === 'list' ? others : (entry as PlainEntry);
}
