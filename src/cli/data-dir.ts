/*
 * Where the gateway keeps what must outlive it: option, then environment, then the person's own data folder.
 */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../config/expand.ts';
import type { Values } from './arguments.ts';

/** XDG Base Directory Specification: a relative or empty value is ignored. Absolute; need not exist. */
export function dataDirOf(values: Values, env: Environment): string {
  const named = values.get('data-dir') ?? env.GATEWRIGHT_DATA_DIR;
  if (typeof named === 'string' && named !== '') return resolve(named);
  const base = env.XDG_DATA_HOME;
  if (base !== undefined && isAbsolute(base)) return join(base, 'gatewright');
  return join(env.HOME === undefined || env.HOME === '' ? homedir() : env.HOME, '.local', 'share', 'gatewright');
}
