/*
 * From the sections `storage`, `secrets` and `admin` to where the control plane keeps things and listens.
 *
 * Passwords go over its listener, so it stands on the gateway's own only while nobody from elsewhere can reach that.
 */
import type { ControlConfig, Listen } from './config.ts';
import { pathIn } from './home-path.ts';
import { DEFAULT_HOST } from './listen-rules.ts';
import { isLoopback } from './loopback.ts';
import type { NativeFile } from './schema.ts';

export const DEFAULT_ADMIN_PORT = 9001;

/** In the data folder, where the file names no database. */
export const DATABASE_FILE = 'gatewright.db';

/** @param listen Where the gateway itself listens. */
export function resolveControl({ storage, secrets, admin }: NativeFile, folder: string, listen: Listen): ControlConfig {
  const own = admin?.listen ?? (isLoopback(listen.host) ? undefined : {});
  return {
    databaseUrl: storage?.url,
    encryptionKeyFile: secrets?.keyFile === undefined ? undefined : pathIn(folder, secrets.keyFile),
    isServed: admin?.enabled ?? true,
    listen: own && {
      host: own.host ?? DEFAULT_HOST,
      port: own.port ?? DEFAULT_ADMIN_PORT,
      tls: own.tls && { certFile: pathIn(folder, own.tls.certFile), keyFile: pathIn(folder, own.tls.keyFile) },
    },
  };
}
