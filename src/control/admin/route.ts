/*
 * What a route of the admin API is: data, from which come the check of its input, its place in the OpenAPI document, its row
 * in the table of routes, its row in the matrix of roles, and the example that a test runs.
 */
import type { z } from 'zod';
import type { AdminErrorName } from '../../model/admin-errors.ts';
import type { Actor, Right } from '../actor.ts';

/** Who may ask at all; what of it is theirs the answer decides. */
export type Gate =
  /** Everybody. */
  | 'public'
  /** Whoever is logged in, also who must change the password first. */
  | 'session'
  /** Whoever is logged in, or has a key with `read` (for GET) or `write`. */
  | Right;

export interface Asked<Params, Query, Body> {
  readonly actor: Actor;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The version that `If-Match` names; undefined where the route takes none. */
  readonly ifMatch: number | undefined;
}

export interface Answered<Data> {
  readonly data: Data;
  /** Becomes the entity tag. */
  readonly version?: number;
}

/** An example that holds on the stage of `test/control/stage.ts`; `{…}` in it is taken from there. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

export interface AdminRoute<Params = unknown, Query = unknown, Body = unknown, Data = unknown> {
  /** The operation's id: `listServers`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With parameters in braces: `/api/v1/servers/{id}`. */
  readonly path: string;
  readonly tag: string;
  /** One line. */
  readonly say: string;
  /** More, for who needs it. Markdown. */
  readonly more?: string;
  readonly gate: Gate;
  /** Makes or changes a credential, or who somebody is: keys may not (T29). */
  readonly credentials?: true;
  /** Changes an object that has a version: `If-Match` is required. */
  readonly ifMatch?: true;
  /** Default 200; 201 where something was made. */
  readonly status?: 200 | 201;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Fields of the body (`arguments`) that hold what a call of a tool would: they may name a command, and are only looked at. */
  readonly carries?: readonly string[];
  readonly data: z.ZodType<Data>;
  /** Beside those that every route has. */
  readonly errors?: readonly AdminErrorName[];
  readonly example: Example;
  answer(asked: Asked<Params, Query, Body>): Promise<Answered<Data>> | Answered<Data>;
}

/** Keeps the types of one route together; a list of routes knows them no more. */
export function adminRoute<Params, Query, Body, Data>(route: AdminRoute<Params, Query, Body, Data>): AdminRoute {
  return route as unknown as AdminRoute;
}
