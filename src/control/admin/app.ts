/*
 * The admin API: an application made of routes that are data, behind the listeners of the gateway.
 *
 *   (head, Origin, Host: the listener) ─▶ path ─▶ gate ─▶ body ─▶ check of all input ─▶ the route ─▶ check of the answer
 *
 * The gate comes before the body is read, so a stranger learns nothing of what a route takes. All of the input is checked at
 * once and a field too many is a fault. Of the answer nothing leaves that its schema does not name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { AdminError } from '../../model/admin-errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Actor } from '../actor.ts';
import { type JsonFault, parsedBody, readWhole } from './body.ts';
import { namesCommand } from './commands.ts';
import { type Credentials, knownBy } from './credentials.ts';
import { tagOf, versionIn } from './entity-tag.ts';
import { beginExchange, type Exchange, exchangeOf } from './exchange.ts';
import { checkParts } from './faults.ts';
import { actingIn, actorOf, checkGate, type Facts } from './gate.ts';
import { operationOf } from './operation.ts';
import { routedTarget, routerPath, routesAt } from './paths.ts';
import { adminErrorOf, refusedOf } from './refusals.ts';
import { ALWAYS } from './response-headers.ts';
import type { AdminRoute, Answered } from './route.ts';

export interface AdminAppParts {
  readonly routes: readonly AdminRoute[];
  readonly credentials: Credentials;
  readonly jsonFault: JsonFault;
  /** Whether there is one of this name, for who acts in others. */
  readonly knowsOrganisation: (name: string) => Promise<boolean> | boolean;
  readonly limits: () => Limits;
  /** Of faults that nobody else is told. */
  readonly onFailure: (what: string, error: unknown) => void;
  /** Of what was not let through, or did not succeed. */
  readonly onRefused: (refused: RefusedAct) => void;
  /** What is served beside the routes: the reference. */
  readonly beside?: (app: FastifyInstance, routes: readonly AdminRoute[]) => Promise<void>;
}

/** An act that was refused: for the audit. */
export interface RefusedAct {
  readonly route: AdminRoute;
  readonly actor: Actor;
  readonly params: unknown;
  readonly error: AdminError;
}

export interface AdminApp {
  /** Answers a request whose head, Origin and Host were looked at. Header fields that the response has already stay. */
  handle(request: IncomingMessage, response: ServerResponse, facts: Facts): void;
  readonly fastify: FastifyInstance;
  close(): Promise<void>;
}

/** Longer than any id, name or kind in a path. */
const PARAM_LENGTH_MAX = 200;

export async function openAdminApp(parts: AdminAppParts): Promise<AdminApp> {
  const app = bareApp(parts);
  readBodies(app, parts);
  app.addHook('onRequest', (request, reply) => admit(parts, request, reply));
  await parts.beside?.(app, parts.routes);
  for (const route of parts.routes) addRoute(app, parts, route);
  await app.ready();
  return {
    handle: (request, response, facts) => {
      beginExchange(request, facts);
      app.routing(request, response);
    },
    fastify: app,
    close: () => app.close(),
  };
}

function bareApp(parts: AdminAppParts): FastifyInstance {
  const refused = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    refuse(parts, error, request, reply);
  const app = Fastify({
    logger: false,
    exposeHeadRoutes: false,
    routerOptions: { caseSensitive: true, maxParamLength: PARAM_LENGTH_MAX },
    rewriteUrl: ({ url = '' }) => routedTarget(url),
    frameworkErrors: (error, request, reply) => void refused(error, request, reply),
  });
  // What is wrong is found in all parts at once (`asked`); Fastify would stop at the first.
  app.setValidatorCompiler(() => (value: unknown) => ({ value }));
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(refused);
  app.setNotFoundHandler(() => {
    throw new AdminError('not_found');
  });
  return app;
}

function readBodies(app: FastifyInstance, { limits, jsonFault }: AdminAppParts): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json(?:\s*;\s*charset="?utf-8"?\s*)?$/i,
    async (_: unknown, payload: unknown) =>
      // Nothing decodes the body before: what is read is the request itself.
      parsedBody(await readWhole(payload as IncomingMessage, limits().bodyBytesMax), jsonFault),
  );
}

