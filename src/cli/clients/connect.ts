/*
 * `gatewright connect CLIENT`: the client's file gets one entry that leads here; the servers it had are ours to serve.
 *
 * No server is ever lost: what leaves the client's file stands in ours before, and what cannot be taken stays where it
 * is. Both files are made ready in memory and judged; then come the preview and the question; then our file, the backup
 * and the client's file are written, in this order, so that whatever stops in between leaves every server somewhere.
 */
import type { Client } from '../../config/clients.ts';
import { endpointUrl, entryFor } from '../../config/edit/connection.ts';
import { type Merged, merged } from '../../config/edit/merge.ts';
import { Backups } from '../../config/files/backups.ts';
import { replaceFile } from '../../config/files/replace-file.ts';
import { isServerName } from '../../config/names.ts';
import type { Run, Values } from '../arguments.ts';
import { printProblems } from '../check.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { type ClientEdit, clientEdit, type Uneditable } from './client-edit.ts';
import { clientOf, filesOf, firstFile, usageFault, withFaults } from './client-files.ts';
import { stopped } from './confirm.ts';
import { connectedFiles, offeredBy, refused } from './import.ts';
import { type OwnFile, ownFile, writeOwnFile } from './own-file.ts';
import { arrivalLines, warnOfSecrets } from './preview.ts';
import { programFor } from './program.ts';

export async function connect(run: Run, io: CliIo): Promise<number> {
  return withFaults(io, () => connecting(run, io));
}

async function connecting({ values, operands: [word = ''] }: Run, io: CliIo): Promise<number> {
  const client = clientOf(word);
  if ('say' in client) return usageFault(client.say, io);
  const own = await ownFile(values, io.env);
  const url = urlOf(values, own);
  if ('say' in url) return usageFault(url.say, io);
  const program = values.has('url') ? [...io.program, 'stdio', '--url', url.href] : programFor(values, own, io);
  const entry = entryFor(client, { url: url.href, program });
  const there = await filesOf(client, io.env);
  const files = there.length > 0 ? there : [await firstFile(client, io.env)];
  const { offered, problems } = offeredBy(files, { own, connected: await connectedFiles(values, io), io });
  const keeps = values.has('keep');
  if (problems.length > 0 && !keeps) {
    printProblems(problems, io);
    return EXIT.config.code;
  }
  const taken = merged(own, keeps ? [] : offered, io.env);
  if (!taken.ok) return refused(taken, io);
  const edits = files.map((file) => clientEdit(file, { offered, arrivals: taken.arrivals }, entry));
  const fault = edits.find((edit) => 'say' in edit);
  if (fault !== undefined) return uneditable(fault, io);
  const ready = edits.flatMap((edit) => ('say' in edit ? [] : [edit]));
  const target = client.reaches === 'url' ? url.href : plain(program.join(' '));
  return written({ client, target, own, taken, edits: ready }, values, io);
}

/** A URL for the client, or what is wrong with what was asked. */
function urlOf(values: Values, own: OwnFile): URL | { readonly say: string } {
  const address = values.get('url') ?? own.address;
  const endpoint = values.get('endpoint');
  if (typeof address !== 'string' || !/^https?:\/\//i.test(address) || !URL.canParse(address))
    return { say: '--url must begin with http:// or https://.' };
  if (typeof endpoint === 'string' && !isServerName(endpoint))
    return { say: '--endpoint is the name of a server or endpoint, such as "files".' };
  const url = new URL(endpointUrl(address, typeof endpoint === 'string' ? endpoint : undefined));
  return url.username === '' && url.password === '' ? url : { say: '--url may not hold a user name or password.' };
}

function uneditable({ path, say, line, column, paste }: Uneditable, io: CliIo): number {
  const at = line > 0 ? `:${line}:${column}` : '';
  io.err(`${plain(path)}${at}: ${plain(say)}\nNothing was changed.\n`);
  if (line === 0) io.err(`Put this into the file yourself:\n\n${paste}\n`);
  return EXIT.config.code;
}

interface Connecting {
  readonly client: Client;
  /** What the entry says, for people. */
  readonly target: string;
  readonly own: OwnFile;
  readonly taken: Extract<Merged, { ok: true }>;
  readonly edits: readonly ClientEdit[];
}

async function written(connecting: Connecting, values: Values, io: CliIo): Promise<number> {
  const { client, own, taken, target } = connecting;
  const edits = connecting.edits.filter(({ text, file }) => text !== file.text);
  if (edits.length === 0 && taken.text === own.text) {
    io.out(`${client.title} is connected already, to ${target}\n`);
    return EXIT.ok.code;
  }
  show(connecting, io);
  const code = await stopped('Go on?', values, io);
  if (code !== undefined) return code;
  const secret = taken.arrivals.some(({ secrets }) => secrets.length > 0);
  if (taken.text !== own.text) await writeOwnFile(own, taken.text, secret);
  const backups = new Backups(dataDirOf(values, io.env));
  for (const edit of edits) await writeClientFile(edit, backups);
  io.out(`${client.title} is connected. To undo it: gatewright restore ${client.id}\n`);
  const starts = client.reaches === 'command';
  io.out(starts ? `Start ${client.title} anew.\n` : `Start the gateway with "gatewright", and ${client.title} anew.\n`);
  if (own.needsToken && (!starts || values.has('url'))) tellOfToken(starts, io);
  return EXIT.ok.code;
}

async function writeClientFile({ file, text }: ClientEdit, backups: Backups): Promise<void> {
  const next = Buffer.from(text);
  const backup = await backups.keep(file.client.id, file.state, next);
  // A new file may come to hold a token.
  const { madeFolder } = await replaceFile(file.state, next, backup.existed ? file.state.mode : 0o600);
  if (madeFolder !== undefined) await backups.update({ ...backup, madeFolder });
}

function show({ client, target, own, taken, edits }: Connecting, io: CliIo): void {
  for (const { file, stays } of edits) {
    const link = file.state.path === file.path ? '' : ` (a link to ${plain(file.state.path)})`;
    io.out(`${client.title}: ${plain(file.path)}${file.state.bytes === undefined ? ' (new)' : link}\n`);
    io.out(`  + gatewright  ${target}\n`);
    for (const { name, why } of stays) io.out(`    ${plain(name)}  stays: ${plain(why)}\n`);
  }
  const moving = taken.arrivals.filter(({ state }) => state === 'new' || state === 'same');
  if (moving.length === 0) return;
  io.out(`From there to ${plain(own.path)}${own.state.bytes === undefined ? ' (new)' : ''}:\n`);
  for (const line of arrivalLines(moving)) io.out(`${line}\n`);
  warnOfSecrets(moving, own.path, io);
}

function tellOfToken(starts: boolean, io: CliIo): void {
  const how = starts ? 'arguments --header "Authorization: Bearer …"' : 'header "Authorization: Bearer …"';
  io.err(`warning: This gateway asks for a token. Add the ${how} to the new entry.\n`);
}
