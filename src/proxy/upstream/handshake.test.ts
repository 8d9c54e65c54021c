import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Revision } from '../../model/revision.ts';
import { shakeHands } from './handshake.ts';

const OFFER = { capabilities: '{"roots":{}}', info: '{"name":"gw","version":"1"}' };
const NAME = 'io.modelcontextprotocol/serverInfo';

/** `silence`: never. A promise: later. */
type Says = object | GatewayError | 'silence' | Promise<object> | readonly object[];
interface Server {
  readonly discover?: Says;
  readonly initialize?: Says;
}

const result = (members: object) => ({ id: 1, result: members });
const refusal = (code: ErrorCode, status?: number) =>
  new GatewayError(code, { internal: status === undefined ? {} : { status } });
const old = (protocolVersion: unknown = '2025-11-25') =>
  result({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 's', version: '2' },
    instructions: 'Do.',
  });
const discovered = (supportedVersions: unknown, more = {}) => result({ supportedVersions, capabilities: {}, ...more });

async function shaken(server: Server, { known, pipe = false }: { known?: Revision; pipe?: boolean } = {}) {
  const asked: { method: string; params: Record<string, unknown>; headers: readonly string[] }[] = [];
  const ended: string[] = [];
  const outcome = await shakeHands({
    offer: OFFER,
    known,
    silence: pipe ? () => ({ heard: Promise.resolve(), stop: () => {} }) : undefined,
    ask: async (method, params, { headers = [], cancellation = new Cancellation() }) => {
      asked.push({ method, params: JSON.parse(params), headers });
      const unended = cancellation.onCancel(() => ended.push(method));
      const all = method === 'initialize' ? server.initialize : server.discover;
      const nth = asked.filter((each) => each.method === method).length - 1;
      const says = Array.isArray(all) ? all[nth] : all;
      const said = await (says === 'silence' ? cancellation.race(new Promise<never>(() => {})) : says);
      unended();
      if (said instanceof GatewayError) throw said;
      return { message: heardMessage(said ?? { id: 1, error: { code: -32601, message: 'm' } }), sessionId: 'S' };
    },
  }).then(
    (handshake) => ({ handshake, code: undefined }),
    (thrown: GatewayError) => ({ handshake: undefined, code: thrown.code }),
  );
  return { ...outcome, asked, ended, methods: asked.map(({ method }) => method).join(' ') };
}

