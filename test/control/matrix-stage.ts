/*
 * The stage of the matrix: the admin API in this process, a login that is over, and things of every kind in `acme`.
 */
import { hashPassword } from '../../src/control/admin/passwords.ts';
import { adminRoutes } from '../../src/control/admin/routes.ts';
import { openTestDesk } from '../rig/desk.ts';
import { askOver } from '../rig/desk-answer.ts';
import { PASSWORD, person, type Scene, uniqueName } from './cast.ts';
import { requestOf } from './examples.ts';
import type { MatrixStage } from './matrix.ts';

const FILE = `
auth:
  issuers:
    - issuer: https://issuer.example
      jwksUri: https://issuer.example/keys
      audiences: [gatewright]
egress:
  allow: [{ host: files.example, ports: [443] }]
servers: {}
`;

/** What is made by the example of an operation, under a name of its own. */
const MADE_BY: Readonly<Record<string, string>> = {
  policy: 'createPolicy',
  limitRule: 'createLimitRule',
  server: 'createServer',
};

export async function openMatrixStage(): Promise<MatrixStage & { close(): Promise<void> }> {
  let clockMs = Date.now();
  const now = () => clockMs;
  const desk = await openTestDesk({ file: FILE, now, operator: {} });
  const scene: Scene = { ...desk.parts, store: desk.store, now, passwordHash: await hashPassword(PASSWORD) };
  const { token: expired } = await person(scene, { organisation: 'acme', roles: ['admin'] });
  clockMs += desk.parts.limits().accessTokenMs + 1_000;
  const fresh = await person(scene, { organisation: 'acme', roles: ['admin'] });
  const root = await person(scene, { organisation: 'default', roles: ['system_admin'] });
  const routes = adminRoutes(desk.parts);
  const things = Object.fromEntries(
    Object.entries(MADE_BY).map(([name, id]) => [name, (stage: MatrixStage) => madeBy(stage, id)]),
  );
  const tokens = { ...desk.tokens, ada: fresh.token, root: root.token };
  const regulars = new Map();
  return { desk: { ...desk, tokens }, scene, routes, regulars, expired, things, close: () => desk.close() };
}

async function madeBy(stage: MatrixStage, operation: string): Promise<string> {
  const { desk, routes } = stage;
  const route = routes.find(({ id }) => id === operation);
  if (!route) throw new Error(`no ${operation}`);
  const { what, body } = await requestOf(route, async (name) => stage.things[name]?.(stage) ?? '');
  const told = await askOver(desk.url, desk.tokens.ada, what, { body: { ...(body as object), name: uniqueName() } });
  if (told.status !== 201) throw new Error(`${operation}: ${told.text}`);
  return told.data.id ?? '';
}
