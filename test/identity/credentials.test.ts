/*
 * Credentials of our own, from outside: static tokens and keys in every way in which they may be shown, over every door, and
 * what becomes of a credential that is no good.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { composeKey } from '../../src/model/key-text.ts';
import { openStage, type Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import { legacyClient, modernClient, textOf } from '../rig/raw-client.ts';
import { RawConnection } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';

const secret = (name: string) => `the-static-token-of-${name}-is-long-enough`;
const KEYS = { good: composeKey('good', randomBytes(32)), past: composeKey('past', randomBytes(32)) };
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const IN_THE_PAST = '2020-01-01T00:00:00Z';

const servers = {
  inherits: await startScripted({ revision: MODERN, transport: 'http' }),
  own: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  open: await startScripted({ revision: '2025-11-25', transport: 'http' }),
};
const stage = await openStage(servers, {
  config: {
    auth: {
      queryToken: true,
      tokens: ['wide', 'both'].map((name) => ({ name, token: secret(name) })),
      keys: [
        { id: 'good', hash: hash(KEYS.good), grants: 'all', servers: ['inherits'] },
        { id: 'past', hash: hash(KEYS.past), grants: 'all', expiresAt: IN_THE_PAST },
      ],
    },
    limits: { failedAuthenticationsMax: 100_000 },
  },
  entries: {
    own: { auth: { tokens: ['both', 'single'].map((name) => ({ name, token: secret(name) })) } },
    open: { auth: { tokens: [] } },
  },
  gateway: { args: ['--log-level', 'debug'] },
});
after(() => stage.close());

type Fields = Record<string, string>;
const bearer = (text: string): Fields => ({ authorization: `Bearer ${text}` });

/** The status of a first request of each era at an endpoint, which must be the same. */
async function statusAt(endpoint: string, headers: Fields, query = ''): Promise<number> {
  const url = `${stage.url(endpoint)}${query}`;
  const modern = modernClient(url, { headers });
  const legacy = legacyClient(url, '2025-11-25', { headers });
  const sse = sseClient(`${stage.gateway.url}/sse${endpoint === '' ? '' : `/${endpoint}`}${query}`, { headers });
  try {
    const statuses = [
      (await modern.call('tools/list')).status,
      (await legacy.initialize()).status,
      (await sse.open()).status,
    ];
    assert.equal(new Set(statuses).size, 1, `${endpoint}: ${statuses}`);
    return statuses[0] ?? 0;
  } finally {
    for (const client of [modern, legacy, sse]) client.close();
  }
}

async function toolsAt(target: Stage, headers: Fields): Promise<readonly string[]> {
  const { answer } = await target.modern('', { headers }).call('tools/list');
  const tools = at(answer, 'result', 'tools') as { name: string }[];
  return [...new Set(tools.map(({ name }) => name.split('__')[0] ?? ''))].sort();
}

describe('a credential may be shown', () => {
  const rows: [string, Fields, string, number][] = [
    ['as a bearer token', bearer(secret('wide')), '', 200],
    ['as a bearer token that is a key', bearer(KEYS.good), '', 200],
    ['as a key in X-API-Key', { 'x-api-key': KEYS.good }, '', 200],
    ['as a static token in X-API-Key', { 'x-api-key': secret('wide') }, '', 200],
    ['in the query, where that is switched on', {}, `?token=${secret('wide')}`, 200],
    ['as a static token without a scheme', { authorization: secret('wide') }, '', 200],
    ['not as a key without a scheme', { authorization: KEYS.good }, '', 401],
    ['not under another scheme', { authorization: `Basic ${secret('wide')}` }, '', 401],
    ['not beside another', { ...bearer(secret('wide')), 'x-api-key': KEYS.good }, '', 401],
    ['not twice in the query', {}, `?token=${secret('wide')}&token=${secret('both')}`, 401],
    ['not after it has expired', bearer(KEYS.past), '', 401],
    ['not with a letter less', bearer(KEYS.good.slice(0, -1)), '', 401],
    ['not as its hash', bearer(hash(KEYS.good)), '', 401],
    ['not as nothing', {}, '', 401],
  ];
  for (const [what, headers, query, status] of rows)
    it(what, async () => assert.equal(await statusAt('inherits', headers, query), status));

  it('not in two fields of one name', async () => {
    const connection = await RawConnection.open(stage.gateway.port);
    const field = ['X-API-Key', KEYS.good] as const;
    const { status } = await connection.send({ method: 'POST', path: '/mcp', headers: [field, field], body: '{}' });
    assert.equal(status, 400);
  });
});