describe('a server that describes itself', () => {
  test('is asked as its revision wants, offered no capabilities, and told apart by its answer', async () => {
    const { handshake, asked } = await shaken({
      discover: discovered(['2026-07-28'], {
        ...{ _meta: { [NAME]: { name: 's' } }, instructions: 'Do.' },
        ...{ ttlMs: 5, cacheScope: 'public' },
      }),
    });
    assert.deepEqual(handshake, {
      revision: '2026-07-28',
      capabilities: {},
      serverInfo: '{"name":"s"}',
      instructions: 'Do.',
      sessionId: undefined,
      hint: { ttlMs: 5, scope: 'public' },
    });
    assert.deepEqual(asked[0]?.headers, ['mcp-protocol-version', '2026-07-28', 'mcp-method', 'server/discover']);
    assert.deepEqual(asked[0]?.params._meta, {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'gw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    });
  });
  test('may leave out or spoil what is not needed', async () => {
    const { handshake } = await shaken({
      discover: result({ supportedVersions: ['2026-07-28'], capabilities: [], instructions: 5, _meta: 5 }),
    });
    assert.deepEqual(
      [handshake?.capabilities, handshake?.serverInfo, handshake?.instructions],
      [{}, '{"name":"unknown","version":"0"}', undefined],
    );
  });
});

describe('a server that refuses the version', () => {
  const refused = (supported: unknown) => ({ id: 1, error: { code: -32022, message: 'm', data: { supported } } });
  test('but says that it serves it is asked once more', async () => {
    const { handshake, methods } = await shaken({
      discover: [refused(['2026-07-28']), discovered(['2026-07-28'])],
    });
    assert.deepEqual([handshake?.revision, methods], ['2026-07-28', 'server/discover server/discover']);
  });
  test('each time is taken for an older one', async () => {
    const { handshake, methods } = await shaken({
      discover: [refused(['2026-07-28']), refused(['2026-07-28'])],
      initialize: old(),
    });
    assert.deepEqual([handshake?.revision, methods], ['2025-11-25', 'server/discover server/discover initialize']);
  });
  test('without a word that can be read is taken for an older one', async () => {
    for (const supported of [undefined, '2026-07-28', [5]]) {
      const { methods } = await shaken({ discover: refused(supported), initialize: old() });
      assert.equal(methods, 'server/discover initialize');
    }
  });
});

describe('a server is taken for an older one, and asked to open a session,', () => {
  const rows: [string, Says, boolean?][] = [
    ['when it does not know the question', { id: 1, error: { code: -32601, message: 'm' } }],
    [
      'when it names the versions it serves instead',
      { id: 1, error: { code: -32022, message: 'm', data: { supported: ['2025-11-25'] } } },
    ],
    ['when it serves only versions that we do not', discovered(['2027-01-01'])],
    ['when its versions are no list', discovered('2026-07-28')],
    ['when it refuses the request', refusal('upstream_refused', 400)],
    ['when it wants a session first', refusal('upstream_session')],
    ['when it answers with a page', refusal('upstream_invalid')],
    ['when it is silent on a pipe', 'silence', true],
  ];
  for (const [what, discover, pipe = false] of rows) {
    test(what, async () => {
      const { handshake, methods, asked } = await shaken({ discover, initialize: old() }, { pipe });
      assert.equal(methods, 'server/discover initialize');
      assert.deepEqual(handshake, {
        revision: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: '{"name":"s","version":"2"}',
        instructions: 'Do.',
        sessionId: 'S',
      });
      assert.deepEqual(asked[1]?.params, {
        protocolVersion: '2025-11-25',
        capabilities: { roots: {} },
        clientInfo: { name: 'gw', version: '1' },
      });
    });
  }
});

const later = (said: object, ms: number) => new Promise<object>((resolve) => setTimeout(() => resolve(said), ms));

describe('a process that says nothing yet', () => {
  test('is asked both ways, and what it says to the older question counts', async () => {
    const older = await shaken({ discover: 'silence', initialize: old() }, { pipe: true });
    assert.deepEqual([older.handshake?.revision, older.ended], ['2025-11-25', ['server/discover']]);
    assert.equal(older.methods, 'server/discover initialize');
  });
  test('and then answers both is said to speak the newer revision, too', async () => {
    const discover = later(discovered(['2026-07-28']), 5);
    const { handshake } = await shaken({ discover, initialize: later(old(), 15) }, { pipe: true });
    assert.deepEqual([handshake?.revision, handshake?.newer], ['2025-11-25', '2026-07-28']);
  });
  test('and then refuses the older question speaks the newer revision alone', async () => {
    const discover = later(discovered(['2026-07-28']), 5);
    const refused = later({ id: 1, error: { code: -32601, message: 'm' } }, 15);
    const { handshake } = await shaken({ discover, initialize: refused }, { pipe: true });
    assert.deepEqual([handshake?.revision, handshake?.newer], ['2026-07-28', undefined]);
  });
  test('and then does not know the new question is taken for what it says to the old one', async () => {
    const discover = later({ id: 1, error: { code: -32601, message: 'm' } }, 5);
    const { handshake } = await shaken({ discover, initialize: later(old(), 15) }, { pipe: true });
    assert.equal(handshake?.revision, '2025-11-25');
  });
  test('and then ends is not there', async () => {
    const { code } = await shaken({ discover: 'silence', initialize: refusal('upstream_lost') }, { pipe: true });
    assert.equal(code, 'upstream_lost');
  });
});

describe('nothing is learnt about the era, and it is tried again later,', () => {
  const rows: [string, GatewayError][] = [
    ['when the server cannot be reached', refusal('upstream_down')],
    ['when it wants credentials', refusal('upstream_auth')],
    ['when it is broken', refusal('upstream_refused', 503)],
    ['when it is silent over HTTP', refusal('upstream_timeout')],
  ];
  for (const [what, discover] of rows) {
    test(what, async () => {
      const { code, methods } = await shaken({ discover, initialize: old() });
      assert.deepEqual([code, methods], [discover.code, 'server/discover']);
    });
  }
});

describe('a session', () => {
  const rows: [string, Says, string][] = [
    ['may be of any older revision', old('2024-11-05'), '2024-11-05'],
    ['may not be of a revision without sessions', old('2026-07-28'), 'upstream_invalid'],
    ['may not be of one that nobody knows', old('2020-01-01'), 'upstream_invalid'],
    ['may not be of none', old(null), 'upstream_invalid'],
    ['may not be of a number', old(20251125), 'upstream_invalid'],
    ['may be refused', { id: 1, error: { code: -32600, message: 'no' } }, 'upstream_refused'],
  ];
  for (const [what, initialize, expected] of rows) {
    test(what, async () => {
      const { handshake, code } = await shaken({ initialize });
      assert.equal(handshake?.revision ?? code, expected);
    });
  }
});

describe('a revision that is pinned or remembered', () => {
  test('is opened at once when it has sessions', async () => {
    const { methods, asked } = await shaken({ initialize: old('2025-03-26') }, { known: '2025-03-26' });
    assert.deepEqual([methods, asked[0]?.params.protocolVersion], ['initialize', '2025-03-26']);
  });
  test('is not given up for an older one', async () => {
    const { code, methods } = await shaken({ initialize: old() }, { known: '2026-07-28' });
    assert.deepEqual([code, methods], ['upstream_invalid', 'server/discover']);
  });
});
