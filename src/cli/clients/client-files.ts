/*
 * The client a person names, and its files as they are.
 */
import { homedir } from 'node:os';
import { CLIENT_IDS, type Client, type ClientHome, clientNamed } from '../../config/clients.ts';
import type { Environment } from '../../config/expand.ts';
import { FileFault, type FileState, fileState, textOfBytes } from '../../config/files/file-state.ts';
import { nearestWord } from '../../config/suggest.ts';
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';

export interface ClientFile {
  readonly client: Client;
  /** As the client calls it; `state.path` is where links lead. */
  readonly path: string;
  readonly state: FileState;
  /** Empty when there is no file. */
  readonly text: string;
}

export function clientOf(word: string): Client | { readonly say: string } {
  const client = clientNamed(word);
  if (client !== undefined) return client;
  const nearest = nearestWord(word, CLIENT_IDS);
  const hint = nearest === undefined ? `Clients: ${CLIENT_IDS.join(', ')}.` : `Did you mean "${nearest}"?`;
  return { say: `Unknown client "${word}". ${hint}` };
}

export function clientHome(env: Environment): ClientHome {
  const home = env.HOME === undefined || env.HOME === '' ? homedir() : env.HOME;
  return { platform: process.platform, home, env };
}

/** Those that are there; of a client without any, none. */
export async function filesOf(client: Client, env: Environment): Promise<ClientFile[]> {
  const all = await Promise.all(client.files(clientHome(env)).map((path) => clientFile(client, path)));
  const there = all.filter(({ state }) => state.bytes !== undefined);
  return client.reads === 'first' ? there.slice(0, 1) : there;
}

/** Where the client would look for a file first. */
export async function firstFile(client: Client, env: Environment): Promise<ClientFile> {
  const [path] = client.files(clientHome(env));
  if (path === undefined) throw new FileFault(`${client.title} keeps no file on this platform.`);
  return clientFile(client, path);
}

async function clientFile(client: Client, path: string): Promise<ClientFile> {
  const state = await fileState(path);
  return { client, path, state, text: state.bytes === undefined ? '' : textOfBytes(state.bytes, path) };
}

/** Runs a command; what a file or the disk refuses is said in one line. */
export async function withFaults(io: CliIo, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof FileFault)) throw thrown;
    io.err(`gatewright: ${plain(thrown.message)}\n`);
    return EXIT.failed.code;
  }
}

export function usageFault(say: string, io: CliIo): number {
  io.err(`gatewright: ${plain(say)}\n`);
  return EXIT.usage.code;
}
