/*
 * What is kept: the store and the vault of a configuration, opened together. A part of the composition root, for the command
 * line opens the same without a gateway.
 *
 * The store comes first: whether a key is missing shows by what is stored.
 */
import { join } from 'node:path';
import type { Config } from './config/config.ts';
import { DATABASE_FILE } from './config/resolve-control.ts';
import { openStore, type StoreSettings } from './control/store/open-store.ts';
import type { Store } from './control/store/store.ts';
import type { Vault } from './control/vault.ts';
import { openVault } from './control/vault-open.ts';
import { KEY_VARIABLE } from './control/vault-ring.ts';
import { SecretKeeper, sealedWith } from './control/vault-rotate.ts';
import { KeyFileAt } from './ops/key-file.ts';

const KEY_FILE = 'encryption.key';

export interface Kept {
  readonly store: Store;
  readonly vault: Vault;
  readonly secrets: SecretKeeper;
  /** The path of the key file when it was made by this start: the operator should keep a copy. */
  readonly madeKeyFile: string | undefined;
  close(): Promise<void>;
}

export interface KeptPlace extends Omit<StoreSettings, 'target'> {
  /** Absolute. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Rejects with an `Error` of one line, for operators. */
export async function openKept({ control, limits: all }: Config, place: KeptPlace): Promise<Kept> {
  const { dataDir, env, now, program, onLimit, onFailure } = place;
  const { databaseUrl, encryptionKeyFile = join(dataDir, KEY_FILE) } = control;
  const target = databaseUrl === undefined ? { file: join(dataDir, DATABASE_FILE) } : { url: databaseUrl };
  const limits = { ...all, ...place.limits };
  const store = await openStore({ target, now, limits, program, onLimit, onFailure });
  try {
    const file = new KeyFileAt(encryptionKeyFile);
    const environment = env[KEY_VARIABLE];
    const { vault, ring, made } = await openVault({ file, environment, sealedWith: () => sealedWith(store) });
    const secrets = new SecretKeeper({ vault, ring, file, store });
    return { store, vault, secrets, madeKeyFile: made ? file.path : undefined, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}
