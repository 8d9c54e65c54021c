/*
 * The real gateway as a process with its admin API: the first user's password is one that the test has chosen, and its data
 * folder may outlive it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Anything, askOver, type Sent, type Told } from './desk-answer.ts';
import { type GatewayOptions, type RunningGateway, startGateway } from './gateway.ts';
import type { JsonObject } from './scripted-script.ts';

export const ADMIN_PASSWORD = 'a long enough sentence for tests';

export interface ManagedOptions extends GatewayOptions {
  /** Default: a new one, gone when it stops. */
  readonly dataDir?: string;
}

export interface ManagedGateway {
  readonly gateway: RunningGateway;
  readonly url: string;
  readonly dataDir: string;
  /** What the first user has been given at login. */
  readonly tokens: { readonly token: string; readonly refreshToken: string };
  /** As the first user, unless another token is named; `''` is nobody. */
  ask<Data = Anything>(what: string, sent?: Sent, token?: string): Promise<Told<Data>>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startManaged(config: JsonObject, options: ManagedOptions = {}): Promise<ManagedGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-managed-'));
  const dataDir = options.dataDir ?? join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${ADMIN_PASSWORD}\n`, { mode: 0o600 });
  const args = ['--admin-password-file', passwordFile, ...(options.args ?? [])];
  const env = { ...options.env, GATEWRIGHT_DATA_DIR: dataDir };
  const isFirst = !existsSync(join(dataDir, 'gatewright.db'));
  try {
    const gateway = await startGateway(config, { ...options, args, env, managed: true });
    // It serves calls before anybody can log in.
    if (isFirst) await gateway.until((line) => line.event === 'first_admin');
    return await managed(gateway, { dataDir, folder });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function managed(
  gateway: RunningGateway,
  { dataDir, folder }: { dataDir: string; folder: string },
): Promise<ManagedGateway> {
  const { url } = gateway;
  const stop = async (signal?: NodeJS.Signals) => {
    await gateway.stop(signal);
    await rm(folder, { recursive: true, force: true });
  };
  const body = { username: 'admin', password: ADMIN_PASSWORD };
  const login = await askOver<ManagedGateway['tokens']>(url, '', 'POST /api/auth/login', { body });
  if (login.status !== 200) {
    await stop('SIGKILL');
    throw new Error(`login: ${login.text}\n${gateway.stderr()}`);
  }
  const { token, refreshToken } = login.data;
  const ask = <Data>(what: string, sent?: Sent, as = token) => askOver<Data>(url, as, what, sent);
  return { gateway, url, dataDir, tokens: { token, refreshToken }, ask, stop };
}
