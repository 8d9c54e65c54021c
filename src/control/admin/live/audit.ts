/*
 * What was done and what was refused, and how servers fared: the admin audit and the state events of the organisation, newest
 * first. Secrets were masked when it was written.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import { listAudit, listStateEvents } from '../../store/queries/records.ts';
import type { AdminAuditRow, StateEventRow } from '../../store/tables.ts';
import { listData, listQuery, PAGE_DEFAULT } from '../kit/list.ts';
import { rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';

export function auditRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [adminAudit(parts), stateEvents(parts)];
}

const time = () => z.iso.datetime({ offset: true }).optional();
const word = () => z.string().max(1_300).optional();
/** Newest first, and no other order. */
const RECORDS = listQuery({}, {}).omit({ sort: true });
const SPAN = {
  from: time().describe('No older than this, RFC 3339.'),
  to: time().describe('Older than this, RFC 3339.'),
};

const AUDIT_QUERY = RECORDS.extend({
  ...SPAN,
  actor: word().describe('`user:{username}`, `key:{id}`; the whole id.'),
  action: word().describe('`policy.create`, `session.login` …'),
  outcome: z.enum(['done', 'denied', 'failed']).optional(),
  kind: word().describe('Of what it was done to: `policies`, `servers` …'),
  target: word().describe('The id of what it was done to.'),
});

const auditRow = z.object({
  ...{ id: z.string(), organisation: z.string(), at: TIME, requestId: z.string(), address: z.string() },
  actor: z.string().describe('`user:{username}`, `key:{id}`, `local`; empty for nobody.'),
  ...{ action: z.string(), outcome: z.string(), kind: z.string(), targetId: z.string(), targetName: z.string() },
  before: z.unknown().describe('Null where there was nothing. Secrets are masked.'),
  after: z.unknown().describe('Null where there is nothing. Secrets are masked.'),
  reason: z.string().describe('Why it was refused.'),
});

function toldAudit({ seq: _, atMs, beforeJson, afterJson, ...row }: AdminAuditRow): z.infer<typeof auditRow> {
  return { ...row, at: rfc3339(atMs), before: readable(beforeJson), after: readable(afterJson) };
}

function readable(json: string | null): unknown {
  try {
    return json === null ? null : JSON.parse(json);
  } catch {
    return null;
  }
}

function adminAudit({ store }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listAudit', method: 'GET', path: '/api/v1/audit', tag: 'audit', gate: 'manage' },
    say: 'Who did what, and who was refused what, newest first. All of it is kept, nothing goes by itself; of what is refused no more than `limits.denialRowsMax` a minute are rows of their own.',
    query: AUDIT_QUERY,
    data: listData(auditRow),
    example: { query: { outcome: 'done', from: '2026-01-01T00:00:00Z' } },
    answer: async ({ actor, query }) => {
      const { limit, before } = pageOfRecords(query);
      const { actor: by, action, outcome, kind, target: targetId } = query;
      const equal = given({ actor: by, action, outcome, kind, targetId });
      const rows = await store.read(listAudit(actor, { limit, before, ...spanOf(query), equal }));
      return { data: pageOf(rows, limit, toldAudit) };
    },
  });
}

const EVENT_QUERY = RECORDS.extend({
  ...SPAN,
  server: word().describe('As the snapshot names it.'),
  state: word(),
});

const eventRow = z.object({
  ...{
    at: TIME,
    organisation: z.string(),
    node: z.string(),
    server: z.string(),
    state: z.string(),
    reason: z.string(),
  },
});

function toldEvent({ seq: _, atMs, ...row }: StateEventRow): z.infer<typeof eventRow> {
  return { ...row, at: rfc3339(atMs) };
}

function stateEvents({ store }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listEvents', method: 'GET', path: '/api/v1/events', tag: 'audit', gate: 'manage' },
    say: 'When servers changed their state, and why, newest first.',
    query: EVENT_QUERY,
    data: listData(eventRow),
    example: { query: { state: 'ready' } },
    answer: async ({ actor, query }) => {
      const { limit, before } = pageOfRecords(query);
      const equal = given({ server: query.server, state: query.state });
      const rows = await store.read(listStateEvents(actor, { limit, before, ...spanOf(query), equal }));
      return { data: pageOf(rows, limit, toldEvent) };
    },
  });
}

interface Asked {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

function pageOfRecords({ limit, cursor }: Asked): { readonly limit: number; readonly before: number | undefined } {
  return { limit: Number(limit ?? PAGE_DEFAULT), before: cursor === undefined ? undefined : seqIn(cursor) };
}

function spanOf({ from, to }: Asked): { readonly fromMs: number | undefined; readonly toMs: number | undefined } {
  const ms = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return { fromMs: ms(from), toMs: ms(to) };
}

type Given<Fields> = { [Name in keyof Fields]?: NonNullable<Fields[Name]> };

function given<Fields extends object>(fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
}

/** The statement has asked for one more than the page has. */
function pageOf<Row extends { readonly seq: number }, Told>(
  rows: readonly Row[],
  limit: number,
  told: (row: Row) => Told,
) {
  const last = rows[limit - 1];
  const next = rows.length > limit && last ? { nextCursor: cursorOf(last.seq) } : {};
  return { items: rows.slice(0, limit).map(told), ...next };
}

const SUM_LENGTH = 8;

/** Opaque; it gives nobody anything, for what is listed is held to the organisation all the same. */
function cursorOf(seq: number): string {
  return Buffer.from(`${sumOf(String(seq))}${seq}`).toString('base64url');
}

function seqIn(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [sum, seq] = [text.slice(0, SUM_LENGTH), text.slice(SUM_LENGTH)];
  if (/^\d{1,15}$/.test(seq) && sum === sumOf(seq)) return Number(seq);
  const say = 'It is not a cursor of this list. Take "nextCursor" of the page before, or leave it out.';
  throw new AdminError('parameter_wrong', { faults: [{ field: 'query.cursor', say }] });
}

function sumOf(seq: string): string {
  return createHash('sha256').update(`records ${seq}`).digest('base64url').slice(0, SUM_LENGTH);
}
