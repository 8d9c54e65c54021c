/*
 * The admin API in this process, over a real store in a folder of its own: for tests of routes that need no server and no
 * call. What the data plane would be asked is handed in, or says that it is not there.
 *
 *   const desk = await openTestDesk();
 *   after(() => desk.close());
 *   const { data } = await desk.ask('ada', 'POST /api/v1/servers', { body: {…} });
 *   await desk.ask('uma', `PATCH /api/v1/servers/${data.id}`, { body: {…}, ifMatch: data.version });   // 404
 *
 * People: `root` is system_admin of `default`; `ada` manages `acme`, where `uma` and `eva` are users and `vic` a viewer; `bob`
 * manages `beta`. Keys: `ada-write`, `ada-read` and `ada-none` are ada's, by what they may of the API; `uma-write` is uma's.
 * `''` is nobody.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { openDesk } from '../../src/control/admin/open-desk.ts';
import type { AdminParts } from '../../src/control/admin/parts.ts';
import { openLogins } from '../../src/control/admin/people/logins.ts';
import type { Publisher } from '../../src/control/publish/publisher.ts';
import { openPublishing, type Publishing, type PublishingParts } from '../../src/control/publish/publishing.ts';
import { openStore } from '../../src/control/store/open-store.ts';
import type { Store } from '../../src/control/store/store.ts';
import type { Vault } from '../../src/control/vault.ts';
import { openVault } from '../../src/control/vault-open.ts';
import type { LimitName } from '../../src/model/limits.ts';
import type { Operator } from '../../src/model/operator.ts';
import { KeyFileAt } from '../../src/ops/key-file.ts';
import { listen } from '../../src/ops/listener.ts';
import { createAdminDoor } from '../../src/proxy/doors/admin-desk.ts';
import { conditionFault } from '../../src/proxy/policy/condition/condition.ts';
import { documentFault } from '../../src/wire/json/scan-call.ts';
import { type Anything, askOver, type Sent, type Told } from './desk-answer.ts';
import { type Somebodies, type Somebody, seedPeople } from './desk-people.ts';

export interface TestDeskOptions {
  /** The configuration file, YAML. */
  readonly file?: string;
  /** What is asked of the data plane; anything else throws. */
  readonly operator?: Partial<Operator>;
  readonly now?: () => number;
}

export interface TestDesk extends Somebodies {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly parts: AdminParts;
  readonly store: Store;
  readonly hits: readonly LimitName[];
  /** What went wrong behind a 5001. */
  readonly failures: readonly unknown[];
  ask<Data = Anything>(who: Somebody | '', what: string, sent?: Sent): Promise<Told<Data>>;
  close(): Promise<void>;
}

export async function openTestDesk(options: TestDeskOptions = {}): Promise<TestDesk> {
  const { file = 'servers: {}', now = Date.now } = options;
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-desk-'));
  const store = await openStore({ target: { file: join(folder, 'gatewright.db') }, now });
  const key = new KeyFileAt(join(folder, 'encryption.key'));
  const { vault } = await openVault({ file: key, environment: undefined, sealedWith: async () => [] });
  const [hits, failures]: [LimitName[], unknown[]] = [[], []];
  const onFailure = (_: string, error: unknown) => void failures.push(error);
  const publisher = await publisherOver({ store, vault, now, onFailure }, configOf(file));
  const parts = partsOf({ ...options, now, store, vault, publisher, failures, hits });
  const desk = openDesk({ ...parts, emit: parts.emit, jsonFault });
  const { url, close } = await served(publisher, desk);
  const people = await seedPeople(store, parts.logins, now());
  await publisher.settled();
  return {
    ...{ ...people, url, parts, store, hits, failures },
    ask: (who, what, sent) => askOver(url, who === '' ? '' : people.tokens[who], what, sent),
    close: async () => {
      await close();
      await desk.close();
      await parts.logins.close();
      await publisher.close();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const jsonFault = (bytes: Buffer) => documentFault(bytes, { depthMax: 64, keysMax: 10_000 });

function configOf(text: string): Config {
  const loaded = parseConfig(text, '/etc/gatewright.yaml', {}, {}, { conditionFault });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

interface Ground extends TestDeskOptions {
  readonly now: () => number;
  readonly store: Store;
  readonly vault: Vault;
  readonly publisher: Publishing;
  readonly hits: LimitName[];
  readonly failures: unknown[];
}

function partsOf({ operator = {}, now, store, vault, publisher, failures, hits }: Ground) {
  const limits = () => publisher.snapshot().limits;
  const onFailure = (_: string, error: unknown) => void failures.push(error);
  const emit = (event: { readonly type: string; readonly limit?: LimitName }) => {
    if (event.type === 'limit_hit' && event.limit !== undefined) hits.push(event.limit);
  };
  const logins = openLogins({ store, vault, publisher, limits, now, emit, onFailure });
  const onLimit = (limit: LimitName) => void hits.push(limit);
  const base = { store, vault, publisher, logins, limits, onLimit, now, onFailure, file: publisher.config };
  return { ...base, conditionFault, operator: operatorOf(operator), emit };
}

/** Whatever is not handed in is not there, and says so. */
function operatorOf(some: Partial<Operator>): Operator {
  return new Proxy(some as Operator, {
    get: (known, name) => {
      const found: unknown = Reflect.get(known, name);
      if (found !== undefined) return found;
      return () => {
        throw new Error(`operator.${String(name)} is not on this desk`);
      };
    },
  });
}

async function served(publisher: Publisher, desk: ReturnType<typeof openDesk>) {
  const server = createAdminDoor({
    ...{ snapshot: () => publisher.snapshot(), emit: () => {}, log: () => {}, desk, isDraining: () => false },
  });
  const url = await listen(server, { host: '127.0.0.1', port: 0 });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, close };
}

/** The publisher of a gateway, without a data plane that goes by it. */
async function publisherOver(parts: Pick<PublishingParts, 'store' | 'vault' | 'now' | 'onFailure'>, config: Config) {
  const publishing = await openPublishing({ ...parts, conditionFault, clock: () => performance.now() }, config);
  publishing.follow(async () => {});
  return publishing;
}
