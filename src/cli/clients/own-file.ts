/*
 * Our own configuration file, as far as these commands need it: its text, its address, and writing it.
 */
import { resolve } from 'node:path';
import type { Environment } from '../../config/expand.ts';
import { type FileState, fileState, textOfBytes } from '../../config/files/file-state.ts';
import { replaceFile } from '../../config/files/replace-file.ts';
import { DEFAULT_PORT } from '../../config/listen-rules.ts';
import { parseConfig } from '../../config/load.ts';
import { asksForCredentials } from '../../model/identity.ts';
import type { Values } from '../arguments.ts';
import { configSource } from '../config-source.ts';

export interface OwnFile {
  readonly path: string;
  readonly state: FileState;
  readonly text: string;
  /** Where clients reach the gateway that serves this file. */
  readonly address: string;
  readonly port: number;
  readonly needsToken: boolean;
}

export async function ownFile(values: Values, env: Environment): Promise<OwnFile> {
  const source = configSource(values, env);
  const path = resolve('path' in source ? source.path : source.missing);
  const state = await fileState(path);
  const text = state.bytes === undefined ? '' : textOfBytes(state.bytes, path);
  const loaded = parseConfig(text.replace(/^\ufeff/, ''), path, env, {}, { faultyServers: 'setAside' });
  const config = loaded.ok ? loaded.config : undefined;
  const port = config?.listen.port || DEFAULT_PORT;
  const address = config?.publicUrl ?? `${config?.listen.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { path, state, text, address, port, needsToken: config !== undefined && asksForCredentials(config.identity) };
}

/** @param secret Whether secrets in clear came in: then the file is for this user alone. */
export async function writeOwnFile(own: OwnFile, text: string, secret: boolean): Promise<void> {
  const fresh = own.state.bytes === undefined;
  await replaceFile(own.state, Buffer.from(text), fresh ? 0o600 : own.state.mode & (secret ? 0o600 : 0o777));
}
