/*
 * No stranger gets in: every route × every kind of credential that opens nothing × every spelling of its path (security
 * vectors A-T03). What answers without a credential stands in this file, and nothing else does.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, describe, it } from 'node:test';
import { ROUTES, type Route } from '../../src/proxy/doors/routes.ts';
import { type Client, openClient, openPlay } from '../flow/bad-input.ts';
import type { RawResponse } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { AUTH, KNOWN, type Shown, STRANGERS } from './strangers.ts';

/** A route that is public stands here as well, so that none becomes so by a slip. */
const PUBLIC: readonly string[] = [
  ...['/live', '/ready', '/ping', '/health', '/metrics'],
  ...['', '/mcp', '/mcp/new'].map((of) => `/.well-known/oauth-protected-resource${of}`),
];

const play = await openPlay({ config: { auth: AUTH, limits: { failedAuthenticationsMax: 100_000 } } });
after(() => play.stage.close());
const { port } = play.stage.gateway;
const right = KNOWN[0]?.headers ?? [];
const client = await openClient(play, { revision: MODERN, endpoint: 'new' }, right);

const paths = Object.values<Route>(ROUTES).flatMap((route) =>
  route.paths.map((path) => path.replace('{endpoint}', 'new')),
);
const GUARDED = paths.filter((path) => !PUBLIC.includes(path));
/** What is below `/api` and `/docs` answers strangers in words of its own (`test/control/way-in.control.ts`). */
const ELSEWHERE = ['/', '/none', '/mcp/none', '/sse/none', '/apis', '/operator/status', '/docsx', '/.well-known/none'];

/** Spellings that some router takes for the same path. None is. */
function spellingsOf(path: string): readonly string[] {
  const inner = (between: string): string => path.replaceAll(/(?<=.)\//g, between);
  const last = path.replace(/.$/, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const all = [
    ...[
      `/${path}`,
      inner('//'),
      `${path}/`,
      path.toUpperCase(),
      last,
      `/%2f${path.slice(1)}`,
      inner('%2f'),
      inner('\\'),
    ],
    ...[`/.${path}`, `/q/..${path}`, `/live/..${path}`, `${path};a=1`, `${path}%00`, `${path}%20`, `${path}#`],
    ...[`${path}.json`, `${path}/..`, `${path}/.`],
  ];
  return all.filter((spelling) => spelling !== path);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

function sent(
  { headers, query }: Pick<Shown, 'headers' | 'query'>,
  path: string,
  method = 'POST',
): Promise<RawResponse> {
  const base = client.headers.filter(([name]) => name !== 'Authorization');
  const override = [
    ['X-HTTP-Method-Override', 'OPTIONS'],
    ['X-Original-URL', '/live'],
    ['X-Rewrite-URL', '/live'],
  ] as const;
  const target = query === undefined ? path : `${path}?${query}`;
  const body = method === 'GET' ? {} : { body: client.message };
  return client.connection.send({ method, path: target, headers: [...base, ...override, ...headers], ...body });
}

/** Everybody is told the same: that a credential is needed, and nothing about what is here. */
function assertTurnedAway(response: RawResponse, about: string): void {
  assert.equal(response.status, 401, `${about}: ${response.status} ${response.body}`);
  assert.deepEqual(JSON.parse(response.body).error, { code: -31001, message: 'Authentication is required.' }, about);
  assert.match(response.header('www-authenticate') ?? '', /^Bearer/, about);
}

async function unreached(act: () => Promise<void>): Promise<void> {
  const before = play.reached();
  await act();
  assert.equal(play.reached(), before, 'a server saw something');
}

describe('what answers without a credential', () => {
  it('is what is written here', () => {
    const open = Object.values<Route>(ROUTES).filter(({ isPublic }) => isPublic !== undefined);
    const said = open.flatMap((route) => route.paths.map((path) => path.replace('{endpoint}', 'new')));
    assert.deepEqual(said.sort(), [...PUBLIC].sort());
  });

  it('names nobody and nothing', async () => {
    for (const path of PUBLIC) {
      const { status, body } = await sent({ headers: [] }, path, 'GET');
      // Metadata is there only where somebody gives tokens.
      assert.equal(status, path.startsWith('/.well-known') ? 404 : 200, `${path}: ${body}`);
      if (path !== '/metrics') assert.doesNotMatch(body, /\bold\b|\bnew\b|strangers-test|127\.0\.0\.1/);
    }
  });

  it('but for a scrape, which judges what is shown', async () => {
    for (const stranger of STRANGERS.slice(1))
      assertTurnedAway(await sent(stranger, '/metrics', 'GET'), stranger.title);
    for (const known of KNOWN) assert.equal((await sent(known, '/metrics', 'GET')).status, 200, known.title);
  });
});

describe('whoever shows', () => {
  for (const stranger of STRANGERS) {
    it(`${stranger.title} is turned away everywhere`, () =>
      unreached(async () => {
        for (const path of [...GUARDED, ...ELSEWHERE]) {
          assertTurnedAway(await sent(stranger, path), path);
          assertTurnedAway(await sent(stranger, path, 'GET'), path);
        }
        for (const path of paths) {
          for (const spelling of spellingsOf(path)) assertTurnedAway(await sent(stranger, spelling), spelling);
        }
      }));
  }

  for (const stranger of STRANGERS.filter(({ title }) => ['nothing', 'garbage', 'a revoked JWT'].includes(title))) {
    it(`${stranger.title} is turned away whatever the method`, () =>
      unreached(async () => {
        for (const path of [...GUARDED, ...ELSEWHERE]) {
          for (const method of METHODS) assertTurnedAway(await sent(stranger, path, method), `${method} ${path}`);
          const asking = request({
            port,
            host: '127.0.0.1',
            path,
            method: 'HEAD',
            headers: Object.fromEntries(stranger.headers),
          });
          const [head] = (await once(asking.end(), 'response')) as [IncomingMessage];
          assert.equal(head.resume().statusCode, 401, `HEAD ${path}`);
        }
      }));
  }
});

describe('whoever is known', () => {
  for (const known of KNOWN) {
    it(`by ${known.title} gets in, by one spelling of the path`, async () => {
      const reached = play.reached();
      const { status, body } = await sent(known, '/mcp/new');
      assert.equal(status, 200, body);
      assert.equal(play.reached(), reached + 1);
      await unreached(async () => {
        for (const path of [...GUARDED, '/live', '/metrics']) {
          for (const spelling of spellingsOf(path)) {
            const refused = await sent(known, spelling);
            assert.equal(refused.status, 404, `${spelling}: ${refused.body}`);
          }
        }
      });
    });
  }

  it('gets no method by a header', () =>
    unreached(async () => {
      for (const method of ['PUT', 'PATCH', 'OPTIONS', 'PROPFIND']) {
        assert.equal(
          (await sent({ headers: [...right, ['X-HTTP-Method-Override', 'POST']] }, '/mcp/new', method)).status,
          405,
        );
      }
    }));

  it('comes in each era', async () => {
    for (const known of KNOWN) {
      const old: Client = await openClient(play, { revision: '2025-11-25', endpoint: 'old' }, known.headers);
      const { status, body } = await old.connection.send({ path: old.path, headers: old.headers, body: old.message });
      assert.equal(status, 200, `${known.title}: ${body}`);
    }
  });
});
