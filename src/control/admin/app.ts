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
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Actor } from '../actor.ts';
import { type AdmitParts, admit, type OwnConfig } from './admit.ts';
import { type AskedParts, askedOf } from './asked.ts';
import { type JsonFault, parsedBody, readWhole } from './body.ts';
import { tagOf } from './entity-tag.ts';
import { beginExchange, exchangeOf } from './exchange.ts';
import type { Facts } from './gate.ts';
import { operationOf } from './operation.ts';
import { routedTarget, routerPath } from './paths.ts';
import { adminErrorOf, refusedOf } from './refusals.ts';
import { ALWAYS } from './response-headers.ts';
import type { AdminRoute } from './route.ts';
import { Turns } from './turns.ts';

export interface AdminAppParts extends AdmitParts, AskedParts {
  readonly jsonFault: JsonFault;
  readonly limits: () => Limits;
  readonly onLimit: (limit: LimitName) => void;
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
const PARAM_LENGTH_MAX = 2_000;

export async function openAdminApp(parts: AdminAppParts): Promise<AdminApp> {
  const app = bareApp(parts);
  readBodies(app, parts);
  app.addHook('onRequest', (request, reply) => admit(parts, request, reply));
  await parts.beside?.(app, parts.routes);
  const turns = new Turns(parts);
  for (const route of parts.routes) addRoute(app, { ...parts, turns }, route);
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

function readBodies(app: FastifyInstance, { limits, jsonFault, onLimit }: AdminAppParts): void {
  const read = async (request: IncomingMessage) =>
    readWhole(request, limits().adminBodyBytesMax).catch((error: unknown) => {
      if (error instanceof AdminError) onLimit('adminBodyBytesMax');
      throw error;
    });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json(?:\s*;\s*charset="?utf-8"?\s*)?$/i,
    async (_: unknown, payload: unknown) =>
      // Nothing decodes the body before: what is read is the request itself.
      parsedBody(await read(payload as IncomingMessage), jsonFault),
  );
}

function addRoute(app: FastifyInstance, parts: AdminAppParts & { readonly turns: Turns }, route: AdminRoute): void {
  const { method, path, status = 200 } = route;
  app.route({
    method,
    url: routerPath(path),
    config: { route } satisfies OwnConfig as object,
    schema: operationOf(route),
    handler: async (request, reply) => {
      const answer = async () => route.answer(await askedOf(parts, route, request));
      const { data, version } = await parts.turns.take(answer);
      if (version !== undefined) reply.header('etag', tagOf(version));
      return reply.code(status).send({ code: 0, message: 'success', data });
    },
  });
}

function refuse(parts: AdminAppParts, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = adminErrorOf(thrown);
  const { language, actor, facts } = exchangeOf(request.raw);
  const { route } = request.routeOptions.config as OwnConfig;
  if (error.kind === 'internal')
    parts.onFailure(`admin API: ${route?.id ?? 'no route'} (${facts.id})`, error.cause ?? error);
  if (route !== undefined) parts.onRefused({ route, actor, params: request.params, error });
  const { status, headers, body } = refusedOf(error, language);
  if (!isShort(request.raw, parts.limits().adminBodyBytesMax)) reply.header('connection', 'close');
  return reply
    .code(status)
    .headers({ ...ALWAYS, ...headers })
    .serializer(String)
    .send(body);
}

/** Whether the rest of its body is read away, so that the connection can carry the next request. */
function isShort({ complete, headers }: IncomingMessage, bytesMax: number): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return complete || (coding === undefined && Number(length) <= bytesMax);
}
