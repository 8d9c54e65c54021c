/*
 * The keys that there are: one that new secrets are sealed with, and older ones for what was sealed before.
 *
 * They come from two places. The environment (`GATEWRIGHT_ENCRYPTION_KEY`, several with commas between, the current one first)
 * is for those who keep their secrets elsewhere, and where several nodes share a database. The key file is for everybody else;
 * it has one line per key, `{id} {key}` or a key alone, the current one first. What is in the environment goes before the
 * file, and both can open: so keys can move from one to the other.
 */
import { readKey, type VaultKey, writtenKey } from './vault-key.ts';

export const KEY_VARIABLE = 'GATEWRIGHT_ENCRYPTION_KEY';

/** What an operator has to be told about the keys. Never has a key or a secret in its words. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

export interface RingSources {
  readonly environment: string | undefined;
  readonly file: { readonly path: string; readonly text: string } | undefined;
}

export class KeyRing {
  #keys: readonly VaultKey[];
  readonly #ofEnvironment: readonly VaultKey[];

  /** Throws `VaultError` for what cannot be used. Has no key at all when neither place has one. */
  constructor({ environment, file }: RingSources) {
    this.#ofEnvironment = environment === undefined || environment === '' ? [] : keysOfEnvironment(environment);
    this.#keys = unique([...this.#ofEnvironment, ...(file ? keysOfFile(file.text, file.path) : [])]);
  }

  get current(): VaultKey | undefined {
    return this.#keys[0];
  }

  /** The current one is in the environment: nobody but the operator can put another in its place. */
  get isFixed(): boolean {
    return this.#ofEnvironment.length > 0;
  }

  get ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  find(id: string): VaultKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }

  /** From now on these are the keys of the file; the first is the current one unless the environment has one. */
  takeFile(keys: readonly VaultKey[]): void {
    this.#keys = unique([...this.#ofEnvironment, ...keys]);
  }

  all(): readonly VaultKey[] {
    return this.#keys;
  }
}

const FILE_HEAD =
  '# The keys that Gatewright encrypts stored secrets with, the current one first. Keep a copy apart from the database.';

export function textOfKeys(keys: readonly VaultKey[]): string {
  return `${[FILE_HEAD, ...keys.map((key) => `${key.id} ${writtenKey(key)}`)].join('\n')}\n`;
}

function keysOfEnvironment(text: string): readonly VaultKey[] {
  return text.split(',').map((written) => keyIn(written, KEY_VARIABLE));
}

export function keysOfFile(text: string, path: string): readonly VaultKey[] {
  const lines = text.split('\n').map((line, at) => ({ line: line.trim(), where: `${path}:${at + 1}` }));
  const keys = lines.filter(({ line }) => line !== '' && !line.startsWith('#')).map(keyOfLine);
  if (keys.length > 0) return keys;
  throw new VaultError(
    `${path} has no encryption key. Put back a copy of it, or remove it when nothing was stored yet.`,
  );
}

function keyOfLine({ line, where }: { line: string; where: string }): VaultKey {
  const [first = '', second] = line.split(/\s+/);
  if (second === undefined) return keyIn(first, where);
  const key = keyIn(second, where);
  if (key.id === first) return key;
  throw new VaultError(
    `${where}: the key is not the one that its id names. The line is damaged; put back a copy of the file.`,
  );
}

function keyIn(written: string, where: string): VaultKey {
  const read = readKey(written);
  if ('wrong' in read) throw new VaultError(`${where}: ${read.wrong}`);
  return read;
}

function unique(keys: readonly VaultKey[]): readonly VaultKey[] {
  return [...new Map(keys.map((key) => [key.id, key])).values()];
}
