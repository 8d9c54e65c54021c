/*
 * Which stored servers and endpoints have their name to themselves. What the file defines wins; of what is stored, who was
 * there first, so that nobody takes the address of another by coming later. A server has its own endpoint, so both draw on
 * the same names.
 */
import type { Config } from '../../config/config.ts';
import { DEFAULT_ENDPOINT } from '../../config/endpoint-rules.ts';
import { ownEndpointName } from '../../config/known-names.ts';
import { isServerName } from '../../config/names.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import { snapshotName } from './servers.ts';

type ServerRow = PublishedRows['servers'];
type EndpointRow = PublishedRows['endpoints'];

/** Everything that the file has a name for, whether it is served or not. */
export function namesOfFile({ servers, endpoints }: Config): ReadonlySet<string> {
  return new Set([
    DEFAULT_ENDPOINT,
    ...servers.flatMap(({ name, organisation }) => [name, ownEndpointName(name, organisation)]),
    ...endpoints.map(({ name }) => name),
  ]);
}

export function refusedNames(
  servers: readonly ServerRow[],
  endpoints: readonly EndpointRow[],
  ofFile: ReadonlySet<string>,
  organisations: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const claims = [
    ...servers.map((row) => ({ row, name: snapshotName(row) })),
    ...endpoints.map((row) => ({ row, name: row.name })),
  ].sort((a, b) => a.row.createdAtMs - b.row.createdAtMs || (a.row.id < b.row.id ? -1 : 1));
  const taken = new Set<string>();
  const refused = new Map<string, string>();
  for (const { row, name } of claims) {
    const why = refusal(row, name, { ofFile, organisations, taken });
    if (why === undefined) taken.add(name);
    else refused.set(row.id, why);
  }
  return refused;
}

interface Known {
  readonly ofFile: ReadonlySet<string>;
  readonly organisations: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
}

function refusal(row: ServerRow | EndpointRow, name: string, known: Known): string | undefined {
  // Two hyphens would make it look like that of another organisation.
  if (!isServerName(row.name)) return 'Its name is none that a server or an endpoint may have.';
  if (!known.organisations.has(row.organisation)) return 'Its organisation is not there.';
  if (known.ofFile.has(name)) return 'name_conflict';
  return known.taken.has(name) ? 'An older server or endpoint has this name.' : undefined;
}
