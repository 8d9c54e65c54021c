/*
 * The reference at /docs: its pages load nothing from elsewhere and run no script but their own files.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { defaultLimits } from '../../model/limits.ts';
import { openAdminApp } from './app.ts';
import { serveReference } from './docs.ts';

const app = await openAdminApp({
  routes: [],
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

it('the document that is shown is the one that is checked in', async () => {
  const { status, text, headers } = await page('/docs/json');
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(text, readFileSync(new URL('../../../api/openapi.json', import.meta.url), 'utf8'));
});
