/*
 * The keys by which tokens of logins are signed: made by the gateway when there is none, kept sealed in the store, and followed by
 * a new one every month. An older one is good until no token can be signed by it any more.
 *
 * Nodes of one store share them: who meets the name of a key that it does not have looks again, but not more often than once a
 * second, whatever strangers send.
 */
import { randomBytes } from 'node:crypto';
import { newId } from '../../store/ids.ts';
import { forgetSigningKeys, insertSigningKey, signingKeys } from '../../store/queries/logins.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { Vault } from '../../vault.ts';
import type { SigningKey, SigningKeys } from './session-tokens.ts';

export interface SessionKeyParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly now: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

type Row = Tables['secrets'];

const DAY_MS = 86_400_000;
const SIGNS_FOR_MS = 30 * DAY_MS;
/** Longer than a login can last after its key signed for the last time. */
const KEPT_FOR_MS = SIGNS_FOR_MS + 100 * DAY_MS;
const LOOK_AGAIN_MS = 1_000;
/** RFC 7518 §3.2. */
const KEY_BYTES = 32;

export class StoredSigningKeys implements SigningKeys {
  readonly #parts: SessionKeyParts;
  #keys: ReadonlyMap<string, SigningKey & { readonly madeAtMs: number }> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(parts: SessionKeyParts) {
    this.#parts = parts;
  }

  async current(): Promise<SigningKey> {
    const known = this.#newest();
    if (known) return known;
    await this.#read();
    return this.#newest() ?? this.#make();
  }

  async of(id: string): Promise<SigningKey | undefined> {
    if (!this.#keys.has(id) && this.#parts.now() - this.#readAtMs >= LOOK_AGAIN_MS) await this.#read();
    return this.#keys.get(id);
  }

  #newest(): SigningKey | undefined {
    const [newest] = this.#keys.values();
    return newest && this.#parts.now() - newest.madeAtMs < SIGNS_FOR_MS ? newest : undefined;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const rows = await this.#parts.store.read(signingKeys());
    this.#readAtMs = this.#parts.now();
    this.#keys = new Map(rows.flatMap((row) => this.#opened(row)));
  }

  #opened(row: Row): [string, SigningKey & { readonly madeAtMs: number }][] {
    try {
      const secret = Buffer.from(this.#parts.vault.open(placeOf(row), row), 'base64');
      return secret.length < KEY_BYTES ? [] : [[row.id, { id: row.id, secret, madeAtMs: row.createdAtMs }]];
    } catch (error) {
      // Logins that it signed are over; a new one signs from now on.
      this.#parts.onFailure('A key that signs tokens of logins cannot be opened', error);
      return [];
    }
  }

  async #make(): Promise<SigningKey> {
    const { store, vault, now } = this.#parts;
    const atMs = now();
    const id = newId('secrets');
    const place = placeOf({ id, name: id });
    const secret = randomBytes(KEY_BYTES);
    const row = { ...managed(id, atMs), ...place, ...vault.seal(place, secret.toString('base64')) };
    const forget = forgetSigningKeys({ beforeMs: atMs - KEPT_FOR_MS });
    await store.note([{ statement: insertSigningKey(row) }, { statement: forget }]);
    const key = { id, secret, madeAtMs: atMs };
    this.#keys = new Map([[id, key], ...this.#keys]);
    return key;
  }
}

function placeOf({ id, name }: Pick<Row, 'id' | 'name'>) {
  return { id, kind: 'session_key', ownerId: 'installation', name };
}

function managed(id: string, atMs: number) {
  return { id, organisation: 'default', version: 1, createdAtMs: atMs, updatedAtMs: atMs };
}
