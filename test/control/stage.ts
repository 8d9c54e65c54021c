/*
 * The stage of stories about managing a gateway: the real process in a fresh folder, its first admin logged in over the API,
 * an MCP server of the file and one of `acme`, and people of every role.
 *
 *   const stage = await openControlStage();
 *   after(() => stage.close());
 *   await stage.ask('admin', 'POST /api/v1/organisations', { body: { name: 'x', title: 'X' } });
 *   await stage.ask('ada', 'GET /api/v1/servers');
 *
 * `admin` is the first user, a system_admin; the others are those of `rig/desk-people.ts`. They are written into the store by a
 * second connection, as another node would write them, so that no test waits for passwords.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../../src/config/load.ts';
import { type Logins, openLogins } from '../../src/control/admin/people/logins.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import type { Store } from '../../src/control/store/store.ts';
import type { Vault } from '../../src/control/vault.ts';
import { type Kept, openKept } from '../../src/kept.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import { type RunningFixture, startFixture } from '../fixture/http.ts';
import { dataFolder } from '../rig/data-folder.ts';
import { type Anything, askOver, type Sent, type Told } from '../rig/desk-answer.ts';
import { type Somebodies, type Somebody, seederIn, seedPeople } from '../rig/desk-people.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { madeSnapshot } from '../rig/made.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

export const ADMIN_PASSWORD = 'the first password of this stage';

export interface ControlStage extends Somebodies {
  readonly url: string;
  readonly gateway: RunningGateway;
  /** A second connection to the gateway's store, with logins that its tokens are of. */
  readonly store: Store;
  readonly logins: Logins;
  readonly vault: Vault;
  /** An MCP server, reached over `url` by the entry `files` of the file. */
  readonly upstream: RunningFixture;
  /** The row of the server `shared` of acme. */
  readonly server: string;
  ask<Data = Anything>(who: Somebody | 'admin' | '', what: string, sent?: Sent): Promise<Told<Data>>;
  /** Asks again until it fits; a second connection is heard within a second. */
  until(fits: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export interface ControlStageOptions {
  /** Sections of the file beside `servers`. */
  readonly config?: JsonObject;
  /** Ports of 127.0.0.1 that addresses from elsewhere may name, beside that of the MCP server. */
  readonly ports?: readonly number[];
  readonly now?: () => number;
}

export async function openControlStage({
  config = {},
  ports = [],
  now = Date.now,
}: ControlStageOptions = {}): Promise<ControlStage> {
  const upstream = await startFixture();
  const gateway = await openGateway(upstream, config, ports);
  const kept = await keptBeside(gateway, now);
  const logins = loginsOver(kept, now);
  const people = await seedPeople(kept.store, logins, now());
  const server = await seedServer(kept.store, upstream.url, { name: 'shared', atMs: now() });
  const admin = await logIn(gateway.url, 'admin', ADMIN_PASSWORD);
  const tokens: Readonly<Record<string, string>> = { ...people.tokens, admin, '': '' };
  const ask: ControlStage['ask'] = (who, what, sent) => askOver(gateway.url, tokens[who] ?? '', what, sent);
  const { store, vault } = kept;
  const stage = { ...people, url: gateway.url, gateway, store, vault, logins, upstream, server, ask, until };
  await until(async () => /"ready"/.test((await ask('ada-write', 'GET /api/v1/live/upstreams')).text));
  return { ...stage, close: () => closeAll(stage) };
}

async function openGateway(
  upstream: RunningFixture,
  config: JsonObject,
  ports: readonly number[],
): Promise<RunningGateway> {
  const { GATEWRIGHT_DATA_DIR: folder } = dataFolder();
  const passwordFile = join(folder, 'first-password');
  await writeFile(passwordFile, ADMIN_PASSWORD, { mode: 0o600 });
  const { hostname: host, port } = new URL(upstream.url);
  const egress = { allow: [{ host, ports: [Number(port), ...ports], http: true }] };
  const file = { servers: { files: { url: upstream.url } }, egress, ...config };
  const gateway = await startGateway(file, { args: ['--admin-password-file', passwordFile], managed: true });
  await gateway.until((line) => line.event === 'ready');
  return gateway;
}

async function keptBeside({ file }: RunningGateway, now: () => number): Promise<Kept> {
  const loaded = parseConfig('{"servers": {}}', file, {});
  if (!loaded.ok) throw new Error('an empty configuration has faults');
  return openKept(loaded.config, { dataDir: join(dirname(file), 'data'), env: {}, now });
}

/** Logins as the gateway's own, at another time of day. */
export function loginsOver({ store, vault }: Pick<Kept, 'store' | 'vault'>, now: () => number): Logins {
  const snapshot = madeSnapshot([]);
  const publisher = { snapshot: () => snapshot };
  const onFailure = (what: string, error: unknown) => {
    throw new Error(what, { cause: error });
  };
  return openLogins({ store, vault, publisher, now, onFailure, limits: defaultLimits, emit: () => {} });
}

/** Public in acme, so that everybody there sees it. */
export async function seedServer(
  store: Store,
  url: string,
  { name, atMs }: { readonly name: string; readonly atMs: number },
): Promise<string> {
  const actor = seederIn('acme');
  const values = { name, title: name, description: '', definitionJson: '{}', url };
  const own = { owner: null, visibility: 'public', tagsJson: '[]', weight: 1 };
  const row = servers.fresh(actor, { ...values, ...own }, atMs);
  const touched = [{ kind: 'servers', id: row.id, organisation: 'acme' }] as const;
  await store.write(actor, { changes: [servers.insert(actor, row)], touched, audit: [] });
  return row.id;
}

/** The token of a login with a password. */
export async function logIn(url: string, username: string, password: string): Promise<string> {
  const { status, data, text } = await askOver(url, '', 'POST /api/auth/login', { body: { username, password } });
  if (status !== 200) throw new Error(`${username} cannot log in: ${text}`);
  return data.token ?? '';
}

const LOOK_EVERY_MS = 50;
const LOOKS_MAX = 400;

async function until(fits: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if (await fits()) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error('it never fits');
}

async function closeAll(stage: Pick<ControlStage, 'gateway' | 'upstream' | 'store' | 'logins'>): Promise<void> {
  await stage.logins.close();
  await stage.store.close();
  await stage.gateway.stop();
  await stage.upstream.close();
}
