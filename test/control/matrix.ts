/*
 * The table of who may do what: every route's example, asked by everybody, each time about something made for that one question.
 */
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { type Anything, askOver, type Told } from '../rig/desk-answer.ts';
import { PEOPLE, type Somebody } from '../rig/desk-people.ts';
import { type Actor, type Part, PEOPLE_PLACEHOLDERS, person, type Scene } from './cast.ts';
import { requestOf, send } from './examples.ts';

interface Column {
  readonly name: string;
  /** Whose the request is, as far as placeholders go. */
  readonly part: Part;
  /** What they show, beside the token of their login. */
  readonly shows?: (stage: MatrixStage, actor: Actor) => string;
  readonly headers?: Readonly<Record<string, string>>;
}

const [ACME, BETA] = ['acme', 'beta'];
const ADMIN: Part = { organisation: ACME, roles: ['admin'] };

export const COLUMNS: readonly Column[] = [
  { name: 'nobody', part: ADMIN, shows: () => '' },
  { name: 'viewer', part: { organisation: ACME, roles: ['viewer'] } },
  { name: 'user', part: { organisation: ACME, roles: ['user'] } },
  { name: 'admin elsewhere', part: { organisation: BETA, roles: ['admin'] } },
  { name: 'admin', part: ADMIN },
  { name: 'system_admin', part: { organisation: PEOPLE.root.organisation, roles: ['system_admin'] } },
  { name: 'key, read', part: ADMIN, shows: ({ tokens }) => tokens['ada-read'] },
  { name: 'key, write', part: ADMIN, shows: ({ tokens }) => tokens['ada-write'] },
  { name: 'key, no API', part: ADMIN, shows: ({ tokens }) => tokens['ada-none'] },
  { name: 'expired', part: ADMIN, shows: ({ expired }) => expired },
  { name: 'other site', part: ADMIN, headers: { origin: 'https://evil.test' } },
];

export interface MatrixStage {
  /** Where the API is. */
  readonly url: string;
  /** By the names of people and keys (`rig/desk-people.ts`). */
  readonly tokens: Readonly<Record<Somebody, string>>;
  readonly scene: Scene;
  readonly routes: readonly AdminRoute[];
  /** By the name of their column: who asks most questions of it. */
  readonly regulars: Map<string, Actor>;
  /** The token of a login that is over. */
  readonly expired: string;
  /** What the placeholders stand for that are of no people. */
  readonly things: Readonly<Record<string, (about: About) => Promise<string>>>;
}

/** For which cell a thing is made. */
export interface About {
  readonly route: AdminRoute;
  readonly actor: Actor;
}

/** `200`, or a refusal with its name where the number alone does not say it. */
export async function cellOf(stage: MatrixStage, route: AdminRoute, column: Column): Promise<string> {
  const { url, tokens, scene } = stage;
  const actor = await actorFor(stage, route, column);
  const fill = async (name: string): Promise<string> => {
    const maker = PEOPLE_PLACEHOLDERS[name];
    if (maker) return maker(scene, actor);
    const thing = stage.things[name];
    if (thing) return thing({ route, actor });
    throw new Error(`${route.id}: nothing is called {${name}} on the stage`);
  };
  const request = await requestOf(route, fill);
  const what =
    column.name === 'system_admin' && isOfOrganisation(route) ? withOrganisation(request.what) : request.what;
  const token = column.shows ? column.shows(stage, actor) : actor.token;
  const reader = isOwn(route) ? actor.token : tokens.ada;
  const asking = { base: url, token, reader, headers: column.headers ?? {} };
  const told = await send(route, { ...request, what }, asking);
  if (told.status === 201) await takeBack(stage, token, { what, told });
  return shown(told);
}

/** Only who may lose a login, or be asked about, is made for the one cell. */
async function actorFor({ scene, regulars }: MatrixStage, route: AdminRoute, column: Column): Promise<Actor> {
  const known = regulars.get(column.name);
  if (known && !isOwn(route) && route.gate !== 'public') return known;
  const made = await person(scene, column.part);
  if (!known) regulars.set(column.name, made);
  return made;
}

/** Of the caller alone: another's login does not see it. */
function isOwn({ gate, path }: AdminRoute): boolean {
  return gate === 'session' || path.startsWith('/api/v1/me');
}

function isOfOrganisation({ gate }: AdminRoute): boolean {
  return gate !== 'public' && gate !== 'session';
}

function withOrganisation(what: string): string {
  return `${what}${what.includes('?') ? '&' : '?'}organisation=${ACME}`;
}

/** So that the next one can make the same. */
async function takeBack(
  { url, tokens }: MatrixStage,
  token: string,
  { what, told }: { readonly what: string; readonly told: Told<Anything> },
): Promise<void> {
  const [path = '', query = ''] = (what.split(' ')[1] ?? '').split('?');
  const search = query.includes('organisation=') ? `?organisation=${ACME}` : '';
  const { id, version } = told.data;
  for (const by of [token, tokens.ada, tokens.root]) {
    const gone = await askOver(url, by, `DELETE ${path}/${id}${by === token ? search : ''}`, { ifMatch: version });
    if (gone.status === 200) return;
  }
}

/** The errors that have their status to themselves, as far as rights go. */
const PLAIN = new Set(['not_authenticated', 'forbidden', 'not_found']);

function shown({ status, error, errors }: Told<Anything>): string {
  if (error === undefined || PLAIN.has(error)) return String(status);
  return `${status} ${error}${errors.map(({ field }) => ` ${field}`).join('')}`;
}

/** As Markdown, one table for each tag. */
export function pageOf(cells: ReadonlyMap<AdminRoute, readonly string[]>): string {
  const tags = [...new Set([...cells.keys()].map(({ tag }) => tag))];
  const head = ['Operation', 'Gate', ...COLUMNS.map(({ name }) => name)];
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`;
  const tables = tags.map((tag) => {
    const rows = [...cells].filter(([route]) => route.tag === tag);
    const body = rows.map(([{ id, gate }, row]) => line([`\`${id}\``, gate, ...row]));
    return [`## ${tag}`, '', line(head), `|${head.map(() => ' --- |').join('')}`, ...body].join('\n');
  });
  return `${[INTRO, ...tables].join('\n\n')}\n`;
}

const INTRO = `# Who may do what

<!-- Written by \`GATEWRIGHT_WRITE_MATRIX=1\` and \`test/control/matrix.control.ts\`. Read every line that changes: it is what is allowed. -->

Each cell is what the example of an operation is answered with, about an object of the organisation *acme*: *viewer*, *user* and *admin* are
of acme, *admin elsewhere* manages another organisation, *system_admin* adds \`?organisation=acme\`, the keys are an admin's, *expired* is an
admin's login that is over, and *other site* an admin's request from a web page of another site.`;
