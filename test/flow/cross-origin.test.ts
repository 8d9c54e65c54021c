/*
 * Clients that run in a browser, on a page of an origin that is allowed: what they may send, and that they can read what a
 * refusal says. A page of any other origin learns nothing.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ROUTES, type Route } from '../../src/proxy/doors/routes.ts';
import { parseObject } from '../rig/json-rpc.ts';
import { type RawRequest, type RawResponse, rawRequest } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage } from './stage.ts';

const APP = 'https://app.example';
const ISSUER = 'http://127.0.0.1:1';
const stage = await openStage(
  { new: await startScripted({ revision: MODERN, transport: 'http' }) },
  {
    config: {
      allowedOrigins: [APP],
      auth: { issuers: [{ issuer: ISSUER, jwksUri: `${ISSUER}/keys` }] },
      access: { conditionHeaders: ['X-Team'] },
    },
  },
);
after(() => stage.close());

const fields = (response: RawResponse): string[] =>
  response.headers.map(([name]) => name.toLowerCase()).filter((name) => name.startsWith('access-control-'));

function sent(request: RawRequest, origin: string, more: Readonly<Record<string, string>> = {}): Promise<RawResponse> {
  const headers = [...Object.entries({ Origin: origin, ...more }), ...(request.headers ?? [])];
  return rawRequest({ port: stage.gateway.port, ...request, headers });
}

const ASKING = {
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers':
    'authorization, content-type, x-api-key, mcp-protocol-version, mcp-method, mcp-name, mcp-param-region, mcp-session-id, x-team, x-other, x-forwarded-for, cookie',
};
const MAY_SEND =
  'authorization, content-type, x-api-key, mcp-protocol-version, mcp-method, mcp-name, mcp-param-region, mcp-session-id, x-team';
const METADATA = '/.well-known/oauth-protected-resource/mcp/new';

describe('a page of an allowed origin', () => {
  for (const route of Object.values<Route>(ROUTES).filter(({ isProbe }) => !isProbe)) {
    for (const path of route.paths.map((each) => each.replace('{endpoint}', 'new'))) {
      it(`is told what ${path} takes`, async () => {
        const answer = await sent({ method: 'OPTIONS', path }, APP, ASKING);
        assert.deepEqual([answer.status, answer.body], [204, '']);
        assert.equal(answer.header('access-control-allow-origin'), APP);
        assert.equal(answer.header('access-control-allow-methods'), route.methods.join(', '));
        assert.equal(answer.header('access-control-allow-headers'), MAY_SEND);
        assert.equal(answer.header('access-control-allow-credentials'), undefined);
        assert.equal(answer.header('vary'), 'origin');
      });
    }
  }

  it('is told nothing about a path that is not there', async () => {
    const answer = await sent({ method: 'OPTIONS', path: '/none' }, APP, ASKING);
    assert.deepEqual([answer.status, answer.header('access-control-allow-methods')], [401, undefined]);
  });

  it('reads what a 401 asks for, and then who gives tokens', async () => {
    const refused = await sent({ path: '/mcp/new', body: '{}' }, APP, { 'Content-Type': 'application/json' });
    assert.equal(refused.status, 401);
    assert.equal(refused.header('access-control-allow-origin'), APP);
    const exposed = refused.header('access-control-expose-headers')?.split(', ') ?? [];
    assert.ok(
      ['www-authenticate', 'x-request-id', 'retry-after', 'mcp-session-id'].every((name) => exposed.includes(name)),
    );
    const [, address = ''] = /resource_metadata="([^"]+)"/.exec(refused.header('www-authenticate') ?? '') ?? [];
    assert.equal(address, `${stage.gateway.url}${METADATA}`);
    const described = await sent({ method: 'GET', path: METADATA }, APP);
    assert.deepEqual([described.status, described.header('access-control-allow-origin')], [200, APP]);
    assert.deepEqual(parseObject(described.body)?.authorization_servers, [ISSUER]);
  });

  it('reads other refusals too', async () => {
    const rows: readonly (readonly [number, RawRequest])[] = [
      [405, { method: 'POST', path: '/ping' }],
      [401, { method: 'DELETE', path: '/mcp' }],
      [401, { method: 'GET', path: '/none' }],
    ];
    for (const [status, request] of rows) {
      const answer = await sent(request, APP);
      assert.deepEqual([answer.status, answer.header('access-control-allow-origin')], [status, APP]);
    }
  });
});

describe('a page of any other origin', () => {
  for (const origin of [
    'https://evil.example',
    'http://app.example',
    'https://app.example:8443',
    'null',
    'https://app.example.evil.test',
  ]) {
    it(`${origin} is refused on every path and learns nothing`, async () => {
      for (const path of [...Object.values<Route>(ROUTES).flatMap(({ paths }) => paths), METADATA, '/none']) {
        for (const [method, more] of [
          ['OPTIONS', ASKING],
          ['GET', {}],
          ['POST', {}],
        ] as const) {
          const answer = await sent({ method, path: path.replace('{endpoint}', 'new') }, origin, more);
          assert.equal(answer.status, 403, `${method} ${path}: ${answer.body}`);
          assert.deepEqual(fields(answer), []);
          assert.equal(answer.header('www-authenticate'), undefined);
        }
      }
    });
  }

  it('learns nothing from what is refused before its origin is looked at', async () => {
    const tooMany = Array.from({ length: 101 }, (_, at) => [`x-${at}`, '1'] as const);
    const rows: readonly (readonly [number, RawRequest])[] = [
      [414, { method: 'GET', path: `/mcp/${'x'.repeat(8_192)}` }],
      [431, { method: 'GET', path: '/mcp', headers: tooMany }],
      [400, { method: 'GET', path: 'http://evil.example/mcp' }],
    ];
    for (const [status, request] of rows) {
      const answer = await sent(request, 'https://evil.example');
      assert.deepEqual([answer.status, fields(answer)], [status, []]);
    }
  });
});

it('whoever names no origin gets no field about origins', async () => {
  const answer = await rawRequest({ port: stage.gateway.port, method: 'GET', path: METADATA });
  assert.equal(answer.status, 200);
  assert.deepEqual(fields(answer), []);
});
