/*
 * The reference at /docs: its pages load nothing from elsewhere and run no script but their own files, and its document has
 * every operation whole.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { z } from 'zod';
import { defaultLimits } from '../../model/limits.ts';
import { openAdminApp } from './app.ts';
import { serveReference } from './docs.ts';
import { BY_ID, objectData } from './kit/object.ts';
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
  onFailure: (_, error) => assert.fail(String(error)),
  onLimit: () => {},
  onRefused: () => {},
  beside: serveReference,
});
const server = createServer((request, response) => app.handle(request, response, { id: 'r1', address: '' }));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await app.close();
});

async function page(path: string): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${base}${path}`, { redirect: 'manual' });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

describe('the pages of the reference', () => {
  for (const path of ['/docs', '/docs/']) {
    it(`${path} loads scripts and styles of its own alone, none of them inline`, async () => {
      const { status, text, headers } = await page(path);
      assert.equal(status, 200);
      assert.match(headers.get('content-security-policy') ?? '', /script-src 'self';/);
      const scripts = [...text.matchAll(/<script([^>]*)>([^<]*)/g)];
      assert.ok(scripts.length >= 3);
      for (const [, attributes = '', inside = ''] of scripts) {
        assert.match(attributes, /src="/);
        assert.equal(inside.trim(), '');
      }
      for (const [, where = ''] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
        const { status: found, headers: of } = await page(new URL(where, `${base}${path}`).pathname);
        assert.deepEqual([where, found], [where, 200]);
        assert.equal(of.get('x-content-type-options'), 'nosniff');
      }
    });
  }

  it('are all that is there', async () => {
    const asked = [
      '/docs/none',
      '/docs/static/none.js',
      '/docs/static/..%2f..%2fpackage.json',
      '/docs/static/../index.js',
    ];
    for (const path of asked) assert.ok([401, 404].includes((await page(path)).status), path);
  });
});

describe('the document', () => {
  it('has an operation with all that it takes and answers', async () => {
    const { status, text } = await page('/docs/json');
    assert.equal(status, 200);
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Record<string, unknown>>> };
    const operation = paths['/api/v1/things/{id}']?.patch ?? {};
    assert.deepEqual(
      [operation.operationId, operation.summary, operation.tags, operation.security],
      ['changeThing', 'Changes a thing.', ['Things'], [{ session: [] }, { key: [] }]],
    );
    const parameters = operation.parameters as { name?: string; $ref?: string; example?: unknown }[];
    assert.deepEqual(
      parameters.map(({ name, $ref }) => name ?? $ref),
      ['id', '#/components/parameters/IfMatch', '#/components/parameters/Organisation'],
    );
    assert.equal(parameters[0]?.example, '{thing}');
    assert.match(JSON.stringify(operation.requestBody), /"example":\{"title":"New"\}/);
    const answers = Object.keys(operation.responses as object).sort();
    assert.deepEqual(answers, [
      '200',
      '400',
      '401',
      '403',
      '404',
      '409',
      '412',
      '413',
      '415',
      '428',
      '429',
      '500',
      '503',
      '504',
    ]);
  });
});
