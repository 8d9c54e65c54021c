/*
 * The own listener of the admin API: what a web page, another name or a strange head can do there is nothing (vectors A-T10,
 * A-T11), and who is refused reads it in the words of that API.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { z } from 'zod';
import { madeSnapshot } from '../../../test/rig/made.ts';
import { RawConnection, type RawRequest, type RawResponse, rawRequest } from '../../../test/rig/raw-request.ts';
import { adminDesk } from '../../control/admin/desk.ts';
import { adminRoute } from '../../control/admin/route.ts';
import { listen } from '../../ops/listener.ts';
import { documentFault } from '../../wire/json/scan-call.ts';
import { createAdminDoor } from './admin-desk.ts';

const APP = 'https://console.example';
const snapshot = { ...madeSnapshot([]), allowedOrigins: [APP] };
const draining = { now: false };
let answered = 0;

const desk = adminDesk(async () => ({
  routes: [
    adminRoute({
      ...{
        id: 'echo',
        method: 'POST',
        path: '/api/v1/echo',
        tag: 'things',
        say: 'Says it.',
        gate: 'public',
        example: {},
      },
      ...{ body: z.strictObject({ text: z.string() }), data: z.object({ text: z.string() }) },
      answer: ({ body: { text } }) => {
        answered += 1;
        return { data: { text } };
      },
    }),
  ],
  credentials: { session: () => undefined, key: () => undefined },
  jsonFault: (bytes) => documentFault(bytes, { depthMax: 8, keysMax: 100 }),
  knowsOrganisation: () => false,
  limits: () => snapshot.limits,
  onLimit: () => {},
  onFailure: (_, error) => assert.fail(String(error)),
  onRefused: () => {},
}));
const parts = { snapshot: () => snapshot, emit: () => {}, log: () => {}, desk, isDraining: () => draining.now };
const server = createAdminDoor(parts);
const port = Number(new URL(await listen(server, { host: '127.0.0.1', port: 0 })).port);
after(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await desk.close();
});

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const GOOD: RawRequest = { path: '/api/v1/echo', headers: [JSON_TYPE], body: '{"text":"a"}' };
const send = (request: RawRequest): Promise<RawResponse> => rawRequest({ port, ...GOOD, ...request });
const withFields = (...fields: readonly (readonly [string, string])[]): RawRequest => ({
  headers: [JSON_TYPE, ...fields],
});
const cors = ({ headers }: RawResponse): string[] =>
  headers.map(([name]) => name.toLowerCase()).filter((name) => name.startsWith('access-control-'));

describe('the listener of the admin API', () => {
  it('answers, the first request too', async () => {
    const response = await send({});
    assert.equal(response.status, 200);
    assert.deepEqual(JSON.parse(response.body), { code: 0, message: 'success', data: { text: 'a' } });
    assert.match(response.header('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.deepEqual(cors(response), []);
  });

  const evil: readonly (readonly [say: string, request: RawRequest, status: number])[] = [
    ['another name', withFields(['Host', 'evil.test']), 403],
    ['a name that begins like ours', withFields(['Host', `127.0.0.1.evil.test:${port}`]), 403],
    ['another port of this machine', withFields(['Host', 'localhost:1']), 403],
    ['a page of elsewhere', withFields(['Origin', 'http://evil.test']), 403],
    ['a page of nowhere', withFields(['Origin', 'null']), 403],
    ['a page that begins like ours', withFields(['Origin', 'http://localhost.evil.test']), 403],
    ['a page of another port', withFields(['Origin', 'http://localhost:1']), 403],
    ['a page of another scheme', withFields(['Origin', `https://127.0.0.1:${port}`]), 403],
    ['a form', { headers: [['Content-Type', 'text/plain']] }, 415],
    ['two names', withFields(['Host', `127.0.0.1:${port}`], ['Host', 'evil.test']), 400],
    ['an absolute target', { path: `http://127.0.0.1:${port}/api/v1/echo` }, 400],
    ['two credentials', withFields(['Authorization', 'Bearer a'], ['Authorization', 'Bearer b']), 400],
    ['a switch of protocols', withFields(['Connection', 'upgrade'], ['Upgrade', 'h2c']), 400],
    ['a target that is too long', { path: `/api/v1/echo?${'x'.repeat(9_000)}` }, 414],
    ['a path of the other listener', { path: '/mcp' }, 404],
    ['the start page', { path: '/' }, 404],
  ];
  for (const [say, request, status] of evil) {
    it(`refuses ${say}: ${status}, in the envelope`, async () => {
      const before = answered;
      const response = await send(request);
      assert.equal(response.status, status, response.body);
      const { code, message } = JSON.parse(response.body) as { code: number; message: string };
      assert.ok(code >= 4_000 && message !== '', response.body);
      assert.deepEqual(cors(response), []);
      assert.equal(answered, before);
    });
  }

  it('tells a page of elsewhere nothing before its request', async () => {
    const asking = [
      ['Origin', 'http://evil.test'],
      ['Access-Control-Request-Method', 'POST'],
    ] as const;
    const response = await rawRequest({ port, method: 'OPTIONS', path: '/api/v1/echo', headers: asking });
    assert.equal(response.status, 403);
    assert.deepEqual(cors(response), []);
  });

  it('lets a page of an allowed origin ask, send and read', async () => {
    const asking = [
      ['Origin', APP],
      ['Access-Control-Request-Method', 'PATCH'],
      ['Access-Control-Request-Headers', 'authorization, content-type, if-match, accept-language, cookie'],
    ] as const;
    const told = await rawRequest({ port, method: 'OPTIONS', path: '/api/v1/echo', headers: asking });
    assert.equal(told.status, 204);
    assert.equal(told.header('access-control-allow-origin'), APP);
    assert.match(told.header('access-control-allow-methods') ?? '', /PATCH/);
    assert.equal(told.header('access-control-allow-headers'), 'authorization, content-type, if-match, accept-language');
    assert.equal(told.header('access-control-allow-credentials'), undefined);
    const response = await send(withFields(['Origin', APP]));
    assert.equal(response.status, 200);
    assert.equal(response.header('access-control-allow-origin'), APP);
    assert.match(response.header('access-control-expose-headers') ?? '', /etag/);
  });

  it('goes on with the connection after a refusal whose body nobody read', async () => {
    const connection = await RawConnection.open(port);
    const refused = await connection.send({ ...GOOD, path: '/api/v1/none' });
    assert.deepEqual([refused.status, refused.header('connection')], [401, 'keep-alive']);
    assert.equal((await connection.send(GOOD)).status, 200);
    connection.socket.destroy();
  });

  it('says that the connection ends while the gateway drains', async () => {
    draining.now = true;
    assert.equal((await send({})).header('connection'), 'close');
    draining.now = false;
  });
});
