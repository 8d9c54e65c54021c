/*
 * The admin API's application by itself: what it takes, what it tells, what never leaves.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { z } from 'zod';
import { AdminError } from '../../model/admin-errors.ts';
import { defaultLimits } from '../../model/limits.ts';
import { documentFault } from '../../wire/json/scan-call.ts';
import { openAdminApp, type RefusedAct } from './app.ts';
import type { Known } from './credentials.ts';
import { BY_ID } from './kit/object.ts';
import { type AdminRoute, adminRoute } from './route.ts';

const person = (roles: readonly string[], more: Partial<Known> = {}): Known => ({
  by: 'session',
  id: 'user:ada',
  userId: 'usr_ada',
  username: 'ada',
  organisation: 'acme',
  roles,
  sessionId: 'ses_1',
  mustChangePassword: false,
  api: [],
  ...more,
});
const key = (api: Known['api'], roles = ['admin']) => person(roles, { by: 'key', id: 'key:one', api });

const WHO: Readonly<Record<string, Known>> = {
  viewer: person(['viewer']),
  user: person(['user']),
  admin: person(['admin']),
  system: person(['system_admin']),
  fresh: person(['admin'], { mustChangePassword: true }),
  gwk_none: key([]),
  gwk_read: key(['read']),
  gwk_write: key(['read', 'write']),
  gwk_system: key(['read', 'write'], ['system_admin']),
};

const thing = { id: 'ping', path: '/api/v1/things/{id}', tag: 'things', say: 'A thing.', example: {} } as const;
const [one, made] = [z.object({ name: z.string() }), z.strictObject({ name: z.string(), size: z.int() })];
const routes: readonly AdminRoute[] = [
  adminRoute({
    ...thing,
    ...{ method: 'GET', gate: 'read', params: BY_ID, data: one.extend({ in: z.string() }) },
    answer: ({ params: { id }, actor }) => ({
      data: { name: id, in: actor.organisation, passwordHash: 'secret' } as { name: string; in: string },
      version: 7,
    }),
  }),
  adminRoute({
    ...thing,
    ...{
      id: 'set',
      method: 'PATCH',
      gate: 'own',
      params: BY_ID,
      body: made,
      ifMatch: true,
      data: z.object({ was: z.int() }),
    },
    answer: ({ ifMatch = 0 }) => ({ data: { was: ifMatch } }),
  }),
  adminRoute({
    ...thing,
    ...{ id: 'make', path: '/api/v1/things', method: 'POST', gate: 'manage', body: made, data: one, status: 201 },
    answer: ({ body: { name } }) => ({ data: { name } }),
  }),
  adminRoute({
    ...thing,
    ...{ id: 'mint', path: '/api/v1/keys', method: 'POST', gate: 'own', credentials: true, data: z.object({}) },
    answer: () => ({ data: {} }),
  }),
  adminRoute({
    ...thing,
    ...{ id: 'found', path: '/api/v1/organisations', method: 'POST', gate: 'system', data: z.object({}) },
    answer: () => ({ data: {} }),
  }),
  adminRoute({
    ...thing,
    ...{ id: 'me', path: '/api/v1/me', method: 'GET', gate: 'session', data: z.object({}) },
    answer: () => ({ data: {} }),
  }),
  adminRoute({
    ...thing,
    ...{ id: 'fail', path: '/api/v1/fail/{id}', method: 'GET', gate: 'public', params: BY_ID, data: one },
    answer: ({ params: { id } }) => {
      if (id === 'busy') throw new AdminError('limited', { retryAfterSeconds: 2.5 });
      if (id === 'store') throw new AdminError('unavailable');
      if (id === 'shape') return { data: { name: 3 } as unknown as { name: string } };
      throw new TypeError('a secret of the inside');
    },
  }),
];

const failures: unknown[] = [];
const refused: RefusedAct[] = [];
const app = await openAdminApp({
  routes,
  credentials: {
    session: (token) => WHO[token],
    key: (text) => WHO[text],
  },
  knowsOrganisation: (name) => name === 'other',
  jsonFault: (bytes) => documentFault(bytes, { depthMax: 8, keysMax: 100 }),
  limits: () => ({ ...defaultLimits(), adminBodyBytesMax: 4_096 }),
  onFailure: (_, error) => failures.push(error),
  onLimit: () => {},
  onRefused: (act) => refused.push(act),
});
const server = createServer((request, response) => app.handle(request, response, { id: 'r1', address: '127.0.0.1' }));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await app.close();
});

interface Told {
  readonly status: number;
  readonly code: number;
  readonly error?: string;
  readonly message: string;
  readonly data?: unknown;
  readonly errors?: readonly { field: string; message: string }[];
  readonly headers: Headers;
}

interface Sent {
  readonly as?: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Record<string, string>;
}

async function ask(what: string, { as, body, text, headers = {} }: Sent = {}): Promise<Told> {
  const [method = '', path = ''] = what.split(' ');
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${base}${path}`, {
    method,
    ...(sent === undefined ? {} : { body: sent }),
    headers: {
      ...(as ? { authorization: `Bearer ${as}` } : {}),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  return { ...((await response.json()) as Told), status: response.status, headers: response.headers };
}

const outcome = ({ status, code }: Told) => [status, code];

describe('an answer', () => {
  it('has the envelope, and nothing that its schema does not name', async () => {
    const told = await ask('GET /api/v1/things/a', { as: 'viewer' });
    assert.deepEqual(told.data, { name: 'a', in: 'acme' });
    assert.deepEqual([told.status, told.code, told.message], [200, 0, 'success']);
    assert.equal(told.headers.get('etag'), '"7"');
    assert.equal(told.headers.get('cache-control'), 'no-store');
    assert.equal(told.headers.get('x-content-type-options'), 'nosniff');
  });

  it('that is not of its schema is an internal error, and only the log knows', async () => {
    for (const id of ['shape', 'x']) {
      failures.length = 0;
      const told = await ask(`GET /api/v1/fail/${id}`);
      assert.deepEqual(outcome(told), [500, 5001]);
      assert.equal(told.message, 'Internal error.');
      assert.equal(failures.length, 1);
    }
  });

  it('says when to come again', async () => {
    assert.equal((await ask('GET /api/v1/fail/busy')).headers.get('retry-after'), '3');
    assert.equal((await ask('GET /api/v1/fail/store')).headers.get('retry-after'), '1');
  });
});

describe('a command', () => {
  const rows: readonly (readonly [what: string, as: string, body: unknown, status: number, code: number])[] = [
    ['POST /api/v1/things', 'admin', { name: 1, stray: { Command: 'touch' } }, 422, 4010],
    ['POST /api/v1/things', 'gwk_write', { transport: { type: 'stdio' } }, 422, 4010],
    ['PATCH /api/v1/things/a', 'admin', [{ op: 'add', path: '/command', value: 'touch' }], 422, 4010],
    ['POST /api/v1/organisations', 'system', { mcpServers: { a: { command: ['touch'] } } }, 422, 4010],
    ['POST /api/v1/keys?command=touch', 'user', undefined, 422, 4010],
    ['POST /api/v1/things', 'viewer', { command: 'touch' }, 403, 4005],
    ['POST /api/v1/things', '', { command: 'touch' }, 401, 4003],
  ];
  for (const [what, as, body, status, code] of rows) {
    it(`is refused before all else: ${what} as ${as || 'nobody'}`, async () => {
      refused.length = 0;
      const told = await ask(what, { as, body });
      assert.deepEqual(outcome(told), [status, code]);
      assert.equal(refused.length, 1);
      if (status === 422) assert.equal(told.errors?.length, 1);
    });
  }
});

describe('the gate', () => {
  const rows: readonly (readonly [what: string, as: string, status: number])[] = [
    ['GET /api/v1/things/a', '', 401],
    ['GET /api/v1/things/a', 'garbage', 401],
    ['GET /api/v1/things/a', 'viewer', 200],
    ['GET /api/v1/things/a', 'gwk_none', 403],
    ['GET /api/v1/things/a', 'gwk_read', 200],
    ['GET /api/v1/things/a', 'fresh', 403],
    ['GET /api/v1/me', 'fresh', 200],
    ['GET /api/v1/me', 'gwk_read', 403],
    ['POST /api/v1/things', 'user', 403],
    ['POST /api/v1/things', 'admin', 400],
    ['POST /api/v1/things', 'gwk_read', 403],
    ['POST /api/v1/things', 'gwk_write', 400],
    ['POST /api/v1/keys', 'user', 200],
    ['POST /api/v1/keys', 'viewer', 403],
    ['POST /api/v1/keys', 'gwk_write', 403],
    ['POST /api/v1/organisations', 'admin', 403],
    ['POST /api/v1/organisations', 'gwk_system', 403],
    ['POST /api/v1/organisations', 'system', 200],
    ['GET /api/v1/none', '', 401],
    ['GET /api/v1/none', 'viewer', 404],
    ['DELETE /api/v1/things/a', '', 401],
    ['DELETE /api/v1/things/a', 'viewer', 405],
    ['DELETE /api/v1/fail/a', '', 405],
    ['GET /api/v1/things/a/', 'viewer', 404],
    ['GET /api/v1//things/a', 'viewer', 404],
    ['GET /api/v1/%74hings/a', 'viewer', 404],
    ['GET /API/v1/things/a', 'viewer', 404],
    ['GET /api/v1/things;x/a', 'viewer', 404],
  ];
  for (const [what, as, status] of rows) {
    it(`${what} by ${as || 'nobody'} is ${status}`, async () => {
      assert.equal((await ask(what, { as })).status, status);
    });
  }

  it('comes before the body', async () => {
    const told = await ask('POST /api/v1/things', { text: '{', headers: { 'content-type': 'text/plain' } });
    assert.deepEqual(outcome(told), [401, 4003]);
  });

  it('takes a token from its header alone', async () => {
    assert.equal((await ask('GET /api/v1/things/a?token=viewer&access_token=viewer')).status, 401);
    assert.equal((await ask('GET /api/v1/things/a', { headers: { cookie: 'token=viewer' } })).status, 401);
    assert.equal((await ask('GET /api/v1/things/a', { headers: { authorization: 'Basic viewer' } })).status, 401);
  });

  it('lets a system_admin, and nobody else, act in another organisation', async () => {
    const there = await ask('GET /api/v1/things/a?organisation=other', { as: 'system' });
    assert.deepEqual(there.data, { name: 'a', in: 'other' });
    assert.equal((await ask('GET /api/v1/things/a?organisation=other', { as: 'admin' })).status, 403);
    assert.equal((await ask('GET /api/v1/things/a?organisation=other', { as: 'gwk_system' })).status, 403);
    assert.equal((await ask('GET /api/v1/things/a?organisation=acme', { as: 'admin' })).status, 200);
    const twice = await ask('GET /api/v1/things/a?organisation=acme&organisation=other', { as: 'admin' });
    assert.equal(twice.status, 403);
    assert.equal((await ask('GET /api/v1/things/a?organisation=A--b', { as: 'system' })).status, 400);
    assert.equal((await ask('GET /api/v1/things/a?organisation=none', { as: 'system' })).status, 404);
  });

  it('says which act was refused, and to whom', async () => {
    refused.length = 0;
    await ask('POST /api/v1/things', { as: 'user' });
    assert.deepEqual(
      refused.map(({ route, actor, error }) => [route.id, actor.id, error.kind]),
      [['make', 'user:ada', 'forbidden']],
    );
  });
});

describe('input', () => {
  it('is told all its faults, by the names of the fields', async () => {
    const told = await ask('POST /api/v1/things?page=1', { as: 'admin', body: { size: 'big', role: 'admin' } });
    assert.deepEqual(outcome(told), [400, 4001]);
    assert.deepEqual(told.errors, [
      { field: 'query.page', message: 'There is no such field.' },
      { field: 'body.name', message: 'Is required.' },
      { field: 'body.size', message: 'Invalid input: expected number, received string' },
      { field: 'body.role', message: 'There is no such field.' },
    ]);
  });

  it('is told in Chinese to who prefers that', async () => {
    const headers = { 'accept-language': 'en;q=0.5, zh-CN' };
    const told = await ask('POST /api/v1/things', { as: 'admin', body: { size: 'big', role: 1 }, headers });
    assert.equal(told.message, '参数错误');
    for (const { message } of told.errors ?? []) assert.match(message, /[一-鿿]/);
  });

  const bodies: readonly (readonly [say: string, text: string])[] = [
    ['half a document', '{"name":"a"'],
    ['two documents', '{"name":"a","size":1}{}'],
    ['a key twice', '{"name":"a","size":1,"name":"b"}'],
    ['a key twice, once escaped', '{"name":"a","size":1,"n\\u0061me":"b"}'],
    ['a prototype', '{"name":"a","size":1,"__proto__":{"role":"admin"}}'],
    ['a prototype further down', '{"name":"a","size":{"__proto__":1}}'],
    ['too many levels', `${'['.repeat(9)}${']'.repeat(9)}`],
    ['half a surrogate pair', '{"name":"\\ud800","size":1}'],
    ['nothing', ''],
    ['no object', '[]'],
    ['null', 'null'],
  ];
  for (const [say, text] of bodies) {
    it(`of ${say} is 4001`, async () => {
      const told = await ask('POST /api/v1/things', { as: 'admin', text });
      assert.deepEqual(outcome(told), [400, 4001]);
      assert.ok((told.errors ?? []).length > 0);
    });
  }

  it('that is too long is 413, in time', async () => {
    const body = { name: 'x'.repeat(4_096), size: 1 };
    assert.deepEqual(outcome(await ask('POST /api/v1/things', { as: 'admin', body })), [413, 4015]);
  });

  it('is JSON, and says so', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1']) {
      const told = await ask('POST /api/v1/things', { as: 'admin', text: '{}', headers: { 'content-type': type } });
      assert.deepEqual(outcome(told), [415, 4014]);
    }
    const good = {
      as: 'admin',
      body: { name: 'a', size: 1 },
      headers: { 'content-type': 'application/json;charset=UTF-8' },
    };
    assert.equal((await ask('POST /api/v1/things', good)).status, 201);
  });

  it('has no body where none is expected', async () => {
    assert.deepEqual(outcome(await ask('POST /api/v1/keys', { as: 'user', body: { admin: true } })), [400, 4001]);
  });
});

describe('a change', () => {
  const body = { name: 'a', size: 1 };
  const rows: readonly (readonly [tag: string | undefined, status: number])[] = [
    [undefined, 428],
    ['*', 428],
    ['W/"3"', 412],
    ['3', 412],
    ['"3", "4"', 412],
    ['"03"', 412],
    ['"3"', 200],
  ];
  for (const [tag, status] of rows) {
    it(`with If-Match ${tag ?? 'missing'} is ${status}`, async () => {
      const headers = tag === undefined ? {} : { 'if-match': tag };
      const told = await ask('PATCH /api/v1/things/a', { as: 'user', body, headers });
      assert.equal(told.status, status);
      if (status === 200) assert.deepEqual(told.data, { was: 3 });
    });
  }
});