interface OwnConfig {
  readonly route?: AdminRoute;
}

/** Before the body: who is it, and may they? What has no route of ours and is there is public. */
async function admit(parts: AdminAppParts, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(ALWAYS);
  const exchange = exchangeOf(request.raw);
  const { route } = request.routeOptions.config as OwnConfig;
  if (route === undefined && !request.is404) return;
  exchange.known = await knownBy(parts.credentials, request.headers.authorization);
  exchange.actor = actorOf(exchange.known, exchange.facts);
  if (route === undefined) throw missed(parts.routes, request, reply, exchange);
  checkGate(route, exchange.known, exchange.actor);
}

/** A stranger is not told what there is. */
function missed(
  routes: readonly AdminRoute[],
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { known }: Exchange,
): AdminError {
  const there = routesAt(routes, (raw.url ?? '').split('?', 1)[0] ?? '');
  if (known === undefined && !there.some(({ gate }) => gate === 'public')) return new AdminError('not_authenticated');
  if (there.length === 0) return new AdminError('not_found');
  reply.header('allow', there.map(({ method }) => method).join(', '));
  return new AdminError('method_refused');
}

function addRoute(app: FastifyInstance, parts: AdminAppParts, route: AdminRoute): void {
  const { method, path, status = 200 } = route;
  app.route({
    method,
    url: routerPath(path),
    config: { route } satisfies OwnConfig as object,
    schema: operationOf(route),
    handler: async (request, reply) => {
      const { data, version } = await asked(parts, route, request);
      if (version !== undefined) reply.header('etag', tagOf(version));
      return reply.code(status).send({ code: 0, message: 'success', data });
    },
  });
}

async function asked(parts: AdminAppParts, route: AdminRoute, request: FastifyRequest): Promise<Answered<unknown>> {
  const exchange = exchangeOf(request.raw);
  const { organisation, ...query } = { ...(request.query as Record<string, unknown>) };
  refuseCommand(route, request.body, query);
  const actor = actingIn(exchange.actor, organisation);
  if (actor !== exchange.actor && !(await parts.knowsOrganisation(actor.organisation)))
    throw new AdminError('not_found');
  exchange.actor = actor;
  const { values, faults } = checkParts(
    [
      { name: 'path', schema: route.params, value: route.params ? request.params : undefined },
      { name: 'query', schema: route.query, value: query },
      { name: 'body', schema: route.body, value: request.body },
    ],
    exchange.language,
  );
  if (faults.length > 0) throw new AdminError('parameter_wrong', { faults });
  const ifMatch = route.ifMatch ? versionIn(request.headers['if-match']) : undefined;
  return route.answer({ actor, params: values.path, query: values.query, body: values.body, ifMatch });
}

/** Before anything else is said of the input, whatever it is for (invariant I7). */
function refuseCommand({ carries }: AdminRoute, body: unknown, query: unknown): void {
  const field = namesCommand(body, { carries }) ?? namesCommand(query, { root: 'query' });
  if (field === undefined) return;
  const say = 'Names a program. Write it into the configuration file on the host of the gateway, or give a "url".';
  throw new AdminError('command_refused', { faults: [{ field, say }] });
}

function refuse(parts: AdminAppParts, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = adminErrorOf(thrown);
  const { language, actor, facts } = exchangeOf(request.raw);
  const { route } = request.routeOptions.config as OwnConfig;
  if (error.kind === 'internal')
    parts.onFailure(`admin API: ${route?.id ?? 'no route'} (${facts.id})`, error.cause ?? error);
  if (route !== undefined) parts.onRefused({ route, actor, params: request.params, error });
  const { status, headers, body } = refusedOf(error, language);
  // What is left of a body that nobody wants would be read as the next request's.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(status)
    .headers({ ...ALWAYS, ...headers })
    .serializer(String)
    .send(body);
}
