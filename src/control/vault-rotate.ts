/*
 * Another key takes the place of the current one: made and kept first, then every stored secret is sealed anew with it, a few at
 * a time, while everything else goes on.
 *
 * Whatever ends this in between, both keys are in the ring and every row opens with one of them; asking again goes on where it
 * stopped. The key that was current stays in the file until the next rotation: a secret that was on its way into the store may
 * still be sealed with it. Older ones that seal nothing any more are let go then.
 */
import type { RotationReport, SecretsReport } from '../model/operator.ts';
import type { Actor } from './actor.ts';
import { resealSecret, secretsByKey, secretsOfOtherKeys } from './store/queries/secrets.ts';
import type { Audited, Change, Store } from './store/store.ts';
import type { SecretRow } from './store/tables.ts';
import { newKey } from './vault-key.ts';
import type { KeyFile, OpenVault, SealedWith } from './vault-open.ts';
import { KEY_VARIABLE, keysOfFile, textOfKeys, VaultError } from './vault-ring.ts';

export interface KeeperParts extends Pick<OpenVault, 'vault' | 'ring'> {
  readonly file: KeyFile;
  readonly store: Pick<Store, 'read' | 'note' | 'write'>;
}

const BATCH_MAX = 100;
/** One is enough, but for secrets that were written meanwhile. */
const PASSES_MAX = 3;

export class SecretKeeper {
  readonly #parts: KeeperParts;
  #rotation: Promise<RotationReport> | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  async status(): Promise<SecretsReport> {
    const { ring, file } = this.#parts;
    const counts = await sealedWith(this.#parts.store);
    const ids = new Set([...ring.ids, ...counts.map(({ keyId }) => keyId)]);
    const keys = [...ids].map((id) => ({
      id,
      current: id === ring.current?.id,
      here: ring.find(id) !== undefined,
      secrets: counts.find(({ keyId }) => keyId === id)?.secrets ?? 0,
    }));
    return { keys, from: ring.isFixed ? KEY_VARIABLE : file.path };
  }

  /** One at a time: who asks meanwhile gets the same. Throws `VaultError`, or what the store throws. */
  rotate(): Promise<RotationReport> {
    this.#rotation ??= this.#rotate().finally(() => {
      this.#rotation = undefined;
    });
    return this.#rotation;
  }

  async #rotate(): Promise<RotationReport> {
    const { vault, store } = this.#parts;
    await this.#readFile();
    const counts = await sealedWith(store);
    const unfinished = counts.some(({ keyId }) => keyId !== vault.currentKeyId);
    const forgotten = unfinished ? [] : await this.#addKey(counts);
    const { resealed, left } = await this.#resealAll();
    const report = { keyId: vault.currentKeyId, made: !unfinished, resealed, left, forgotten };
    await store.write(OPERATOR, { changes: [], touched: [], audit: [audited('secrets.reseal', report)] });
    return report;
  }

  /** Another process may have changed it, or a person has put back a key. */
  async #readFile(): Promise<void> {
    const { ring, file } = this.#parts;
    const bytes = await file.load();
    if (bytes) ring.takeFile(keysOfFile(bytes.toString('utf8'), file.path));
  }

  /** Gives the ids of those that are not kept any more. */
  async #addKey(counts: readonly SealedWith[]): Promise<readonly string[]> {
    const { ring, file, store } = this.#parts;
    if (ring.isFixed) throw fixed();
    const isNeeded = (id: string) => id === ring.current?.id || counts.some(({ keyId }) => keyId === id);
    const [made, before] = [newKey(), ring.all()];
    const keys = [made, ...before.filter(({ id }) => isNeeded(id))];
    const forgotten = before.map(({ id }) => id).filter((id) => !isNeeded(id));
    // In the audit before it is used; durable before anything is sealed with it.
    const about = { keyId: made.id, before: ring.current?.id, forgotten };
    await store.write(OPERATOR, { changes: [], touched: [], audit: [audited('secrets.rotate', about)] });
    await file.save(Buffer.from(textOfKeys(keys)));
    ring.takeFile(keys);
    return forgotten;
  }

  async #resealAll(): Promise<{ resealed: number; left: number }> {
    const { store, vault } = this.#parts;
    let [resealed, left] = [0, 0];
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      resealed += await this.#resealOnce();
      const counts = await sealedWith(store);
      left = counts.filter(({ keyId }) => keyId !== vault.currentKeyId).reduce((sum, each) => sum + each.secrets, 0);
      if (left === 0) break;
    }
    return { resealed, left };
  }

  async #resealOnce(): Promise<number> {
    const { store, vault } = this.#parts;
    let [resealed, after] = [0, ''];
    for (;;) {
      const asked = { keyId: vault.currentKeyId, after, limit: BATCH_MAX };
      const rows: readonly SecretRow[] = await store.read(secretsOfOtherKeys(asked));
      const last = rows.at(-1);
      if (!last) return resealed;
      const changes = rows.flatMap((row) => this.#resealed(row));
      await store.note(changes);
      resealed += changes.length;
      after = last.id;
    }
  }

  /** Nothing for one that does not open: it is counted as left, and keeps its key. */
  #resealed(row: SecretRow): readonly Change[] {
    const { vault } = this.#parts;
    const { id, kind, ownerId, name, version } = row;
    const place = { id, kind, ownerId, name };
    try {
      return [{ statement: resealSecret({ id, version, ...vault.seal(place, vault.open(place, row)) }) }];
    } catch (error) {
      if (error instanceof VaultError) return [];
      throw error;
    }
  }
}

/** How many secrets each key seals. */
export function sealedWith(store: Pick<Store, 'read'>): Promise<readonly SealedWith[]> {
  return store.read(secretsByKey());
}

function fixed(): VaultError {
  return new VaultError(
    `The current key stands in ${KEY_VARIABLE}, where only you can change it: put a new one in front, "NEW,OLD", start the gateway again, and rotate then.`,
  );
}

function audited(action: string, after: unknown): Audited {
  const about = { kind: 'secrets', targetId: '', targetName: '', reason: '' };
  return { action, outcome: 'done', ...about, before: undefined, after };
}

/** Who can open the operator's socket, or the data folder. */
const OPERATOR: Actor = {
  ...{ id: 'local', userId: undefined, username: undefined, organisation: 'default', roles: [], rights: new Set() },
  ...{ by: 'local', sessionId: undefined, requestId: '', address: '' },
};
