/*
 * The OpenAPI document of the admin API, made of the routes: by @fastify/swagger and the type provider of zod, and finished here
 * with what schemas do not say. It is checked in as `api/openapi.json`.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ADMIN_ERRORS, AdminError, type AdminErrorName } from '../../model/admin-errors.ts';
import { FAILURE, failureOf } from './envelope.ts';
import type { AdminRoute, Example } from './route.ts';
import { errorsOf } from './told-errors.ts';

type Json = { [name: string]: unknown };

/** An operation of the document, as far as it is touched here. */
interface Operation {
  operationId: string;
  parameters?: object[];
  requestBody?: { content: Json; required?: boolean };
  responses: Record<string, Json>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas?: Json; responses?: Json; parameters?: Json; headers?: Json };
}

/** To be registered before the routes. */
export async function describeRoutes(app: FastifyInstance, routes: readonly AdminRoute[]): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Gatewright admin API', version: '1', description: ABOUT },
      components: {
        securitySchemes: {
          session: { type: 'http', scheme: 'bearer', description: 'The token that a login answers.' },
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, `gwk_…`, with `read` or `write` in its `api`.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => finished(jsonSchemaTransformObject(document), routes),
  });
}

const ABOUT = `Whatever can be configured can be managed while the gateway runs.

Every answer is \`{"code": 0, "message": "success", "data": …}\` or an error with its HTTP status, its code, its name, and what is wrong with which field.
Ids are opaque, times are RFC 3339, lists come in pages: \`nextCursor\` of one page is \`cursor\` of the next. Who changes an object sends its ETag as If-Match.
Messages are in English, or in Chinese by Accept-Language.`;

/** The document with its errors, examples, and the parameters that many routes have alike. */
function finished(made: unknown, routes: readonly AdminRoute[]): Json {
  // What @fastify/swagger gives has this shape; its types leave every part open.
  const document = made as Document;
  const byId = new Map(routes.map((route) => [route.id, route]));
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path)) {
      const route = byId.get(operation.operationId);
      if (route) finish(operation, route);
    }
  }
  const { $schema: _, ...failure } = z.toJSONSchema(FAILURE);
  const { components } = document;
  components.schemas = { ...components.schemas, Failure: failure };
  components.responses = Object.fromEntries(
    routes.flatMap(groupsOf).map(({ name, errors }) => [name, refusal(errors)]),
  );
  components.parameters = { IfMatch: IF_MATCH, Organisation: ORGANISATION };
  components.headers = HEADERS;
  return document as unknown as Json;
}

function finish(operation: Operation, route: AdminRoute): void {
  const { gate, ifMatch, example, status = 200 } = route;
  // Those that are made of schemas are written out.
  const own = (operation.parameters ?? []) as { name: string; in: string }[];
  const isOfOrganisation = gate !== 'public' && gate !== 'session';
  const shared = [...(ifMatch ? ['IfMatch'] : []), ...(isOfOrganisation ? ['Organisation'] : [])];
  const refs = shared.map((name) => ({ $ref: `#/components/parameters/${name}` }));
  operation.parameters = [...own.map((parameter) => exampled(parameter, example)), ...refs];
  const json = operation.requestBody?.content['application/json'] as Json | undefined;
  if (json && example.body !== undefined) json.example = example.body;
  if (operation.requestBody) operation.requestBody.required = true;
  const good = operation.responses[String(status)];
  if (good) good.headers = headersOf(route);
  Object.assign(operation.responses, refusalsOf(route));
}

function exampled(parameter: { name: string; in: string }, { params, query }: Example): { name: string; in: string } {
  const value = (parameter.in === 'path' ? params : query)?.[parameter.name];
  return value === undefined ? parameter : { ...parameter, ...{ example: value } };
}

const IF_MATCH = {
  ...{ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } },
  ...{ description: 'The ETag of the version that was read.', example: '"1"' },
};
const ORGANISATION = {
  ...{ name: 'organisation', in: 'query', required: false, schema: { type: 'string' } },
  description: 'Act in this organisation. For who has the role system_admin.',
};

const HEADERS = {
  'X-Request-Id': { schema: { type: 'string' }, description: 'Stands in the log too.' },
  ETag: { schema: { type: 'string' }, description: 'The version, where the data is one object.' },
};

function headersOf({ ifMatch, method }: AdminRoute): Json {
  const names = ifMatch || method === 'GET' ? ['X-Request-Id', 'ETag'] : ['X-Request-Id'];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

interface Group {
  readonly status: string;
  readonly name: string;
  readonly errors: readonly AdminErrorName[];
}

/** One answer for each status, by the errors that have it. */
function groupsOf(route: AdminRoute): readonly Group[] {
  const grouped = Object.groupBy(errorsOf(route), (name) => String(ADMIN_ERRORS[name].http));
  return Object.entries(grouped).map(([status, errors = []]) => ({ status, name: errors.join('-or-'), errors }));
}

function refusalsOf(route: AdminRoute): Record<string, Json> {
  const refs = groupsOf(route).map(({ status, name }) => [status, { $ref: `#/components/responses/${name}` }]);
  return Object.fromEntries(refs);
}

/** With an example for each of the errors. */
function refusal(names: readonly AdminErrorName[]): Json {
  const examples = names.map((name) => [name, { value: failureOf(new AdminError(name), 'en') }]);
  return {
    description: names.map((name) => `${ADMIN_ERRORS[name].code} ${ADMIN_ERRORS[name].say}`).join(' '),
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Failure' }, examples: Object.fromEntries(examples) },
    },
  };
}
