/*
 * Routes of the admin API without its application, over the store and the snapshot of a test's desk: for tests of what routes
 * decide and keep. Whoever asks is said, not found out, so that each test may have an organisation of its own.
 */
import type { Actor } from '../../src/control/actor.ts';
import type { AdminParts } from '../../src/control/admin/parts.ts';
import { rightsOf } from '../../src/control/admin/rights.ts';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { newId } from '../../src/control/store/ids.ts';
import { insertOrganisation } from '../../src/control/store/queries/organisations.ts';
import type { Store } from '../../src/control/store/store.ts';
import { AdminError } from '../../src/model/admin-errors.ts';
import type { LimitName } from '../../src/model/limits.ts';
import type { Operator } from '../../src/model/operator.ts';
import { openTestDesk, type TestDeskOptions } from './desk.ts';

/** `Data`: all that may be looked for in answers; what a route does not answer is not there. */
export interface AdminRig<Data = Readonly<Record<string, unknown>>> {
  readonly parts: AdminParts;
  readonly store: Store;
  /** Limits that were hit. */
  readonly hits: readonly LimitName[];
  /** Asks a route; throws what it throws, and `parameter_wrong` for input that its schemas refuse. */
  ask(id: string, actor: Actor, asked?: RigAsked): Promise<RigAnswer<Data>>;
  close(): Promise<void>;
}

export interface RigAsked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly ifMatch?: number;
}

export interface RigAnswer<Data> {
  readonly data: Data;
  readonly version: number | undefined;
}

/** Somebody of an organisation; a row of the user is not made. */
export function actorOf(username: string, roles: readonly string[], organisation = 'default'): Actor {
  return {
    ...{ id: `user:${username}`, userId: `usr_${username}`, username, organisation, roles, by: 'session' },
    ...{ rights: rightsOf(roles), sessionId: 'ses_rig', requestId: 'req_rig', address: '192.0.2.1' },
  };
}

let organisationsMade = 0;

/** An organisation of its own for one test, so that tests share a store and nothing in it. */
export async function newOrganisation({ store, parts }: Pick<AdminRig<unknown>, 'store' | 'parts'>): Promise<string> {
  const name = `org-${++organisationsMade}`;
  const own = { organisation: name, version: 1, createdAtMs: 1, updatedAtMs: 1 };
  const row = { id: newId('organisations'), name, title: name, ...own };
  const touched = [{ kind: 'organisations', id: row.id, organisation: name }] as const;
  await store.write(actorOf('root', ['system_admin']), { changes: [insertOrganisation(row)], touched, audit: [] });
  await parts.publisher.settled();
  return name;
}

export async function openAdminRig<Data>(
  routes: (parts: AdminParts) => readonly AdminRoute[],
  { operator = {}, ...options }: TestDeskOptions = {},
): Promise<AdminRig<Data>> {
  const desk = await openTestDesk({ ...options, operator: { ...SILENT, ...operator } });
  const byId = new Map(routes(desk.parts).map((route) => [route.id, route]));
  const { parts, store, hits, close } = desk;
  return { parts, store, hits, close, ask: (id, actor, asked = {}) => ask(byId.get(id), actor, asked) };
}

/** A data plane that has nothing and refuses nothing. */
const SILENT: Partial<Operator> = {
  servers: () => [],
  upstreams: () => [],
  tools: () => undefined,
  addressFault: async () => undefined,
  refresh: () => undefined,
  restart: () => undefined,
};

async function ask<Data>(route: AdminRoute | undefined, actor: Actor, asked: RigAsked): Promise<RigAnswer<Data>> {
  if (route === undefined) throw new Error('There is no such route.');
  const read = (part: 'params' | 'query' | 'body', value: unknown): unknown => {
    const result = route[part]?.safeParse(value);
    if (result === undefined || result.success) return result?.data;
    const faults = result.error.issues.map(({ path, message }) => ({ field: [part, ...path].join('.'), say: message }));
    throw new AdminError('parameter_wrong', { faults });
  };
  const { params = {}, query = {}, body, ifMatch } = asked;
  const values = { params: read('params', params), query: read('query', query), body: read('body', body) };
  const answered = await route.answer({ actor, ...values, ifMatch });
  return { data: route.data.parse(answered.data) as Data, version: answered.version };
}
