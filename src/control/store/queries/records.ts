/*
 * What is written beside every change: the audit of who did it, and the row by which others hear of it.
 */
import { sql } from 'kysely';
import type { AdminAuditRow, ChangeRow, StateEventRow } from '../tables.ts';
import { newestFirst, type RecordListing } from './newest-first.ts';
import { ownQuery, query } from './query.ts';

const WRITTEN = 'Part of every write; the rows say of which organisation they are.';
const FOLLOWED = 'The snapshot is made of all organisations.';

type NewAudit = Omit<AdminAuditRow, 'seq'>;
type NewChange = Omit<ChangeRow, 'seq'>;

const AUDIT: NewAudit = {
  id: 'aud_sample',
  organisation: 'default',
  atMs: 1,
  requestId: 'r',
  address: '127.0.0.1',
  actor: 'user:ada',
  action: 'server.create',
  outcome: 'done',
  kind: 'servers',
  targetId: 'srv_sample',
  targetName: 'files',
  beforeJson: null,
  afterJson: '{}',
  reason: '',
};

const CHANGE: NewChange = { organisation: 'default', kind: 'servers', targetId: 'srv_sample', atMs: 1 };

export const insertAudit = ownQuery(
  { name: 'adminAudit.insert', why: WRITTEN },
  // `seq` is given by the database.
  (db, rows: readonly NewAudit[]) => db.insertInto('adminAudit').values(rows as readonly AdminAuditRow[]),
  [[AUDIT]],
);

export const insertChanges = ownQuery(
  { name: 'changes.insert', why: WRITTEN },
  (db, rows: readonly NewChange[]) =>
    db
      .insertInto('changes')
      .values(rows as readonly ChangeRow[])
      .returning('seq'),
  [[CHANGE]],
);

/** The first and the newest number that is there. */
export const changesSpan = ownQuery(
  { name: 'changes.span', why: FOLLOWED },
  (db) =>
    db.selectNoFrom([
      sql<number | null>`(select min(seq) from changes)`.as('first'),
      sql<number | null>`(select max(seq) from changes)`.as('last'),
    ]),
  [undefined],
);

export const changesSince = ownQuery(
  { name: 'changes.since', why: FOLLOWED },
  (db, { seq, limit }: { readonly seq: number; readonly limit: number }) =>
    db
      .selectFrom('changes')
      .select(['seq', 'organisation', 'kind', 'targetId'])
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit),
  [{ seq: 1, limit: 100 }],
);

/** Newest first, and one more than the page has. */
export const listAudit = query(
  'adminAudit.list',
  (db, actor, listing: RecordListing<AdminAuditRow>) =>
    newestFirst(db.selectFrom('adminAudit').selectAll().where('organisation', '=', actor.organisation), listing),
  [{ limit: 50 }, { limit: 50, before: 9, fromMs: 1, toMs: 2, equal: { actor: 'user:ada', action: 'server.create' } }],
);

export const insertStateEvents = ownQuery(
  { name: 'stateEvents.insert', why: 'Told by the data plane; nobody acts.' },
  (db, rows: readonly Omit<StateEventRow, 'seq'>[]) =>
    db.insertInto('stateEvents').values(rows as readonly StateEventRow[]),
  [[{ organisation: 'default', atMs: 1, node: 'n', server: 'files', state: 'ready', reason: '' }]],
);

export const listStateEvents = query(
  'stateEvents.list',
  (db, actor, listing: RecordListing<StateEventRow>) =>
    newestFirst(db.selectFrom('stateEvents').selectAll().where('organisation', '=', actor.organisation), listing),
  [{ limit: 50 }, { limit: 50, before: 9, equal: { server: 'files' } }],
);

const KEPT = 'They are kept up to a number, whoever’s they are.';

/** The newest `keep` stay. */
export const pruneStateEvents = ownQuery(
  { name: 'stateEvents.prune', why: KEPT },
  (db, keep: number) =>
    db.deleteFrom('stateEvents').where('seq', '<=', sql<number>`(select max(seq) from state_events) - ${keep}`),
  [1000],
);

export const pruneChanges = ownQuery(
  { name: 'changes.prune', why: KEPT },
  (db, keep: number) =>
    db.deleteFrom('changes').where('seq', '<=', sql<number>`(select max(seq) from changes) - ${keep}`),
  [1000],
);
