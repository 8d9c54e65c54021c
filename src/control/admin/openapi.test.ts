/*
 * The OpenAPI document: what an operation takes, answers and refuses stands in it, with its example.
 */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { z } from 'zod';
import { defaultLimits } from '../../model/limits.ts';
import { openAdminApp } from './app.ts';
import { BY_ID, objectData } from './kit/object.ts';
import { describeRoutes } from './openapi.ts';
import { adminRoute } from './route.ts';

const thing = adminRoute({
  ...{ id: 'changeThing', method: 'PATCH', path: '/api/v1/things/{id}', tag: 'Things', say: 'Changes a thing.' },
  ...{ gate: 'own', ifMatch: true, errors: ['read_only'] },
  params: BY_ID,
  body: z.strictObject({ title: z.string() }),
  data: objectData({ title: z.string() }),
  example: { params: { id: '{thing}' }, body: { title: 'New' } },
  answer: () => {
    throw new Error('not asked here');
  },
});

const app = await openAdminApp({
  routes: [thing],
  credentials: { session: () => undefined, key: () => undefined },
  jsonFault: () => undefined,
  knowsOrganisation: () => false,
  limits: defaultLimits,
  onFailure: () => {},
  onLimit: () => {},
  onRefused: () => {},
  beside: describeRoutes,
});
after(() => app.close());

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly components: { readonly responses: object; readonly parameters: object; readonly schemas: object };
}
const document = app.fastify.swagger() as unknown as Document;
const operation = document.paths['/api/v1/things/{id}']?.patch ?? {};

it('an operation says what it is, and who may ask', () => {
  const { operationId, summary, tags, security } = operation;
  const said = ['changeThing', 'Changes a thing.', ['Things'], [{ session: [] }, { key: [] }]];
  assert.deepEqual([operationId, summary, tags, security], said);
});

it('an operation says what it takes, with the example', () => {
  const parameters = operation.parameters as { name?: string; $ref?: string; example?: unknown }[];
  const wanted = ['id', '#/components/parameters/IfMatch', '#/components/parameters/Organisation'];
  assert.deepEqual(
    parameters.map(({ name, $ref }) => name ?? $ref),
    wanted,
  );
  assert.equal(parameters[0]?.example, '{thing}');
  assert.match(JSON.stringify(operation.requestBody), /"example":\{"title":"New"\}/);
});

it('an operation says every way in which it is refused', () => {
  const answers = Object.keys(operation.responses as object)
    .sort()
    .join(' ');
  assert.equal(answers, '200 400 401 403 404 409 412 413 415 428 429 500 503 504');
});

it('whatever is referred to is there', () => {
  for (const [, kind = '', name = ''] of JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
    const there = (document.components as unknown as Record<string, object>)[kind] ?? {};
    assert.ok(name in there, `${kind}/${name}`);
  }
});
