/*
 * Stored secrets as the keys see them that they are sealed with: for the start, and for the rotation of the key.
 */
import { ownQuery } from './query.ts';

const INSTALLATION = 'The keys are the installation’s.';

/** How many each key seals. */
export const secretsByKey = ownQuery(
  { name: 'secrets.byKey', why: INSTALLATION },
  (db) =>
    db
      .selectFrom('secrets')
      .select(({ fn }) => ['keyId', fn.countAll<number>().as('secrets')])
      .groupBy('keyId')
      .orderBy('keyId'),
  [undefined],
);

interface Batch {
  readonly keyId: string;
  /** The id of the last one of the batch before; `''` begins. */
  readonly after: string;
  readonly limit: number;
}

/** Those that another key sealed, a few at a time. */
export const secretsOfOtherKeys = ownQuery(
  { name: 'secrets.ofOtherKeys', why: INSTALLATION },
  (db, { keyId, after, limit }: Batch) =>
    db.selectFrom('secrets').selectAll().where('keyId', '!=', keyId).where('id', '>', after).orderBy('id').limit(limit),
  [{ keyId: 'enc_sample', after: '', limit: 100 }],
);

interface Resealed {
  readonly id: string;
  readonly version: number;
  readonly keyId: string;
  readonly sealed: string;
}

/** Unless it was changed meanwhile. What it says is the same, so its version is, too. */
export const resealSecret = ownQuery(
  { name: 'secrets.reseal', why: INSTALLATION },
  (db, { id, version, keyId, sealed }: Resealed) =>
    db.updateTable('secrets').set({ keyId, sealed }).where('id', '=', id).where('version', '=', version),
  [{ id: 'sec_sample', version: 1, keyId: 'enc_sample', sealed: '' }],
);
