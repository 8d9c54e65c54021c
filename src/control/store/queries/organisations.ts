/*
 * Organisations. Each belongs to itself, so whoever makes, changes or deletes one acts in no other: these are asked for
 * only by those who may `system`.
 */
import type { Change } from '../store.ts';
import type { OrganisationRow } from '../tables.ts';
import { inPages, type Listing } from './listing.ts';
import { ownQuery, query } from './query.ts';

const SYSTEM = 'Of the installation; asked for those who may `system`.';

const SAMPLE: OrganisationRow = {
  id: 'org_sample',
  organisation: 'acme',
  version: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  name: 'acme',
  title: 'Acme',
};

/** The actor's own. */
export const ownOrganisation = query(
  'organisations.own',
  (db, actor, _: undefined) => db.selectFrom('organisations').selectAll().where('name', '=', actor.organisation),
  [undefined],
);

export const organisationByName = ownQuery(
  { name: 'organisations.byName', why: SYSTEM },
  (db, name: string) => db.selectFrom('organisations').selectAll().where('name', '=', name),
  ['acme'],
);

export const organisationById = ownQuery(
  { name: 'organisations.byId', why: SYSTEM },
  (db, id: string) => db.selectFrom('organisations').selectAll().where('id', '=', id),
  ['org_sample'],
);

export const listOrganisations = ownQuery(
  { name: 'organisations.list', why: SYSTEM },
  (db, listing: Listing<OrganisationRow>) => inPages(db.selectFrom('organisations').selectAll(), listing),
  [{ limit: 50, sort: { field: 'name', descending: false } }],
);

const inserted = ownQuery(
  { name: 'organisations.insert', why: SYSTEM },
  (db, row: OrganisationRow) => db.insertInto('organisations').values(row),
  [SAMPLE],
);

const retitled = ownQuery(
  { name: 'organisations.update', why: SYSTEM },
  (
    db,
    {
      id,
      version,
      title,
      atMs,
    }: { readonly id: string; readonly version: number; readonly title: string; readonly atMs: number },
  ) =>
    db
      .updateTable('organisations')
      .set({ title, updatedAtMs: atMs })
      .set((eb) => ({ version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .where('version', '=', version),
  [{ id: 'org_sample', version: 1, title: 'Acme', atMs: 1 }],
);

const removed = ownQuery(
  { name: 'organisations.remove', why: SYSTEM },
  (db, { id, version }: { readonly id: string; readonly version: number }) =>
    db.deleteFrom('organisations').where('id', '=', id).where('version', '=', version),
  [{ id: 'org_sample', version: 1 }],
);

export function insertOrganisation(row: OrganisationRow): Change {
  return { statement: inserted(row), rows: { count: 1, as: 'conflict' } };
}

export function updateOrganisation(change: Parameters<typeof retitled>[0]): Change {
  return { statement: retitled(change), rows: { count: 1, as: 'changed_meanwhile' } };
}

/** A `conflict` while anything belongs to it. */
export function removeOrganisation(which: { readonly id: string; readonly version: number }): Change {
  return { statement: removed(which), rows: { count: 1, as: 'changed_meanwhile' } };
}
