/*
 * The words with which a client starts us as its MCP server.
 *
 * A desktop program starts others without a shell, in a folder and with a PATH of its own, and with few variables. So our
 * program is named by absolute paths, and what here came from the environment or from options is written out.
 */
import { join } from 'node:path';
import type { Values } from '../arguments.ts';
import { homeOf } from '../config-source.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import type { OwnFile } from './own-file.ts';

const NONE: Values = new Map();

export function programFor(values: Values, own: OwnFile, { env, program }: CliIo): readonly string[] {
  const words = [...program, 'stdio'];
  const endpoint = values.get('endpoint');
  if (typeof endpoint === 'string') words.push(endpoint);
  const bare = env.HOME === undefined ? {} : { HOME: env.HOME };
  const dataDir = dataDirOf(values, env);
  const usualFile = join(homeOf(env), '.config', 'gatewright', 'gatewright.yaml');
  if (own.path !== usualFile) words.push('--config', own.path);
  if (dataDir !== dataDirOf(NONE, bare)) words.push('--data-dir', dataDir);
  return words;
}
