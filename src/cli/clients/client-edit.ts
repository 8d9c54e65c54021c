/*
 * One file of a client as it will be: our entry in it, and out of it what we serve from now on.
 */
import { OWN_NAME, placeIn } from '../../config/edit/connection.ts';
import { editServers, type PlainEntry, pasteText, serverEntries } from '../../config/edit/edit.ts';
import type { Arrival, Offered } from '../../config/edit/merge.ts';
import type { ClientFile } from './client-files.ts';

export interface ClientEdit {
  readonly file: ClientFile;
  readonly text: string;
  readonly stays: readonly { readonly name: string; readonly why: string }[];
}

export interface Uneditable {
  readonly path: string;
  readonly say: string;
  readonly line: number;
  readonly column: number;
  /** What to put into the file by hand. */
  readonly paste: string;
}

export interface Servers {
  /** What the files have. */
  readonly offered: readonly Offered[];
  /** What we take of it: nothing, when the servers stay with the client. */
  readonly arrivals: readonly Arrival[];
}

export function clientEdit(file: ClientFile, servers: Servers, entry: PlainEntry): ClientEdit | Uneditable {
  const place = placeIn(file.client, file.path);
  const nowhere = { path: file.path, line: 0, column: 0, paste: '' };
  if (place === undefined)
    return {
      ...nowhere,
      say: `This older kind of file cannot be changed.`,
      paste: JSON.stringify(entry, undefined, 2),
    };
  const paste = pasteText(place, OWN_NAME, entry);
  const read = serverEntries(file.text, place);
  if (!read.ok) return { ...read, path: file.path, paste };
  const here = servers.arrivals.filter(({ source }) => source.path === file.path);
  const moved = here.filter(({ state }) => state === 'new' || state === 'same').map(({ server }) => server.original);
  const free = !Object.hasOwn(read.value, OWN_NAME) || moved.includes(OWN_NAME) || isOurs(file, servers.offered);
  if (!free) return { ...nowhere, say: `It has another server named "${OWN_NAME}", which would be lost.`, paste };
  const remove = moved.filter((name) => name !== OWN_NAME);
  const edited = editServers(file.text, place, { remove, put: [{ name: OWN_NAME, entry }] });
  if (!edited.ok) return { ...edited, path: file.path, paste };
  return { file, text: edited.text, stays: staying(here) };
}

/** Whether the entry under our name leads to this gateway. Another would be lost, if nobody takes it. */
function isOurs({ path }: ClientFile, offered: readonly Offered[]): boolean {
  const servers = offered.find(({ source }) => source.path === path)?.servers ?? [];
  return servers.some(({ original, own }) => original === OWN_NAME && own);
}

function staying(here: readonly Arrival[]): ClientEdit['stays'] {
  return here.flatMap(({ server, state }) => {
    if (server.original === OWN_NAME || state === 'new' || state === 'same') return [];
    return { name: server.original, why: server.lacks ?? 'It leads to Gatewright already.' };
  });
}
