/*
 * From the row of a server, with its header fields, to what the data plane connects by; the same resolver as for the file.
 *
 * A server whose header field does not open is left out as a whole: without its credential it would be called as somebody
 * else.
 */
import type { Config, ServerConfig } from '../../config/config.ts';
import { resolveServer } from '../../config/resolve.ts';
import { storedServer, storedServerColumns } from '../../config/schema-stored.ts';
import { DEFAULT_ORGANISATION } from '../../model/principal.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import type { Vault } from '../vault.ts';
import { type Read, readJson, readValue } from './readable.ts';
import { Remembered } from './remembered.ts';
import type { Rows } from './rows.ts';

type ServerRow = PublishedRows['servers'];
type SecretRow = PublishedRows['secrets'];

const HEADER = 'server_header';

/** Design §5: what a server is called where all organisations are together. */
export function snapshotName({ organisation, name }: Pick<ServerRow, 'organisation' | 'name'>): string {
  return organisation === DEFAULT_ORGANISATION ? name : `${organisation}--${name}`;
}

export class StoredServers {
  readonly #vault: Pick<Vault, 'open'>;
  readonly #made = new Remembered<ServerRow, Read<ServerDefinition>>();
  #headers: { readonly of: Rows['secrets']; readonly version: number; readonly byServer: HeadersOf } | undefined;

  constructor(vault: Pick<Vault, 'open'>) {
    this.#vault = vault;
  }

  /** `secrets` are of version `version`: with the same number they are the same. */
  of(row: ServerRow, secrets: Rows['secrets'], version: number, { defaults, limits }: Config): Read<ServerDefinition> {
    const headers = this.#headersIn(secrets, version).get(row.id) ?? [];
    return this.#made.of(row, [defaults, limits, ...headers], () => {
      const opened = this.#opened(headers);
      return opened.ok ? definitionOf(row, opened.value, { defaults, limits, folder: '', trusted: false }) : opened;
    });
  }

  #headersIn(secrets: Rows['secrets'], version: number): HeadersOf {
    if (this.#headers?.of !== secrets || this.#headers.version !== version)
      this.#headers = { of: secrets, version, byServer: headersOf(secrets) };
    return this.#headers.byServer;
  }

  #opened(rows: readonly SecretRow[]): Read<Readonly<Record<string, string>>> {
    const headers: Record<string, string> = Object.create(null);
    for (const { id, kind, ownerId, name, keyId, sealed } of rows) {
      try {
        headers[name] = this.#vault.open({ id, kind, ownerId, name }, { keyId, sealed });
      } catch {
        return { ok: false, why: `The secret of the header field "${name}" does not open: its key is not here.` };
      }
    }
    return { ok: true, value: { ...headers } };
  }
}

type HeadersOf = ReadonlyMap<string, readonly SecretRow[]>;

function headersOf(secrets: Rows['secrets']): HeadersOf {
  const rows = [...secrets.values()].filter(({ kind }) => kind === HEADER);
  const sorted = rows.sort((a, b) => (a.name < b.name || (a.name === b.name && a.id < b.id) ? -1 : 1));
  return Map.groupBy(sorted, ({ ownerId }) => ownerId);
}

function definitionOf(
  row: ServerRow,
  headers: Readonly<Record<string, string>>,
  inherited: Parameters<typeof resolveServer>[2],
): Read<ServerDefinition> {
  const entry = readJson(storedServer, row.definitionJson, 'definition');
  if (!entry.ok) return entry;
  const { url, title, description, owner, visibility } = row;
  const columns = readValue(storedServerColumns, { url, title, description, owner, visibility, headers }, 'server');
  if (!columns.ok) return columns;
  const stated = { ...entry.value, ...withoutNothing(columns.value), organisation: row.organisation };
  return { ok: true, value: withoutConfig(resolveServer(snapshotName(row), stated, inherited)) };
}

function withoutNothing({ title, description, owner, ...columns }: ReturnType<typeof storedServerColumns.parse>) {
  return {
    ...columns,
    title: title === '' ? undefined : title,
    description: description === '' ? undefined : description,
    owner: owner ?? undefined,
  };
}

/** What only who shows it needs is not part of the snapshot. */
function withoutConfig({ enabled: _, description: __, ...definition }: ServerConfig): ServerDefinition {
  return definition;
}
