import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import {
  heardMessage,
  limitsWith,
  lists,
  madeCall,
  madeList,
  madeServer,
  madeSnapshot,
} from '../../../test/rig/made.ts';
import type { ServerState } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import { Streams } from '../limit/streams.ts';
import { Views } from '../policy/view.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { Openings } from '../upstream/openings.ts';
import { Subscriptions } from '../upstream/subscriptions.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { Hub, QUIET_MS } from './hub.ts';
import { listenReply } from './listen.ts';

const ID = 'io.modelcontextprotocol/subscriptionId';

/** Servers `a` and `b` that are ready, and what is listened for at them. */
function world({ linkFails = false, stateOfB = 'ready' as ServerState } = {}) {
  const snapshot = madeSnapshot([madeServer('a'), madeServer('b')]);
  const catalogues = new Catalogues();
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true } };
  catalogues.put('a', { state: 'ready', revision: '2026-07-28', capabilities });
  catalogues.put('b', { state: stateOfB, revision: '2026-07-28', capabilities });
  const wheel = new HandWheel();
  /** What each server was told, and the end of it. */
  const told: string[] = [];
  const link = (server: string) => ({
    watched: {
      resources: new Subscriptions({
        watch: async (uri) => {
          told.push(`${server} ${uri}`);
          if (uri.includes('slow')) await new Promise(() => {});
          if (uri.includes('refused')) throw new GatewayError('resource_unknown');
          if (uri.includes('lost')) throw new GatewayError('upstream_lost');
        },
        unwatch: async (uri) => void told.push(`${server} ${uri} no more`),
      }),
    },
  });
  const links = new Map(['a', 'b'].map((server) => [server, link(server)]));
  const linkFor = (server: string) => {
    if (linkFails) throw new GatewayError('over_limit');
    return links.get(server);
  };
  const limits = limitsWith({ streamsPerPrincipalMax: 2, subscriptionsPerClientMax: 4 });
  const streams = new Streams(() => limits);
  const views = new Views(() => snapshot, catalogues);
  const parts = {
    views,
    hub: new Hub(views, catalogues, wheel),
    upstreams: {
      of: (server: string) => ({
        ...{ reachable: true, speaks: () => true, linkFor: () => linkFor(server) },
        ...{ healing: { openings: new Openings() }, knownLink: () => undefined },
      }),
    } as unknown as Upstreams,
    streams,
    wheel,
    limits: () => limits,
    identity: '{"name":"gw","version":"1"}',
  } as unknown as ServeParts;
  const listen = (notifications: unknown, endpoint = '') => {
    const naming = endpoint === '' ? 'prefixed' : 'transparent';
    const endpointDefinition = {
      name: endpoint,
      naming,
      separator: '__',
      organisation: 'default',
      scopesSupported: [],
      servers: endpoint === '' ? ['a', 'b'] : [endpoint],
    } as const;
    const call = madeCall(
      { id: 'L', method: 'subscriptions/listen', params: { notifications } },
      { revision: '2026-07-28', endpoint, endpointDefinition },
    );
    const reply = listenReply({ ...call, way: undefined } as RoutedCall, parts);
    const outcome = reply.then(
      ({ body }) => String(body),
      (thrown: GatewayError) => thrown.code,
    );
    return { call, outcome, said: () => call.notified.map((text) => JSON.parse(text)) };
  };
  const update = (server: string, uri: string) =>
    links.get(server)?.watched.resources.updated(uri, updated({ _meta: { [ID]: 9 }, uri }));
  return { catalogues, streams, told, listen, wheel, update };
}

const updated = (params: object) => heardMessage({ method: 'notifications/resources/updated', params });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

