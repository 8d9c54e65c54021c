/*
 * The ways to the admin API of a real gateway: every route × who has no right to be there × every spelling of its path (vectors
 * A-T03), what web pages and other names can do (A-T10), and what the process serves of it.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { adminRoutes } from '../../src/control/admin/routes.ts';
import { type RawRequest, type RawResponse, rawRequest } from '../rig/raw-request.ts';
import { openControlStage } from './stage.ts';

const stage = await openControlStage({ config: { limits: { failedAuthenticationsMax: 100_000 } } });
after(() => stage.close());
const { port } = stage.gateway;

// Nobody asks these routes anything; only what they are is looked at.
const routes = adminRoutes({} as Parameters<typeof adminRoutes>[0]);
const pathOf = (path: string): string => path.replaceAll(/\{\w+\}/g, 'x1');
const GUARDED = routes.filter(({ gate }) => gate !== 'public');

const send = (request: RawRequest): Promise<RawResponse> => rawRequest({ port, ...request });
const bearer = (token: string) => ['Authorization', `Bearer ${token}`] as const;

const STRANGERS: readonly (readonly [say: string, headers: NonNullable<RawRequest['headers']>])[] = [
  ['nothing', []],
  ['garbage', [bearer('garbage')]],
  ['a token that another signed', [bearer(`${stage.tokens.ada.slice(0, -8)}AAAAAAAA`)]],
  ['a key that is not known', [bearer('gwk_unknown1_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')]],
  ['a token as a cookie', [['Cookie', `token=${stage.tokens.ada}`]]],
  ['a token in another field', [['X-API-Key', stage.tokens.ada]]],
];

function codeIn({ body }: RawResponse): number {
  return (JSON.parse(body) as { code: number }).code;
}

for (const [say, headers] of STRANGERS) {
  test(`whoever shows ${say} is turned away by every route`, async () => {
    for (const { method, path } of GUARDED) {
      const response = await send({ method, path: pathOf(path), headers });
      assert.deepEqual([response.status, codeIn(response)], [401, 4003], `${method} ${path}: ${response.body}`);
    }
  });
}

test('nobody is told what there is', async () => {
  for (const path of ['/api', '/api/', '/api/v1', '/api/v1/none', '/api/v2/servers', '/api/mcpservers', '/docs/none']) {
    assert.equal((await send({ method: 'GET', path })).status, 401, path);
  }
});

/** Spellings that some router takes for the same path. None is. */
function spellingsOf(path: string): readonly string[] {
  const inner = (between: string): string => path.replaceAll(/(?<=.)\//g, between);
  const last = path.replace(/.$/, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const all = [`/${path}`, inner('//'), `${path}/`, path.toUpperCase(), last, inner('%2f'), inner('\\'), `/.${path}`];
  all.push(`/q/..${path}`, `/live/..${path}`, `/docs/..${path}`, `${path};a=1`, `${path}%00`, `${path}%20`, `${path}#`);
  return [...all, `${path}/..`, `${path}/.`];
}

test('a path has one spelling, for who is logged in too', async () => {
  const paths = new Set(
    GUARDED.filter(({ method, path }) => method === 'GET' && !path.includes('{')).map((one) => one.path),
  );
  for (const path of paths) {
    for (const spelling of spellingsOf(path)) {
      const stranger = await send({ method: 'GET', path: spelling });
      assert.ok([401, 404].includes(stranger.status), `${spelling}: ${stranger.status}`);
      const known = await send({ method: 'GET', path: spelling, headers: [bearer(stage.tokens.ada)] });
      assert.ok([401, 404].includes(known.status), `${spelling}: ${known.status} ${known.body}`);
    }
  }
});

const VECTORS: readonly (readonly [say: string, headers: NonNullable<RawRequest['headers']>, status: number])[] = [
  ['another name', [['Host', 'evil.test']], 403],
  ['a name that begins like ours', [['Host', `127.0.0.1.evil.test:${port}`]], 403],
  ['another port', [['Host', 'localhost:1']], 403],
  ['a page of elsewhere', [['Origin', 'http://evil.test']], 403],
  ['a page of nowhere', [['Origin', 'null']], 403],
  ['a page that begins like ours', [['Origin', 'http://localhost.evil.test']], 403],
];

for (const [say, headers, status] of VECTORS) {
  test(`${say} gets nothing, whatever it shows`, async () => {
    for (const { method, path } of routes) {
      const response = await send({ method, path: pathOf(path), headers: [...headers, bearer(stage.tokens.ada)] });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(codeIn(response), 4005);
      const cors = response.headers.filter(([name]) => /^access-control-/i.test(name));
      assert.deepEqual(cors, []);
    }
  });
}

test('a form is not taken', async () => {
  const headers = [
    ['Content-Type', 'text/plain'],
    ['Origin', stage.url],
  ] as const;
  const body = JSON.stringify({ username: 'admin', password: 'x' });
  assert.equal((await send({ method: 'POST', path: '/api/auth/login', headers, body })).status, 415);
});

test('the reference is there, for everybody', async () => {
  for (const path of ['/docs', '/docs/json', '/docs/static/swagger-ui-bundle.js']) {
    const response = await fetch(`${stage.url}${path}`);
    assert.equal(response.status, 200, path);
    await response.arrayBuffer();
  }
});

test('the same listener still serves calls', async () => {
  const response = await fetch(`${stage.url}/health`);
  assert.equal(response.status, 200);
  await response.arrayBuffer();
});