/*
 * S4's inheritance of token lists (rows 4-15 to 4-18). Differences: what is refused says how to authenticate
 * (`WWW-Authenticate`), an empty list makes nobody of a bad credential, and there are aggregates, in which a server shows
 * itself to none but those on its list.
 */
describe('a server', () => {
  const rows: [string, string, Fields, number][] = [
    ['without a list takes the gateway’s tokens', 'inherits', bearer(secret('wide')), 200],
    ['without a list takes no token of another server', 'inherits', bearer(secret('single')), 404],
    ['with a list of its own takes none but those', 'own', bearer(secret('wide')), 401],
    ['with a list of its own takes those', 'own', bearer(secret('single')), 200],
    ['with a list of its own takes a token that is on both', 'own', bearer(secret('both')), 200],
    ['with a list of its own asks for one', 'own', {}, 401],
    ['with an empty list asks for nothing', 'open', {}, 200],
    ['with an empty list makes no guest of a bad credential', 'open', bearer('bad'), 401],
    ['with an empty list makes no guest of one that has expired', 'open', bearer(KEYS.past), 401],
    ['out of a key’s reach does not exist for it', 'open', bearer(KEYS.good), 404],
  ];
  for (const [what, endpoint, headers, status] of rows)
    it(what, async () => assert.equal(await statusAt(endpoint, headers), status));

  it('shows itself in aggregates to none but those whom it takes', async () => {
    assert.deepEqual(await toolsAt(stage, bearer(secret('wide'))), ['inherits', 'open']);
    assert.deepEqual(await toolsAt(stage, bearer(secret('both'))), ['inherits', 'open', 'own']);
    assert.deepEqual(await toolsAt(stage, bearer(secret('single'))), ['own']);
    assert.deepEqual(await toolsAt(stage, bearer(KEYS.good)), ['inherits']);
  });

  it('that is open opens nothing beside it', async () => {
    assert.deepEqual([await statusAt('', {}), await statusAt('inherits', {})], [401, 401]);
  });

  it('that is open is used by whoever comes, and a POST to a stream there needs no credential either', async () => {
    const client = await stage.sse('open');
    const answer = await client.call('tools/call', { name: 'echo', arguments: { n: 1 } });
    assert.match(String(textOf(answer)), /"n":1/);
  });
});

describe('a credential that is refused', () => {
  it('is refused in the same words, whatever is wrong with it', async () => {
    const bodies = new Set<string>();
    for (const text of [KEYS.past, KEYS.good.slice(0, -1), composeKey('none', randomBytes(32)), 'x', hash('x')]) {
      const { stream } = await stage.modern('', { headers: bearer(text) }).call('tools/list');
      bodies.add(`${stream.status} ${stream.headers['www-authenticate']} ${stream.rawBody}`);
    }
    assert.equal(bodies.size, 1, [...bodies].join('\n'));
  });

  it('is told apart in the counters', async () => {
    const why = (name: string) => stage.metric(`gatewright_credentials_refused_total{why="${name}"}`);
    for (const [name, text] of [
      ['expired', KEYS.past],
      ['malformed', KEYS.good.slice(0, -1)],
      ['unknown', 'nobody’s'],
    ] as const) {
      const before = await why(name);
      await stage.modern('', { headers: bearer(encodeURIComponent(text)) }).call('tools/list');
      assert.equal(await why(name), before + 1, name);
    }
  });
});

describe('an answer to a credential in the query', () => {
  it('may be kept by nobody', async () => {
    const { stream } = await legacyClient(
      `${stage.url('inherits')}?token=${secret('wide')}`,
      '2025-11-25',
    ).initialize();
    assert.match(String(stream.headers['cache-control']), /no-store/);
  });
});

it('no secret is in the log, whatever was done with it, and none has left for a server', async () => {
  const bad = 'a-bad-token-that-nobody-should-read-anywhere';
  for (const url of [
    `${stage.url('')}?token=${bad}`,
    `${stage.gateway.url}/nowhere?token=${bad}`,
    `${stage.url('open')}?token=${bad}`,
  ])
    await modernClient(url).call('tools/list');
  const url = `${stage.url('inherits')}?token=${secret('wide')}`;
  const { status } = await modernClient(url).call('tools/call', { name: 'echo', arguments: { n: 1 } });
  assert.equal(status, 200);
  const received = JSON.stringify(Object.values(servers).map((server) => server.received.all));
  assert.match(received, /echo/);
  for (const text of [bad, secret('wide'), secret('both'), secret('single'), KEYS.good, KEYS.past]) {
    assert.equal(stage.gateway.stderr().includes(text), false, 'in the log');
    assert.equal(received.includes(text), false, 'at a server');
  }
  assert.match(stage.gateway.stderr(), /"why":"unknown"/);
});
