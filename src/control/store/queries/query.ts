/*
 * Every query there is, by name. A query takes the actor, and what it reads or changes is of the actor's organisation; the
 * few that cannot (the gateway's own, or those by which it is found out who the actor is) say why.
 *
 * Each has sample arguments, with which `docs/reference/sql.md` shows it as both databases get it. A sample for each shape
 * that it may have: a filter more, another order.
 */
import type { CompiledQuery } from 'kysely';
import type { Actor } from '../../actor.ts';
import type { Writer } from '../dialects.ts';
import type { Statement } from '../store.ts';

/** What Kysely's builders are at their end. */
interface Finished<Row> {
  compile(): CompiledQuery<Row>;
}

/** Queries without arguments are called without. */
type Rest<Args> = undefined extends Args ? readonly [args?: Args] : readonly [args: Args];

export type Query<Args, Row> = (actor: Actor, ...rest: Rest<Args>) => Statement<Row>;

export type OwnQuery<Args, Row> = (...rest: Rest<Args>) => Statement<Row>;

export interface Registered {
  readonly name: string;
  /** Why no actor is asked for; undefined for those that take one. */
  readonly why: string | undefined;
  /** One statement for each sample. */
  readonly samples: () => readonly Statement[];
}

const registry = new Map<string, Registered>();

/** The actor of the samples. */
export const SAMPLE_ACTOR: Actor = {
  id: 'user:ada',
  userId: 'usr_sample',
  username: 'ada',
  organisation: 'sample-organisation',
  roles: [],
  rights: new Set(),
  by: 'session',
  sessionId: 'ses_sample',
  requestId: '',
  address: '',
};

/** A query of an actor. `build` must hold it to `actor.organisation`: a test looks. */
export function query<Args, Row>(
  name: string,
  build: (db: Writer, actor: Actor, args: Args) => Finished<Row>,
  samples: readonly Args[],
): Query<Args, Row> {
  const made = (actor: Actor, args: Args): Statement<Row> => ({
    name,
    compile: (db) => build(db, actor, args).compile(),
  });
  register({ name, why: undefined, samples: () => samples.map((args) => made(SAMPLE_ACTOR, args)) });
  // Whoever may leave the arguments out has them typed as possibly undefined.
  return (actor, ...[args]) => made(actor, args as Args);
}

/** A query that knows no actor: of the gateway itself, about all organisations. `why` is for reviewers. */
export function ownQuery<Args, Row>(
  { name, why }: { readonly name: string; readonly why: string },
  build: (db: Writer, args: Args) => Finished<Row>,
  samples: readonly Args[],
): OwnQuery<Args, Row> {
  const made = (args: Args): Statement<Row> => ({ name, compile: (db) => build(db, args).compile() });
  register({ name, why, samples: () => samples.map(made) });
  return (...[args]) => made(args as Args);
}

function register(registered: Registered): void {
  if (registry.has(registered.name)) throw new Error(`Two queries are called "${registered.name}".`);
  registry.set(registered.name, registered);
}

/** Those of the modules that were loaded, by name. */
export function registeredQueries(): readonly Registered[] {
  return [...registry.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
