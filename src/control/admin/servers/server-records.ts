/*
 * Servers as they are known: those that are stored, put together of their rows, and those of the file. Whoever asks gets what
 * they may see, and `not_found` for the rest.
 */
import { ownEndpointName } from '../../../config/known-names.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { ServerDefinition } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import type { Known } from '../../publish/publisher.ts';
import { replicas, servers } from '../../store/queries/objects.ts';
import { headersOf, replicasOf } from '../../store/queries/servers.ts';
import type { ReplicaRow, SecretRow, ServerRow } from '../../store/tables.ts';
import { fileHead, headOf } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { fileDraft, rowDraft } from './server-drafts.ts';
import { checkChangeable, checkSeen } from './server-rights.ts';
import type { KnownServer } from './server-view.ts';

export interface StoredRecord {
  readonly row: ServerRow;
  readonly replicas: readonly ReplicaRow[];
  readonly headers: readonly SecretRow[];
}

export interface FoundServer {
  readonly server: KnownServer;
  /** Undefined for a server of the file. */
  readonly record: StoredRecord | undefined;
}

type ReadParts = Pick<AdminParts, 'store' | 'publisher' | 'file'>;

/** One that the actor sees. */
export async function seenServer(parts: ReadParts, actor: Actor, id: string): Promise<FoundServer> {
  const found = await serverById(parts, actor, id);
  checkSeen(actor, found?.server.draft);
  if (found === undefined) throw new AdminError('not_found');
  return found;
}

/** One that the actor may change, of the file or not. */
export async function ownServer(parts: ReadParts, actor: Actor, id: string): Promise<FoundServer> {
  const found = await seenServer(parts, actor, id);
  checkChangeable(actor, found.server.draft);
  return found;
}

/** One whose definition the actor may change. */
export async function storedServer(
  parts: ReadParts,
  actor: Actor,
  id: string,
): Promise<FoundServer & { readonly record: StoredRecord }> {
  const { server, record } = await ownServer(parts, actor, id);
  if (record === undefined) throw new AdminError('read_only');
  return { server, record };
}

async function serverById(parts: ReadParts, actor: Actor, id: string): Promise<FoundServer | undefined> {
  if (id.startsWith('file.')) {
    const server = fileServers(parts, actor).find(({ head }) => head.id === id);
    return server && { server, record: undefined };
  }
  const [[row], ofRow, headers] = await parts.store.readAll([
    servers.get(actor, id),
    replicas.having(actor, { serverId: id }),
    headersOf(actor, [id]),
  ]);
  if (row === undefined) return undefined;
  const record = { row, replicas: ofRow, headers };
  return { server: knownOf(record), record };
}

/** Those of one page of rows, in their order. */
export async function recordsOf(
  { store }: Pick<AdminParts, 'store'>,
  actor: Actor,
  rows: readonly ServerRow[],
): Promise<readonly StoredRecord[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const [allReplicas, allHeaders] = await store.readAll([replicasOf(actor, ids), headersOf(actor, ids)]);
  const replicasBy = Map.groupBy(allReplicas, ({ serverId }) => serverId);
  const headersBy = Map.groupBy(allHeaders, ({ ownerId }) => ownerId);
  return rows.map((row) => ({
    row,
    replicas: replicasBy.get(row.id) ?? [],
    headers: headersBy.get(row.id) ?? [],
  }));
}

export function knownOf(record: StoredRecord): KnownServer {
  const { row, headers } = record;
  const key = ownEndpointName(row.name, row.organisation);
  const draft = rowDraft(record);
  return {
    ...{ head: headOf(row), name: row.name, key, endpoint: `/mcp/${key}`, draft },
    transport: draft.definition.type === 'sse' ? 'sse' : 'http',
    headers: headers.map(({ name, updatedAtMs }) => ({ name, setAtMs: updatedAtMs })),
  };
}

/** Those of the file that belong to the actor's organisation. */
export function fileServers({ publisher, file }: Omit<ReadParts, 'store'>, actor: Actor): readonly KnownServer[] {
  const descriptions = new Map(file().servers.map(({ name, description = '' }) => [name, description]));
  const known = [...publisher.servers().values()];
  return known
    .filter(({ origin, organisation }) => origin === 'file' && organisation === actor.organisation)
    .map((each) => knownOfFile(each, descriptions.get(each.name) ?? '', file().limits));
}

function knownOfFile(
  { id, name, organisation, definition }: Known<ServerDefinition>,
  description: string,
  limits: ServerDefinition['limits'],
): KnownServer {
  const { transport } = definition;
  const headers = transport.kind === 'stdio' ? [] : Object.keys(transport.headers);
  return {
    head: { ...fileHead('server', name), id, organisation },
    ...{ name, key: definition.name, endpoint: `/mcp/${ownEndpointName(name, organisation)}` },
    ...{ transport: transport.kind, draft: fileDraft(definition, description, limits) },
    headers: headers.map((header) => ({ name: header, setAtMs: null })),
  };
}
