/*
 * Which file to serve, and where to listen: option, then environment.
 *
 * A file in the current folder is never taken by itself: a cloned repository could bring one, and its commands would
 * run. Without a word from the person it is the file in their own configuration folder, else what `first-start.ts` finds.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../config/expand.ts';
import type { Overrides } from '../config/load.ts';
import type { Values } from './arguments.ts';
import { LOG_LEVELS } from './usage.ts';

export type Source = { readonly path: string } | { readonly missing: string };

export function configSource(values: Values, env: Environment): Source {
  const named = textOf(values, 'config') ?? nonEmpty(env.GATEWRIGHT_CONFIG);
  if (named !== undefined) return { path: named };
  const own = ownFile(env);
  return existsSync(own) ? { path: own } : { missing: own };
}

/** XDG Base Directory Specification: a relative or empty value is ignored. */
export function ownFile(env: Environment): string {
  const folder = env.XDG_CONFIG_HOME;
  const base = folder !== undefined && isAbsolute(folder) ? folder : join(homeOf(env), '.config');
  return join(base, 'gatewright', 'gatewright.yaml');
}

export function homeOf({ HOME }: Environment): string {
  return HOME !== undefined && isAbsolute(HOME) ? HOME : homedir();
}

export function firstFileText(missing: string): string {
  return [
    `No configuration file was named, and there is none at ${missing}.`,
    'Start "gatewright" to serve what your other clients have, name a file with --config FILE, or write a first one:',
    '',
    ...FIRST_FILE,
    '',
  ].join('\n');
}

export const FIRST_FILE: readonly string[] = [
  '  servers:',
  '    everything:',
  '      command: npx',
  '      args: [-y, "@modelcontextprotocol/server-everything"]',
];

export type ServeSettings =
  | {
      readonly ok: true;
      readonly overrides: Overrides;
      readonly logLevel: string;
      /** Absolute. */
      readonly adminPasswordFile?: string;
    }
  | { readonly ok: false; readonly say: string };

export function serveSettings(values: Values, env: Environment): ServeSettings {
  const host = chosen(values, env, 'host', 'GATEWRIGHT_HOST');
  const port = chosen(values, env, 'port', 'GATEWRIGHT_PORT');
  const password = chosen(values, env, 'admin-password-file', 'GATEWRIGHT_ADMIN_PASSWORD_FILE');
  const level = chosen(values, env, 'log-level', 'GATEWRIGHT_LOG_LEVEL');
  if (port !== undefined && !isPort(port.value)) return wrong(port.from, 'a number from 0 to 65535');
  if (level !== undefined && !LOG_LEVELS.includes(level.value))
    return wrong(level.from, `one of ${LOG_LEVELS.join(', ')}`);
  return {
    ok: true,
    logLevel: level?.value ?? 'warn',
    ...(password && { adminPasswordFile: resolve(password.value) }),
    overrides: {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port: { value: Number(port.value), from: port.from } }),
    },
  };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

function wrong(from: string, wanted: string): ServeSettings {
  return { ok: false, say: `${from} must be ${wanted}.` };
}

function chosen(values: Values, env: Environment, option: string, variable: string) {
  const flag = textOf(values, option);
  if (flag !== undefined) return { value: flag, from: `--${option}` };
  const value = nonEmpty(env[variable]);
  return value === undefined ? undefined : { value, from: variable };
}

function textOf(values: Values, option: string): string | undefined {
  const value = values.get(option);
  return typeof value === 'string' ? value : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
