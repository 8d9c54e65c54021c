/*
 * The limits of one request, each hit from below and from above: at the limit it is served, one more is refused, and the
 * counter of that limit, no other, rises by one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LimitName } from '../../src/model/limits.ts';
import { RawConnection, type RawResponse } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import {
  assertRefused,
  assertUsable,
  type Client,
  type Expected,
  openClient,
  openPlay,
  titleOf,
  type Way,
} from './bad-input.ts';
import { hitsOf } from './limit-hits.ts';

const LIMITS = {
  bodyBytesMax: 4_096,
  jsonDepthMax: 8,
  jsonKeysMax: 100,
  batchMessagesMax: 3,
  headerCountMax: 20,
  headerBytesMax: 4_096,
  urlBytesMax: 1_024,
  headTimeoutMs: 700,
  bodyTimeoutMs: 900,
} as const;

const play = await openPlay({ config: { limits: LIMITS } });
after(() => play.stage.close());
const { port } = play.stage.gateway;

type Limit = keyof typeof LIMITS & LimitName;

interface Row {
  readonly limit: Limit;
  /** How the request comes, when there is more than one way. */
  readonly how?: string;
  /** The good request, made to have `size` of what is limited. */
  readonly sized: (client: Client, size: number) => string;
  readonly expected: Expected;
  /** Whether the connection ends. */
  readonly ends: boolean;
}

/** The good request as it goes over the wire. */
function wired(
  client: Client,
  {
    path = client.path,
    body = client.message,
    more = [] as readonly string[],
    framing = undefined as string | undefined,
  },
): string {
  const fields = client.headers.map(([name, value]) => `${name}: ${value}`);
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const lines = [`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...fields, ...more, framing ?? length];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

const padded = ({ message }: Client, size: number): string => message + ' '.repeat(size - Buffer.byteLength(message));
const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const spoilt = ({ message }: Client, text: string): string => message.replace('{"n":1}', () => text);

function withKeys(client: Client, size: number): string {
  const others = [...spoilt(client, '{}').matchAll(/"[^"]*":/g)].length;
  const keys = Array.from({ length: size - others }, (_, at) => `"k${at}":1`);
  return spoilt(client, `{${keys.join()}}`);
}

/** What Node counts of a head: target, names and values. */
function withHeadBytes(client: Client, size: number): string {
  const [head = ''] = wired(client, { more: ['X-Pad: '] }).split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const target = line.split(' ')[1] ?? '';
  const counted = fields.reduce((sum, field) => sum + field.length - ': '.length, target.length);
  return wired(client, { more: [`X-Pad: ${'x'.repeat(size - counted)}`] });
}

function withFields(client: Client, size: number): string {
  const others = client.headers.length + 2;
  return wired(client, { more: Array.from({ length: size - others }, (_, at) => `X-${at}: 1`) });
}

const ROWS: readonly Row[] = [
  {
    limit: 'bodyBytesMax',
    how: 'declared',
    sized: (client, size) => wired(client, { body: padded(client, size) }),
    expected: [413, -32600],
    ends: true,
  },
  {
    limit: 'bodyBytesMax',
    how: 'in chunks',
    sized: (client, size) =>
      wired(client, { body: chunked(padded(client, size)), framing: 'Transfer-Encoding: chunked' }),
    expected: [413, -32600],
    ends: true,
  },
  {
    limit: 'jsonDepthMax',
    sized: (client, size) =>
      wired(client, { body: spoilt(client, `{"n":${'['.repeat(size - 3)}${']'.repeat(size - 3)}}`) }),
    expected: [400, -32600],
    ends: false,
  },
  {
    limit: 'jsonKeysMax',
    sized: (client, size) => wired(client, { body: withKeys(client, size) }),
    expected: [400, -32600],
    ends: false,
  },
  { limit: 'headerCountMax', sized: withFields, expected: [431, -32600], ends: true },
  { limit: 'headerBytesMax', sized: withHeadBytes, expected: [431, -32600], ends: true },
  {
    limit: 'urlBytesMax',
    sized: (client, size) => wired(client, { path: `${client.path}?${'x'.repeat(size - client.path.length - 1)}` }),
    expected: [414, -32600],
    ends: true,
  },
];

async function exchanged(client: Client, bytes: string): Promise<RawResponse> {
  client.connection.write(Buffer.from(bytes, 'latin1'));
  return client.connection.response();
}

const WAYS: readonly Way[] = [
  { revision: MODERN, endpoint: 'new' },
  { revision: '2025-11-25', endpoint: 'old' },
  { revision: '2025-03-26', endpoint: 'old' },
];

for (const way of WAYS) {
  describe(titleOf(way), () => {
    let client: Client;
    before(async () => {
      client = await openClient(play, way);
    });

    for (const { limit, how = '', sized, expected, ends } of ROWS) {
      it(`${limit} ${how}: served at the limit, ${expected.join(' ')} one above`, async () => {
        const hits = await hitsOf(play.stage);
        const good = await exchanged(client, sized(client, LIMITS[limit]));
        assert.equal(good.status, 200, good.body);
        const reached = play.reached();
        assertRefused(await exchanged(client, sized(client, LIMITS[limit] + 1)), expected);
        await assertUsable(client, ends);
        assert.equal(play.reached(), reached, 'a server saw something');
        await hits.assertRose({ [limit]: 1 });
      });
    }

    it('bodyBytesMax with a lying length: refused before any of it has come', async () => {
      const hits = await hitsOf(play.stage);
      const framing = `Content-Length: ${LIMITS.bodyBytesMax + 1}`;
      assertRefused(await exchanged(client, wired(client, { body: '', framing })), [413, -32600]);
      client.connection.socket.end();
      await assertUsable(client, true);
      await hits.assertRose({ bodyBytesMax: 1 });
    });
  });
}

describe('a batch of revision 2025-03-26', () => {
  it('batchMessagesMax: served at the limit, 400 -32600 one above', async () => {
    const client = await openClient(play, { revision: '2025-03-26', endpoint: 'old' });
    const hits = await hitsOf(play.stage);
    const batch = (size: number) =>
      `[${Array.from({ length: size }, (_, at) => client.message.replace('"id":7', `"id":${at}`)).join()}]`;
    const good = await exchanged(client, wired(client, { body: batch(LIMITS.batchMessagesMax) }));
    assert.equal(JSON.parse(good.body).length, LIMITS.batchMessagesMax);
    const reached = play.reached();
    const bad = await exchanged(client, wired(client, { body: batch(LIMITS.batchMessagesMax + 1) }));
    assertRefused(bad, [400, -32600]);
    await assertUsable(client);
    assert.equal(play.reached(), reached, 'a server saw something');
    await hits.assertRose({ batchMessagesMax: 1 });
  });
});

describe('a client that does not finish its request', () => {
  const START = `POST /mcp/new HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n`;
  const rows: readonly (readonly [limit: Limit, bytes: string])[] = [
    ['headTimeoutMs', START],
    ['bodyTimeoutMs', `${START}Content-Length: 100\r\n\r\n{"jsonrpc"`],
  ];
  for (const [limit, bytes] of rows) {
    it(`${limit}: 408 -32600, and the connection ends`, async () => {
      const hits = await hitsOf(play.stage);
      const connection = await RawConnection.open(port);
      connection.write(bytes);
      assertRefused(await connection.response(), [408, -32600]);
      await connection.closed();
      connection.close();
      await hits.assertRose({ [limit]: 1 });
    });
  }
});
