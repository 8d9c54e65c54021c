/*
 * What may be wrong with the way to the database of what is managed while the gateway runs. Hashes of passwords and whole
 * policies go over it.
 */
import { isLoopback } from '../../config/loopback.ts';
import type { Examined, Finding } from './finding.ts';

type Way = 'clear' | 'unverified' | 'verified';

export const STORAGE_FINDINGS: readonly Finding[] = [
  {
    id: 'database-without-tls',
    severity: 'serious',
    say: 'The database is on another machine and reached without TLS: what is stored can be read and changed on the way.',
    fix: 'Add "?sslmode=verify-full" to "storage.url".',
    where: (about) => databaseOf(about, 'clear'),
  },
  {
    id: 'database-not-verified',
    severity: 'warning',
    say: 'Nobody looks whose certificate the database has: whoever is on the way can take its place.',
    fix: 'Write "sslmode=verify-full" in "storage.url".',
    where: (about) => databaseOf(about, 'unverified'),
  },
];

/** The host and nothing else of the address: the rest of it is a secret. */
function databaseOf({ config }: Examined, way: Way): readonly string[] {
  const { databaseUrl } = config.control;
  if (databaseUrl === undefined || !URL.canParse(databaseUrl)) return [];
  const { hostname, searchParams } = new URL(databaseUrl);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const isHere = host === '' || host.startsWith('/') || isLoopback(host);
  return !isHere && wayOf(searchParams) === way ? [host] : [];
}

/** As the driver reads it: any mode is TLS, but for these. */
function wayOf(parameters: URLSearchParams): Way {
  const [mode, ssl] = [parameters.get('sslmode') ?? '', parameters.get('ssl') ?? ''];
  if (mode === 'disable') return 'clear';
  if (mode === 'no-verify' || (parameters.get('uselibpqcompat') === 'true' && WEAK.has(mode))) return 'unverified';
  return mode !== '' || TRUE.has(ssl) || parameters.has('sslrootcert') ? 'verified' : 'clear';
}

const TRUE: ReadonlySet<string> = new Set(['true', '1']);
const WEAK: ReadonlySet<string> = new Set(['prefer', 'require']);
