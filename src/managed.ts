/*
 * What is managed while the gateway runs, put together: the store with its vault, the publisher over it, logins and the admin
 * API, and what is written down of the data plane. A part of the composition root, loaded where something is stored.
 */
import type { Config } from './config/config.ts';
import { openDesk } from './control/admin/open-desk.ts';
import { firstAdminOf, type NewPassword, resetOnHost } from './control/admin/people/first-admin.ts';
import { openLogins } from './control/admin/people/logins.ts';
import { writeDown } from './control/collect/build.ts';
import { openPublishing, type Publishing, type PublishingParts } from './control/publish/publishing.ts';
import type { ControlPlace, ControlPlane } from './control-plane.ts';
import { type Kept, type KeptPlace, openKept } from './kept.ts';
import type { Emit } from './model/event.ts';
import type { Operator, SecretsDesk } from './model/operator.ts';
import { readPasswordFile } from './ops/password-file.ts';
import { documentFault } from './wire/json/scan-call.ts';

export interface ManagedPlace extends ControlPlace, Omit<PublishingParts, 'store' | 'vault'> {}

/** The admin API and the collecting of events, once there is a data plane. */
export interface Attached {
  readonly desk: ReturnType<typeof openDesk>;
  /** Takes what the data plane tells. */
  readonly take: Emit;
  /** How the store is, in words for anybody. */
  readonly storeNow: () => { readonly store: 'ready' | 'failing'; readonly snapshotAgeMs: number };
}

export interface Managed {
  readonly secrets: SecretsDesk;
  readonly madeKeyFile: string | undefined;
  attach(operator: Operator, emit: Emit): Attached;
  /** Makes the first user, where there is none. Never rejects. */
  firstAdmin(): Promise<NewPassword | undefined>;
}

type ManagedPlane = Omit<ControlPlane, 'first' | 'narrowed'>;

/** What is still to be written when the gateway stops has this long. */
const WRITE_MS = 2_000;

export async function openManaged(config: Config, place: ManagedPlace): Promise<ManagedPlane> {
  const told: Told = { emit: undefined };
  const onLimit: KeptPlace['onLimit'] = (limit) => told.emit?.({ type: 'limit_hit', limit, principal: '' });
  const kept = await openKept(config, { ...place, onLimit });
  try {
    const publishing = await openPublishing({ ...place, ...kept }, config);
    return planeOf(kept, publishing, { ...place, told, makeFirst: await firstOf(kept, place) });
  } catch (error) {
    await kept.close();
    throw error;
  }
}

/** Whom the store tells of its limits: the data plane, which there is only later. */
interface Told {
  emit: Emit | undefined;
}

interface PlanePlace extends ManagedPlace {
  readonly told: Told;
  readonly makeFirst: (() => Promise<NewPassword | undefined>) | undefined;
}

function planeOf(kept: Kept, publishing: Publishing, place: PlanePlace): ManagedPlane {
  const closing: (() => Promise<unknown>)[] = [];
  return {
    publishing,
    managed: {
      ...{ secrets: kept.secrets, madeKeyFile: kept.madeKeyFile },
      attach: (operator, emit) => {
        place.told.emit = emit;
        const attached = attach({ ...place, kept, publishing, operator, emit });
        closing.push(attached.close);
        return attached;
      },
      firstAdmin: () => {
        const made = firstAdmin(place);
        closing.push(() => made);
        return made;
      },
    },
    close: async () => {
      for (const close of closing)
        await close().catch((error: unknown) =>
          place.onFailure('something of the control plane did not end well', error),
        );
      await publishing.close();
      await kept.close();
    },
  };
}

interface AttachParts extends ManagedPlace {
  readonly kept: Kept;
  readonly publishing: Publishing;
  readonly operator: Operator;
  readonly emit: Emit;
}

function attach({ kept, publishing, operator, emit, ...place }: AttachParts) {
  const { store, vault } = kept;
  const limits = () => publishing.snapshot().limits;
  const parts = { ...place, store, vault, publisher: publishing, limits, emit };
  const logins = openLogins(parts);
  const written = writeDown({ ...place, store, snapshot: publishing.snapshot, emit });
  const desk = openDesk({
    ...{ ...parts, operator, logins, file: publishing.config },
    written: () => ({ waiting: written.waiting(), lost: written.lost() }),
    jsonFault: (bytes, { jsonDepthMax, jsonKeysMax }) =>
      documentFault(bytes, { depthMax: jsonDepthMax, keysMax: jsonKeysMax }),
  });
  const take: Emit = (event) => {
    written.take(event);
    if (event.type === 'credential_used') logins.lastUse.used(event.key, event.atMs);
  };
  const close = async () => {
    await desk.close();
    await logins.close();
    await written.close(WRITE_MS);
  };
  const storeNow = () => ({
    store: store.status().state,
    snapshotAgeMs: Math.max(0, place.now() - publishing.readAtMs()),
  });
  return { desk, take, storeNow, close };
}

/** A password that cannot be taken is told before anything is served. */
async function firstOf({ store }: Kept, { adminPasswordFile: path, now, listens }: ManagedPlace) {
  if (listens === false) return undefined;
  return firstAdminOf({ store, now }, path === undefined ? undefined : () => readPasswordFile(path));
}

async function firstAdmin({ makeFirst, onFailure }: PlanePlace): Promise<NewPassword | undefined> {
  try {
    return await makeFirst?.();
  } catch (error) {
    onFailure('the first user could not be made; nobody can log in to the admin API', error);
    return undefined;
  }
}

/** The stored secrets without a gateway, for the command line. */
export async function openSecrets(config: Config, place: Parameters<typeof openKept>[1]) {
  const { secrets, close } = await openKept(config, place);
  return { status: () => secrets.status(), rotate: () => secrets.rotate(), close };
}

/** Beside a gateway or without: one that runs hears of it by the store. Undefined when there is no such user. */
export async function resetPassword(
  config: Config,
  place: Parameters<typeof openKept>[1],
  username: string,
): Promise<NewPassword | undefined> {
  const { store, close } = await openKept(config, place);
  return resetOnHost({ store, now: place.now }, username).finally(close);
}
