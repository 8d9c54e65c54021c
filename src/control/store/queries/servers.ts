/*
 * What belongs to stored servers, for lists and checks: further addresses, header fields, counts, and who may own one.
 */
import { query } from './query.ts';

/** Of the servers of one page. */
export const replicasOf = query(
  'serverReplicas.of',
  (db, { organisation }, serverIds: readonly string[]) =>
    db
      .selectFrom('serverReplicas')
      .selectAll()
      .where('organisation', '=', organisation)
      .where('serverId', 'in', serverIds)
      .orderBy('id'),
  [['srv_one', 'srv_two']],
);

/** Names alone: a value is opened where the server is called. */
export const headersOf = query(
  'secrets.headersOf',
  (db, { organisation }, serverIds: readonly string[]) =>
    db
      .selectFrom('secrets')
      .selectAll()
      .where('organisation', '=', organisation)
      .where('kind', '=', 'server_header')
      .where('ownerId', 'in', serverIds)
      .orderBy('name')
      .orderBy('id'),
  [['srv_one', 'srv_two']],
);

/** All of the organisation; those of one owner when that is said. */
export const countServers = query(
  'servers.count',
  (db, { organisation }, owner: string | undefined) =>
    db
      .selectFrom('servers')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('organisation', '=', organisation)
      .$if(owner !== undefined, (builder) => builder.where('owner', '=', owner ?? '')),
  [undefined, 'ada'],
);

export const countEndpoints = query(
  'endpoints.count',
  (db, { organisation }, _: undefined) =>
    db
      .selectFrom('endpoints')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('organisation', '=', organisation),
  [undefined],
);

export const countForwardTokens = query(
  'forwardTokens.count',
  (db, { organisation }, userId: string) =>
    db
      .selectFrom('forwardTokens')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('organisation', '=', organisation)
      .where('userId', '=', userId),
  ['usr_sample'],
);

/** Whether somebody is a member: who may own something here. */
export const memberNamed = query(
  'memberships.named',
  (db, { organisation }, username: string) =>
    db
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.userId')
      .select('users.id')
      .where('memberships.organisation', '=', organisation)
      .where('users.username', '=', username),
  ['ada'],
);
