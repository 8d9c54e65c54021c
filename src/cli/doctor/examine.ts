/*
 * What the doctor has to see of the world: the file as it was written, who may read what, how long certificates are good.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Config } from '../../config/config.ts';
import { literalSecretsIn } from '../../config/literal-secrets.ts';
import type { Certificate, Examined, Guarded } from './finding.ts';
import { endOf } from './listener-findings.ts';

export interface Places {
  readonly config: Config;
  readonly dataDir: string;
  /** Files that the configuration takes secrets from. */
  readonly secretFiles: readonly string[];
}

export async function examine({ config, dataDir, secretFiles }: Places, nowMs: number): Promise<Examined> {
  const { listen, servers, source } = config;
  const tls = [listen.tls, ...servers.map(({ transport }) => (transport.kind === 'stdio' ? undefined : transport.tls))];
  const keyFiles = tls.flatMap((files) => files?.keyFile ?? []);
  const wanted: [string, Guarded['what']][] = [
    [source, 'configuration'],
    [dataDir, 'data folder'],
    ...keyFiles.map((path): [string, Guarded['what']] => [path, 'private key']),
    ...secretFiles.map((path): [string, Guarded['what']] => [path, 'secret']),
  ];
  return {
    config,
    literalSecrets: literalSecretsIn(await textOf(source), source),
    guarded: (await Promise.all(wanted.map(([path, what]) => guardedAt(path, what)))).flat(),
    certificates: listen.tls ? await certificateAt(listen.tls.certFile) : [],
    nowMs,
  };
}

/** What is not there yet is nobody's. Windows has other permissions than these. */
async function guardedAt(path: string, what: Guarded['what']): Promise<Guarded[]> {
  if (process.platform === 'win32') return [];
  return stat(path).then(
    ({ mode }) => [{ path, what, mode }],
    () => [],
  );
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** One that cannot be read fails the start, which says more about it. */
async function certificateAt(path: string): Promise<Certificate[]> {
  try {
    return [{ path, endsMs: endOf(await readFile(path)) }];
  } catch {
    return [];
  }
}
