/*
 * The control plane, put together: the store and the vault, the publisher over them and the file, and what the admin API and
 * the collecting of events are made from. A part of the composition root.
 *
 * Where nothing is stored none of it is loaded: the snapshot is that of the file. The store is there before the gateway
 * listens, for a start without it could open what it closes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { DATABASE_FILE } from './config/resolve-control.ts';
import { withOnly } from './config/snapshot.ts';
import { openPublishing, type Publishing, type PublishingParts } from './control/publish/publishing.ts';
import type { Clocks } from './data-plane.ts';
import type { Managed } from './managed.ts';
import type { Snapshot } from './model/snapshot.ts';
import type { Logger } from './ops/log.ts';
import { conditionFault } from './proxy/policy/condition/condition.ts';
import type { StartOptions } from './running.ts';

export interface ControlPlace extends StartOptions, Clocks {
  readonly env: NodeJS.ProcessEnv;
  /** Which gateway this is. */
  readonly node: string;
  readonly log: Logger;
}

export interface ControlPlane {
  readonly publishing: Publishing;
  /** What the data plane begins with. */
  readonly first: Snapshot;
  /** What of a snapshot this gateway goes by: of one command's own, only what the command needs. */
  readonly narrowed: (snapshot: Snapshot) => Snapshot;
  /** Undefined where nothing is stored. */
  readonly managed: Managed | undefined;
  close(): Promise<void>;
}

/** Rejects with an `Error` of one line, for operators. */
export async function openControlPlane(config: Config, place: ControlPlace): Promise<ControlPlane> {
  const { log, now, clock } = place;
  const onFailure = (what: string, err: unknown) => log.warn({ err }, what);
  const parts = { conditionFault, now, clock, onFailure };
  const narrowed = narrowedFor(place);
  if (!isStored(config, place)) {
    const publishing = await openPublishing({ ...parts, vault: NO_VAULT, store: undefined }, config);
    const first = narrowed(publishing.snapshot());
    return { publishing, first, narrowed, managed: undefined, close: () => publishing.close() };
  }
  const { openManaged } = await import('./managed.ts');
  const plane = await openManaged(config, { ...place, ...parts });
  return { ...plane, first: narrowed(plane.publishing.snapshot()), narrowed };
}

/** A command's own gateway starts only what the command needs, also when others write to the store meanwhile. */
function narrowedFor({ need }: StartOptions): ControlPlane['narrowed'] {
  if (need === undefined) return (snapshot) => snapshot;
  return (snapshot) => {
    const isOn = (name: string) => snapshot.overlay.servers.get(name)?.state !== 'disabled';
    return withOnly(snapshot, new Set(need([...snapshot.servers.keys()].filter(isOn))));
  };
}

const NO_VAULT: PublishingParts['vault'] = {
  open: () => {
    throw new Error('There is no vault.');
  },
};

/** A command's own gateway makes no store; it goes by the one that is there. */
function isStored({ control }: Config, { dataDir, listens }: StartOptions): boolean {
  if (control.databaseUrl !== undefined || (listens !== false && control.isServed)) return true;
  return existsSync(join(dataDir, DATABASE_FILE));
}
