/*
 * The limits of requests to the admin API: at the limit a request is served, one more is refused and counted.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { z } from 'zod';
import { openAdminApp } from '../../src/control/admin/app.ts';
import { adminRoute } from '../../src/control/admin/route.ts';
import { defaultLimits, type LimitName } from '../../src/model/limits.ts';
import { documentFault } from '../../src/wire/json/scan-call.ts';

const LIMITS = { ...defaultLimits(), adminBodyBytesMax: 1_024, adminRequestsMax: 2, adminRequestTimeoutMs: 60_000 };
const limits = { ...LIMITS };
const hits: LimitName[] = [];
const waiting: (() => void)[] = [];

const common = { tag: 'things', say: 'A thing.', gate: 'public', data: z.object({}), example: {} } as const;
const app = await openAdminApp({
  routes: [
    adminRoute({
      ...{ ...common, id: 'take', method: 'POST', path: '/api/v1/take', body: z.strictObject({ text: z.string() }) },
      answer: () => ({ data: {} }),
    }),
    adminRoute({
      ...{ ...common, id: 'wait', method: 'GET', path: '/api/v1/wait' },
      answer: () =>
        new Promise<{ data: Record<string, never> }>((resolve) => waiting.push(() => resolve({ data: {} }))),
    }),
  ],
  credentials: { session: () => undefined, key: () => undefined },
  jsonFault: (bytes) => documentFault(bytes, { depthMax: 8, keysMax: 10 }),
  knowsOrganisation: () => false,
  limits: () => limits,
  onLimit: (limit) => hits.push(limit),
  onFailure: (_, error) => assert.fail(String(error)),
  onRefused: () => {},
});
const server = createServer((request, response) => app.handle(request, response, { id: 'r', address: '' }));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await app.close();
});

async function ask(path: string, body?: string | ReadableStream): Promise<number> {
  const sent = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } };
  const response = await fetch(`${base}${path}`, body === undefined ? {} : (sent as RequestInit));
  await response.body?.cancel();
  return response.status;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const sized = (bytes: number): string => `{"text":"${'x'.repeat(bytes - 11)}"}`;
const chunked = (text: string): ReadableStream => new Blob([text]).stream();

describe('a request to the admin API', () => {
  for (const [how, bodyOf] of [
    ['declared', sized],
    ['chunked', (bytes: number) => chunked(sized(bytes))],
  ] as const) {
    it(`adminBodyBytesMax: a body that is as long as the limit, ${how}, is taken, a byte more is 413`, async () => {
      hits.length = 0;
      assert.equal(await ask('/api/v1/take', bodyOf(1_024)), 200);
      assert.deepEqual(hits, []);
      assert.equal(await ask('/api/v1/take', bodyOf(1_025)), 413);
      assert.deepEqual(hits, ['adminBodyBytesMax']);
    });
  }

  it('adminRequestsMax: as many at once as the limit are worked on, one more is 429 until one is done', async () => {
    hits.length = 0;
    const two = [ask('/api/v1/wait'), ask('/api/v1/wait')];
    await until(() => waiting.length === 2);
    assert.equal(await ask('/api/v1/take', sized(100)), 429);
    assert.deepEqual(hits, ['adminRequestsMax']);
    for (const done of waiting.splice(0)) done();
    assert.deepEqual(await Promise.all(two), [200, 200]);
    assert.equal(await ask('/api/v1/take', sized(100)), 200);
  });

  it('adminRequestTimeoutMs: what takes longer is 504', async () => {
    hits.length = 0;
    limits.adminRequestTimeoutMs = 20;
    assert.equal(await ask('/api/v1/wait'), 504);
    assert.deepEqual(hits, ['adminRequestTimeoutMs']);
    for (const done of waiting.splice(0)) done();
    limits.adminRequestTimeoutMs = 60_000;
  });
});
