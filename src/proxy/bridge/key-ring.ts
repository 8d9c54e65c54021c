/*
 * The keys that states are sealed with. The newest one seals; older ones still open what they have sealed, until the last
 * of it has expired.
 *
 *   first state ──▶ read from the file, or made ──▶ kept in the file ──▶ a day old: a new one is made, and kept beside it
 *
 * They outlive the gateway, so that what a client holds is still good after a restart. Several gateways may share the file:
 * each adds its keys to what it finds there. A file that cannot be used is told and replaced; without any file the keys last
 * as long as the process.
 */
import { randomBytes } from 'node:crypto';

/** Where keys are kept; handed in, because the proxy itself reads and writes no file. */
export interface KeyFile {
  /** Undefined when there is none. Rejects when it is not for this user alone. */
  readonly load: () => Promise<Buffer | undefined>;
  /** Whole or not at all. */
  readonly save: (bytes: Buffer) => Promise<void>;
}

export interface SealKey {
  /** `KEY_ID_BYTES` long. */
  readonly id: Buffer;
  /** For AES-256. */
  readonly secret: Buffer;
  readonly madeMs: number;
}

export interface KeyRingParts {
  readonly file: KeyFile;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The longest time that anything sealed is good for. */
  readonly keptMs: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

export const KEY_ID_BYTES = 8;
const SECRET_BYTES = 32;
/** Long before 2^32 states, the bound for random nonces under one key (NIST SP 800-38D §8.3). */
export const SEALS_FOR_MS = 24 * 60 * 60 * 1000;
/** Far beyond what gateways that share a file can make while keys are kept. */
const KEYS_MAX = 1_000;

export class KeyRing {
  readonly #parts: KeyRingParts;
  #keys: readonly SealKey[] = [];
  #isLoaded = false;
  #renewing: Promise<void> | undefined;

  constructor(parts: KeyRingParts) {
    this.#parts = parts;
  }

  /** The key to seal with. */
  async sealing(): Promise<SealKey> {
    if (!this.#fresh()) await this.#renewed();
    return this.#fresh() ?? this.#made();
  }

  /** Undefined for one that was never ours, or is too old for anything to be still good. */
  async opening(id: Buffer): Promise<SealKey | undefined> {
    if (!this.#isLoaded) await this.#renewed();
    return this.#keys.find((key) => key.id.equals(id) && this.#isKept(key));
  }

  /** Whoever comes meanwhile waits for the same. */
  #renewed(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    const found = await this.#read();
    this.#isLoaded = true;
    this.#keys = merged(this.#keys, found).filter((key) => this.#isKept(key));
    if (this.#fresh()) return;
    this.#made();
    await this.#parts.file.save(textOf(this.#keys)).catch((error: unknown) => this.#tell(NOT_KEPT, error));
  }

  async #read(): Promise<readonly SealKey[]> {
    try {
      const bytes = await this.#parts.file.load();
      return bytes ? keysIn(bytes) : [];
    } catch (error) {
      this.#tell(NOT_READ, error);
      return [];
    }
  }

  #made(): SealKey {
    const key = { id: randomBytes(KEY_ID_BYTES), secret: randomBytes(SECRET_BYTES), madeMs: this.#parts.now() };
    this.#keys = [key, ...this.#keys];
    return key;
  }

  #fresh(): SealKey | undefined {
    const nowMs = this.#parts.now();
    return this.#keys.find(({ madeMs }) => madeMs <= nowMs && nowMs - madeMs < SEALS_FOR_MS);
  }

  /** A key of the future was made by a clock that was wrong. */
  #isKept({ madeMs }: SealKey): boolean {
    const ageMs = this.#parts.now() - madeMs;
    return ageMs >= -SEALS_FOR_MS && ageMs < SEALS_FOR_MS + this.#parts.keptMs();
  }

  #tell(what: string, error: unknown): void {
    this.#parts.onFailure(what, error);
  }
}

const NOT_READ = 'the keys of request states cannot be used, new ones are made: what clients hold is no longer good';
const NOT_KEPT = 'the keys of request states cannot be kept: what clients hold is good until the gateway ends';

/** Newest first, each once. */
function merged(mine: readonly SealKey[], found: readonly SealKey[]): readonly SealKey[] {
  const fresh = found.filter(({ id }) => !mine.some((key) => key.id.equals(id)));
  return [...mine, ...fresh].sort((a, b) => b.madeMs - a.madeMs).slice(0, KEYS_MAX);
}

function textOf(keys: readonly SealKey[]): Buffer {
  const listed = keys.map(({ id, secret, madeMs }) => ({
    ...{ id: id.toString('base64url'), secret: secret.toString('base64url'), madeMs },
  }));
  return Buffer.from(`${JSON.stringify({ version: 1, keys: listed })}\n`);
}

/** Throws when it is not what this file says it is: a ring of which a part is broken is not trusted. */
function keysIn(bytes: Buffer): readonly SealKey[] {
  const { version, keys } = JSON.parse(bytes.toString('utf8')) as { version?: unknown; keys?: unknown };
  if (version !== 1 || !Array.isArray(keys)) throw new Error('it is no list of keys');
  return keys.map((each: Readonly<Record<string, unknown>>) => {
    const id = Buffer.from(String(each.id), 'base64url');
    const secret = Buffer.from(String(each.secret), 'base64url');
    const { madeMs } = each;
    if (id.length !== KEY_ID_BYTES || secret.length !== SECRET_BYTES || typeof madeMs !== 'number') {
      throw new Error('a key in it is broken');
    }
    return { id, secret, madeMs };
  });
}
