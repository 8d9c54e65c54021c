/*
 * The stored servers and endpoints that are published, and where each came from.
 */
import type { Config, EndpointConfig } from '../../config/config.ts';
import { resolveEndpoint } from '../../config/resolve.ts';
import { storedEndpoint } from '../../config/schema-stored.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import type { Vault } from '../vault.ts';
import { namesOfFile, refusedNames } from './naming.ts';
import type { Unpublished } from './publisher.ts';
import { guarded, type Read, readJson } from './readable.ts';
import { keptList, Remembered } from './remembered.ts';
import { byAge, type Rows } from './rows.ts';
import { StoredServers, snapshotName } from './servers.ts';

type EndpointRow = PublishedRows['endpoints'];
type ServerRow = PublishedRows['servers'];

export class StoredNamed {
  readonly #servers: StoredServers;
  readonly #endpoints = new Remembered<EndpointRow, Read<EndpointConfig>>();
  servers: readonly ServerDefinition[] = [];
  endpoints: readonly EndpointConfig[] = [];
  unpublished: readonly Unpublished[] = [];
  /** By the name in the snapshot. */
  serverRows: ReadonlyMap<string, ServerRow> = new Map();
  endpointRows: ReadonlyMap<string, EndpointRow> = new Map();

  constructor(vault: Pick<Vault, 'open'>) {
    this.#servers = new StoredServers(vault);
  }

  follow(rows: Rows, secretsVersion: number, config: Config, organisations: ReadonlySet<string>): void {
    const [servers, endpoints] = [byAge(rows.servers), byAge(rows.endpoints)];
    const refused = refusedNames(servers, endpoints, namesOfFile(config), organisations);
    const orWhy = <Value>(id: string, read: () => Read<Value>): Read<Value> => {
      const why = refused.get(id);
      return why === undefined ? guarded(read) : { ok: false, why };
    };
    const readServers = servers.map((row) => ({
      row,
      read: orWhy(row.id, () => this.#servers.of(row, rows.secrets, secretsVersion, config)),
    }));
    const readEndpoints = endpoints.map((row) => ({ row, read: orWhy(row.id, () => this.#endpointOf(row)) }));
    this.servers = keptList(this.servers, valuesOf(readServers));
    this.endpoints = keptList(this.endpoints, valuesOf(readEndpoints));
    this.serverRows = new Map(goodRows(readServers).map((row) => [snapshotName(row), row]));
    this.endpointRows = new Map(goodRows(readEndpoints).map((row) => [row.name, row]));
    this.unpublished = [...leftOut('server', readServers), ...leftOut('endpoint', readEndpoints)];
  }

  #endpointOf(row: EndpointRow): Read<EndpointConfig> {
    return this.#endpoints.of(row, [], () => {
      const { name, title, organisation } = row;
      const entry = readJson(storedEndpoint, row.definitionJson, 'definition');
      if (!entry.ok) return entry;
      return {
        ok: true,
        value: resolveEndpoint(name, { ...entry.value, organisation, ...(title !== '' && { title }) }),
      };
    });
  }
}

interface RowRead<Row, Value> {
  readonly row: Row;
  readonly read: Read<Value>;
}

function valuesOf<Value>(all: readonly RowRead<unknown, Value>[]): readonly Value[] {
  return all.flatMap(({ read }) => (read.ok ? [read.value] : []));
}

function goodRows<Row>(all: readonly RowRead<Row, unknown>[]): readonly Row[] {
  return all.filter(({ read }) => read.ok).map(({ row }) => row);
}

export function leftOut<Row extends Pick<Unpublished, 'id' | 'organisation' | 'name'>>(
  kind: Unpublished['kind'],
  all: readonly RowRead<Row, unknown>[],
): Unpublished[] {
  return all.flatMap(({ row: { id, organisation, name }, read }) =>
    read.ok ? [] : [{ kind, id, organisation, name, why: read.why }],
  );
}
