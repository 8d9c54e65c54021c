/*
 * The vault at the start: which keys there are, and whether they open what is stored.
 *
 * A key is made only where there is none and nothing is sealed. A store that has secrets sealed with a key that is not here is
 * not served: whoever wrote new secrets with a new key would not notice that the old ones are lost, until the backup of the
 * old key is gone too.
 */
import type { Vault } from './vault.ts';
import { newKey } from './vault-key.ts';
import { KEY_VARIABLE, KeyRing, keysOfFile, textOfKeys, VaultError } from './vault-ring.ts';
import { vaultOf } from './vault-seal.ts';

/** The file that keys are kept in (`KeyFileAt`). */
export interface KeyFile {
  readonly path: string;
  /** Undefined when there is none. Throws for one that is not ours alone. */
  load(): Promise<Buffer | undefined>;
  /** False when there is one already. Durable when it resolves. */
  create(bytes: Buffer): Promise<boolean>;
  /** In place of what is there, whole or not at all. */
  save(bytes: Buffer): Promise<void>;
}

/** How many stored secrets are sealed with one key. */
export interface SealedWith {
  readonly keyId: string;
  readonly secrets: number;
}

export interface VaultParts {
  readonly file: KeyFile;
  /** What `GATEWRIGHT_ENCRYPTION_KEY` says. */
  readonly environment: string | undefined;
  readonly sealedWith: () => Promise<readonly SealedWith[]>;
}

export interface OpenVault {
  readonly vault: Vault;
  readonly ring: KeyRing;
  /** The file did not exist and has a new key now: the operator should keep a copy. */
  readonly made: boolean;
}

/** Throws `VaultError`, of one line, when the gateway must not start. */
export async function openVault({ file, environment, sealedWith }: VaultParts): Promise<OpenVault> {
  const ring = new KeyRing({ environment, file: await textIn(file) });
  const missing = (await sealedWith()).filter(({ keyId }) => !ring.find(keyId));
  if (missing.length > 0) throw lost(missing, file.path);
  const made = ring.current === undefined && (await makeKey(ring, file));
  return { vault: vaultOf(ring), ring, made };
}

async function textIn(file: KeyFile): Promise<{ path: string; text: string } | undefined> {
  const bytes = await file.load().catch((cause: unknown) => {
    throw new VaultError(cause instanceof Error ? cause.message : `${file.path} cannot be read.`, { cause });
  });
  return bytes && { path: file.path, text: bytes.toString('utf8') };
}

/** Of two that start at once, one makes the file and both go by it. */
async function makeKey(ring: KeyRing, file: KeyFile): Promise<boolean> {
  const made = newKey();
  if (await file.create(Buffer.from(textOfKeys([made])))) {
    ring.takeFile([made]);
    return true;
  }
  const other = await textIn(file);
  if (!other) throw new VaultError(`${file.path} came and went while the gateway started.`);
  ring.takeFile(keysOfFile(other.text, other.path));
  return false;
}

function lost(missing: readonly SealedWith[], path: string): VaultError {
  const secrets = missing.reduce((sum, each) => sum + each.secrets, 0);
  const keys = missing.map(({ keyId }) => keyId).join(', ');
  const [are, key] = [secrets === 1 ? 'secret is' : 'secrets are', missing.length === 1 ? 'key' : 'keys'];
  return new VaultError(
    `${secrets} stored ${are} sealed with the ${key} ${keys}, found neither in ${KEY_VARIABLE} nor in ${path}. Put it back from a copy; without it these secrets cannot be read.`,
  );
}
