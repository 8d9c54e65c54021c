/*
 * API keys with whose they are, for who may see them. The digest of a key is for who looks one up by it, and is not read
 * where keys are shown.
 */
import type { KeyRow } from '../tables.ts';
import { inPages, type Listing } from './listing.ts';
import { query } from './query.ts';

export type ShownKey = Omit<KeyRow, 'sha256'> & { readonly username: string | null };

const SHOWN = [
  ...(['id', 'organisation', 'version', 'createdAtMs', 'updatedAtMs', 'keyId', 'name', 'userId'] as const),
  ...(['rolesJson', 'reachJson', 'apiJson', 'expiresAtMs', 'lastUsedAtMs', 'disabled'] as const),
] as const;

/** `equal.userId` holds it to one user's, for who does not manage the organisation. */
export const keysSeen = query<Listing<KeyRow>, ShownKey>(
  'apiKeys.listSeen',
  (db, actor, listing) =>
    inPages(
      db
        .selectFrom('apiKeys')
        .select(SHOWN)
        .select((eb) =>
          eb.selectFrom('users').select('username').whereRef('users.id', '=', 'apiKeys.userId').as('username'),
        )
        .where('organisation', '=', actor.organisation),
      listing,
    ),
  [
    { limit: 50, sort: { field: 'name', descending: false } },
    {
      ...{ limit: 50, sort: { field: 'createdAtMs', descending: true }, after: { value: 1, id: 'key_sample' } },
      ...{ equal: { userId: 'usr_sample', disabled: 0 }, contains: { columns: ['name'], text: 'lap_top' } },
    },
  ],
);

export const keySeen = query<{ readonly id: string; readonly userId?: string | undefined }, ShownKey>(
  'apiKeys.seen',
  (db, actor, { id, userId }) => {
    const seen = db
      .selectFrom('apiKeys')
      .select(SHOWN)
      .select((eb) =>
        eb.selectFrom('users').select('username').whereRef('users.id', '=', 'apiKeys.userId').as('username'),
      )
      .where('organisation', '=', actor.organisation)
      .where('id', '=', id);
    return userId === undefined ? seen : seen.where('userId', '=', userId);
  },
  [{ id: 'key_sample' }, { id: 'key_sample', userId: 'usr_sample' }],
);

export const countKeys = query<string, { readonly count: number }>(
  'apiKeys.countOfUser',
  (db, actor, userId) =>
    db
      .selectFrom('apiKeys')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('organisation', '=', actor.organisation)
      .where('userId', '=', userId),
  ['usr_sample'],
);
