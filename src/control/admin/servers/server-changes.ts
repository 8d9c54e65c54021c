/*
 * What is written when a server is made, changed or deleted: its rows and what belongs to it, who is to hear of it, and what
 * the audit keeps. One write, so that a server is never there with half of its header fields.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Actor } from '../../actor.ts';
import { masked } from '../../collect/masked.ts';
import { forwardTokens, overlay, replicas, secrets, servers } from '../../store/queries/objects.ts';
import type { Audited, Change, Touched, Write } from '../../store/store.ts';
import type { OverlayRow, SecretRow, ServerRow } from '../../store/tables.ts';
import type { AdminParts } from '../parts.ts';
import { inOrder, type ServerDraft } from './server-draft.ts';
import { HEADER_KIND, type HeaderPlan } from './server-headers.ts';
import { knownOf, type StoredRecord } from './server-records.ts';

type WriteParts = Pick<AdminParts, 'vault' | 'now'>;

export interface Wanted {
  readonly draft: ServerDraft;
  readonly headers: HeaderPlan;
}

export function creation(
  parts: WriteParts,
  actor: Actor,
  name: string,
  { draft, headers }: Wanted,
): { readonly id: string; readonly write: Write } {
  const row = servers.fresh(actor, { name, ...columnsOf(draft) }, parts.now());
  const set = headerRows(parts, actor, row.id, headers);
  const changes = [
    servers.insert(actor, row),
    ...replicaChanges(parts, actor, row.id, draft),
    ...set.map((secret) => secrets.insert(actor, secret)),
  ];
  const after = auditedServer({ row, replicas: [], headers: set }, draft);
  const audit = [audited('server.create', row, { before: null, after })];
  return { id: row.id, write: { changes, touched: touchedBy(actor, row, set), audit } };
}

export function alteration(
  parts: WriteParts,
  actor: Actor,
  record: StoredRecord,
  { draft, headers, version }: Wanted & { readonly version: number | undefined },
): Write {
  const { row } = record;
  const before = knownOf(record).draft;
  const set = headerRows(parts, actor, row.id, headers);
  const isElsewhere = !isDeepStrictEqual(inOrder(before.replicas), inOrder(draft.replicas));
  const changes: Change[] = [
    servers.update(actor, { id: row.id, version, set: columnsOf(draft), atMs: parts.now() }),
    ...(isElsewhere ? [replicas.removeHaving(actor, { serverId: row.id })] : []),
    ...(isElsewhere ? replicaChanges(parts, actor, row.id, draft) : []),
    ...headers.removed.map(({ id }) => secrets.remove(actor, { id })),
    ...set.map((secret) => secrets.insert(actor, secret)),
  ];
  const after = auditedServer({ ...record, headers: [...headers.kept, ...set] }, draft);
  const audit = [audited('server.update', row, { before: auditedServer(record, before), after })];
  return { changes, touched: touchedBy(actor, row, [...headers.removed, ...set]), audit };
}

/** With all that is its: a server of the same name that comes later is another one. */
export function removal(
  actor: Actor,
  record: StoredRecord,
  { version, switched }: { readonly version: number | undefined; readonly switched: readonly OverlayRow[] },
): Write {
  const { row, headers } = record;
  const changes: Change[] = [
    forwardTokens.removeHaving(actor, { serverId: row.id }),
    replicas.removeHaving(actor, { serverId: row.id }),
    ...headers.map(({ id }) => secrets.remove(actor, { id })),
    ...switched.map(({ id }) => overlay.remove(actor, { id })),
    servers.remove(actor, { id: row.id, version }),
  ];
  const before = auditedServer(record, knownOf(record).draft);
  const off = switched.map(({ id }): Touched => ({ kind: 'overlay', id, organisation: actor.organisation }));
  const touched = [...touchedBy(actor, row, headers), ...off];
  return { changes, touched, audit: [audited('server.delete', row, { before, after: null })] };
}

function columnsOf({ url, title, description, owner, visibility, weight, tags, definition }: ServerDraft) {
  const json = { tagsJson: JSON.stringify(tags), definitionJson: JSON.stringify(definition) };
  return { url, title, description, owner, visibility, weight, ...json };
}

function replicaChanges({ now }: WriteParts, actor: Actor, serverId: string, draft: ServerDraft): Change[] {
  return draft.replicas.map((replica) =>
    replicas.insert(actor, replicas.fresh(actor, { serverId, ...replica }, now())),
  );
}

function headerRows({ vault, now }: WriteParts, actor: Actor, ownerId: string, { set }: HeaderPlan): SecretRow[] {
  return set.map(([name, value]) => {
    const place = { kind: HEADER_KIND, ownerId, name };
    const row = secrets.fresh(actor, { ...place, keyId: '', sealed: '' }, now());
    return { ...row, ...vault.seal({ id: row.id, ...place }, value) };
  });
}

function touchedBy({ organisation }: Actor, { id }: ServerRow, headers: readonly SecretRow[]): Touched[] {
  const secretRows = headers.map((secret): Touched => ({ kind: 'secrets', id: secret.id, organisation }));
  return [{ kind: 'servers', id, organisation }, ...secretRows];
}

function auditedServer({ row, headers }: StoredRecord, { tags, replicas: others, ...draft }: ServerDraft): unknown {
  const names = headers.map(({ name }) => ({ name, value: '' }));
  return masked({ name: row.name, ...draft, tags, replicas: others, headers: names });
}

function audited(
  action: string,
  { id, name }: Pick<ServerRow, 'id' | 'name'>,
  { before, after }: Pick<Audited, 'before' | 'after'>,
): Audited {
  return { action, outcome: 'done', kind: 'servers', targetId: id, targetName: name, reason: '', before, after };
}