describe('a listen stream', () => {
  test('says first what it will carry, which is what was asked for and is there', async () => {
    const { listen, streams } = world();
    const { outcome, said } = listen({ ...all, resourceSubscriptions: ['a:b'] }, 'a');
    await turn();
    assert.deepEqual(said(), [
      {
        jsonrpc: '2.0',
        method: 'notifications/subscriptions/acknowledged',
        params: {
          notifications: { toolsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ['a:b'] },
          _meta: { [ID]: 'L' },
        },
      },
    ]);
    streams.drain();
    await outcome;
  });
  test('carries changed lists, each with the id of the request, and none that was not asked for', async () => {
    const { listen, streams, catalogues, wheel } = world();
    const { outcome, said } = listen({ toolsListChanged: true });
    await turn();
    const tools = madeList('tools', ['x']);
    catalogues.put('b', { lists: lists({ tools, prompts: madeList('prompts', ['x']) }) });
    wheel.turn(QUIET_MS);
    assert.deepEqual(said().slice(1), [
      { jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { _meta: { [ID]: 'L' } } },
    ]);
    streams.drain();
    await outcome;
  });
  test('carries updates of resources under the names that the client knows', async () => {
    const { listen, streams, told, update } = world();
    const { outcome, said } = listen({ resourceSubscriptions: ['b+x:1', 'a+y:2', 'c+z:3', 'b+x:1'] });
    await turn();
    assert.deepEqual(said()[0].params.notifications, { resourceSubscriptions: ['b+x:1', 'a+y:2'] });
    assert.deepEqual(told, ['b x:1', 'a y:2']);
    update('b', 'x:1/2');
    update('b', 'y:2');
    assert.deepEqual(
      said()
        .slice(1)
        .map(({ params }) => params),
      [{ _meta: { [ID]: 'L' }, uri: 'b+x:1/2' }],
    );
    streams.drain();
    await outcome;
    await turn();
    assert.deepEqual(told.slice(2), ['b x:1 no more', 'a y:2 no more']);
  });
  test('leaves out the resources of a server that is down, and is there for the others', async () => {
    const { listen, streams, told } = world({ stateOfB: 'down' });
    const { outcome } = listen({ resourceSubscriptions: ['b+x:1', 'a+y:2'] });
    await turn();
    assert.deepEqual(told, ['a y:2']);
    streams.drain();
    await outcome;
  });
  test('is not agreed to for what its server refuses, but for what a server cannot be asked about now', async () => {
    const { listen, streams } = world();
    const { outcome, said } = listen({ resourceSubscriptions: ['b+x:lost', 'a+y:refused', 'a+y:2'] });
    await turn();
    assert.deepEqual(said()[0].params.notifications, { resourceSubscriptions: ['b+x:lost', 'a+y:2'] });
    streams.drain();
    await outcome;
  });
  test('is agreed to after a while when a server is slow to say so, and tells of nothing before', async () => {
    const { listen, streams, wheel, update } = world();
    const { outcome, said } = listen({ resourceSubscriptions: ['b+x:slow', 'a+y:2'] });
    await turn();
    update('a', 'y:2');
    assert.deepEqual(said(), []);
    wheel.turn(2_000);
    await turn();
    assert.deepEqual(
      said().map(({ method, params }) => [method, params.notifications]),
      [['notifications/subscriptions/acknowledged', { resourceSubscriptions: ['b+x:slow', 'a+y:2'] }]],
    );
    streams.drain();
    await outcome;
  });
  test('ends with an empty result when the gateway drains', async () => {
    const { listen, streams } = world();
    const { outcome } = listen({});
    streams.drain();
    assert.deepEqual(JSON.parse(await outcome), {
      jsonrpc: '2.0',
      id: 'L',
      result: {
        resultType: 'complete',
        _meta: { [ID]: 'L', 'io.modelcontextprotocol/serverInfo': { name: 'gw', version: '1' } },
      },
    });
  });
  test('ends when its client goes, and its servers are told', async () => {
    const { listen, told } = world();
    const { call, outcome } = listen({ resourceSubscriptions: ['a+y:2'] });
    await turn();
    call.cancellation.cancel(new GatewayError('call_cancelled'));
    assert.equal(await outcome, 'call_cancelled');
    await turn();
    assert.deepEqual(told, ['a y:2', 'a y:2 no more']);
  });
});

describe('a listen stream that is refused takes no place and leaves nothing behind:', () => {
  const rows: [string, unknown, string, Parameters<typeof world>[0]?][] = [
    ['without a filter', undefined, 'params_invalid'],
    ['with a filter that is a list', [], 'params_invalid'],
    ['with a URI that is a number', { resourceSubscriptions: [1] }, 'params_invalid'],
    ['with one URI where a list must be', { resourceSubscriptions: 'a+y:2' }, 'params_invalid'],
    ['with one resource more than the limit', { resourceSubscriptions: ['1', '2', '3', '4', '5'] }, 'over_limit'],
    ['without room at the server', { resourceSubscriptions: ['a+y:2'] }, 'over_limit', { linkFails: true }],
  ];
  for (const [what, filter, code, change] of rows) {
    test(what, async () => {
      const { listen, streams } = world(change);
      for (let i = 0; i < 3; i++) {
        const { call, outcome } = listen(filter);
        assert.equal(await outcome, code);
        // The connection closes after its answer; nobody may be left who would hear of it and not expect it.
        call.cancellation.cancel(new GatewayError('call_cancelled'));
      }
      const { outcome } = listen({});
      streams.drain();
      assert.match(await outcome, /"complete"/);
    });
  }
  test('one more than the principal may have', async () => {
    const { listen, streams } = world();
    const open = [listen({}), listen({})];
    await turn();
    assert.equal(await listen({}).outcome, 'too_many_streams');
    streams.drain();
    await Promise.all(open.map(({ outcome }) => outcome));
  });
});
