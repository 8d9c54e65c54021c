/*
 * Watching resources where client and server speak different eras: what one says on a listen stream the other is told by
 * requests, and the other way round. Once per resource for everyone who watches it, until the last has gone, and again
 * when the server was restarted.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import type { LegacyClient } from '../rig/raw-client.ts';
import type { Received } from '../rig/received.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { SseClient } from '../rig/sse-client.ts';
import { openStage, type Scripted } from './stage.ts';

const WATCHED = 'scripted://changing';
const OLD: Revision = '2025-11-25';

const up: Record<string, Scripted> = {
  'http-old': await startScripted({ revision: OLD, transport: 'http' }),
  'sse-old': await startScripted({ revision: '2024-11-05', transport: 'sse' }),
  'pipe-old': await startScripted({ revision: '2025-06-18', transport: 'stdio' }),
  'http-new': await startScripted({ revision: MODERN, transport: 'http' }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio' }),
};
const stage = await openStage(up);
after(() => stage.close());

const upOf = (server: string) => up[server] as Scripted;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const isUpdate = (message: RpcMessage) => message.method === 'notifications/resources/updated';
const updatesOf = (stream: MessageStream) => stream.messages.filter(isUpdate).map(({ params }) => params);

/** Both places where a server is found, and how it calls its resources there. */
const placesOf = (server: string) => [[server, ''] as const, ['', `${server}+`] as const];

for (const server of ['http-old', 'sse-old', 'pipe-old']) {
  const { received } = upOf(server);
  const said = (method: string, uri: string) =>
    received.of(method).filter(({ message }) => at(message?.params, 'uri') === uri).length;

  const subscribes =
    (uri: string) =>
    ({ method, message }: Received) =>
      method === 'resources/subscribe' && at(message?.params, 'uri') === uri;

  describe(`a newer client watches resources of ${server}`, () => {
    it('on a listen stream, under its own names and ids, at either place', async () => {
      for (const [endpoint, prefix] of placesOf(server)) {
        const uri = `${prefix}${WATCHED}`;
        const stream = await stage.modern(endpoint).listen({ resourceSubscriptions: [uri] }, { id: 'mine' });
        assert.deepEqual(at(stream.messages[0]?.params, 'notifications'), { resourceSubscriptions: [uri] });
        await upOf(server).resourceUpdated('scripted://text');
        await upOf(server).resourceUpdated(WATCHED);
        await stream.until(isUpdate);
        assert.deepEqual(updatesOf(stream), [{ uri, _meta: { [SUBSCRIPTION]: 'mine' } }]);
        stream.abort();
      }
    });

    it('once for all who do, until the last of them goes', async () => {
      const uri = 'scripted://shared';
      const open = () => stage.modern(server).listen({ resourceSubscriptions: [uri] });
      const streams = [await open(), await open()] as const;
      await received.until(subscribes(uri));
      assert.equal(said('resources/subscribe', uri), 1);
      streams[0].abort();
      await upOf(server).resourceUpdated(uri);
      await streams[1].until(isUpdate);
      assert.equal(said('resources/unsubscribe', uri), 0);
      streams[1].abort();
      await received.until(
        ({ method, message }) => method === 'resources/unsubscribe' && at(message?.params, 'uri') === uri,
      );
    });

    it('but is not promised what the server refuses', async () => {
      await upOf(server).set('resources/subscribe', { error: { code: -32002, message: 'none' }, times: 1 });
      const stream = await stage.modern(server).listen({ toolsListChanged: true, resourceSubscriptions: [WATCHED] });
      assert.deepEqual(at(stream.messages[0]?.params, 'notifications'), { toolsListChanged: true });
      stream.abort();
    });
  });
}

for (const server of ['http-new', 'pipe-new']) {
  const listens = (uri: string) =>
    upOf(server)
      .received.of('subscriptions/listen')
      .filter(({ message }) => {
        const uris = at(message?.params, 'notifications', 'resourceSubscriptions');
        return Array.isArray(uris) && uris.includes(uri);
      });
  const gone = async (id: unknown) => {
    const { received, dropped } = upOf(server) as ScriptedHttpUpstream;
    if (server.startsWith('http')) await dropped.until(({ message }) => message?.id === id);
    else
      await received.until(
        ({ method, message }) => method === 'notifications/cancelled' && at(message?.params, 'requestId') === id,
      );
  };

  describe(`an older client watches resources of ${server}`, () => {
    it('and hears of them on its stream, under its own names and without newer words, at either place', async () => {
      for (const [endpoint, prefix] of placesOf(server)) {
        const client = await stage.legacy(endpoint);
        const stream = await client.listen();
        const uri = `${prefix}${WATCHED}`;
        assert.deepEqual((await client.call('resources/subscribe', { uri })).answer?.result, {});
        assert.deepEqual((await client.call('resources/subscribe', { uri })).answer?.result, {});
        await upOf(server).resourceUpdated('scripted://text');
        await upOf(server).resourceUpdated(WATCHED);
        await stream.until(isUpdate);
        assert.deepEqual(updatesOf(stream), [{ uri }]);
        await client.delete();
      }
    });

    it('over one listen stream for all who do, until the last of them goes', async () => {
      const uri = 'scripted://shared';
      const clients = [await stage.legacy(server), await stage.legacy(server)] as const;
      const streams = [await clients[0].listen(), await clients[1].listen()];
      for (const client of clients) await client.call('resources/subscribe', { uri });
      await upOf(server).received.until(({ body }) => body.includes(uri));
      const [opened] = listens(uri);
      assert.equal(listens(uri).length, 1);
      await clients[0].call('resources/unsubscribe', { uri });
      await upOf(server).resourceUpdated(uri);
      await streams[1]?.until(isUpdate);
      assert.deepEqual(updatesOf(streams[0] as MessageStream), []);
      await clients[1].delete();
      await gone(opened?.message?.id);
    });

    it('each of many, over few streams', async () => {
      const client = await stage.legacy(server);
      const stream = await client.listen();
      const uris = Array.from({ length: 30 }, (_, n) => `scripted://item/${n}`);
      for (const uri of uris) {
        assert.deepEqual((await client.call('resources/subscribe', { uri })).answer?.result, {});
      }
      if (server.startsWith('http')) assert.ok((upOf(server) as ScriptedHttpUpstream).listenerCount < 16);
      for (const uri of uris) await upOf(server).resourceUpdated(uri);
      await stream.until(() => updatesOf(stream).length >= uris.length);
      assert.deepEqual(
        updatesOf(stream)
          .map((params) => at(params, 'uri'))
          .sort(),
        [...uris].sort(),
      );
      await client.delete();
    });

    it('but not what the server does not agree to', async () => {
      const client = await stage.legacy(server);
      await upOf(server).set('subscriptions/listen', { error: { code: -32602, message: 'none' }, times: 1 });
      const { answer } = await client.call('resources/subscribe', { uri: 'scripted://refused' });
      assert.equal(at(answer, 'error', 'code'), -32602);
      assert.deepEqual((await client.call('resources/subscribe', { uri: 'scripted://refused' })).answer?.result, {});
      await client.delete();
    });
  });
}

describe('a client of HTTP+SSE watches resources of a newer server', () => {
  for (const server of ['http-new', 'pipe-new']) {
    it(`and hears of them on its one stream (${server})`, async (t) => {
      const client = new SseClient(`${stage.gateway.url}/sse/${server}`, {});
      t.after(() => client.close());
      await client.initialize();
      const uri = 'scripted://text';
      assert.deepEqual((await client.call('resources/subscribe', { uri })).result, {});
      await upOf(server).resourceUpdated(uri);
      assert.deepEqual((await client.until(isUpdate)).params, { uri });
    });
  }
});

describe('a restart of the server', { concurrency: 2 }, () => {
  /** Ends the server and starts it anew, as a process or at the same port. */
  async function restarted(server: Scripted, revision: Revision): Promise<Scripted> {
    if (!('port' in server)) {
      await (server as ScriptedStdioUpstream).exit(1);
      return server;
    }
    const { port } = server;
    await server.close();
    return startScripted({ revision, transport: 'http', port });
  }

  for (const [revision, clientIsNewer] of [
    [OLD, true],
    [MODERN, false],
  ] as const) {
    for (const transport of ['http', 'stdio'] as const) {
      const from = clientIsNewer ? 'a newer client' : 'an older client';
      it(`ends no watch of ${from} (${transport})`, async (t) => {
        const first = await (transport === 'http'
          ? startScripted({ revision, transport })
          : startScripted({ revision, transport }));
        const own = await openStage({ up: first });
        t.after(() => own.close());
        const stream = await (clientIsNewer ? watchingNewer(own) : watchingOlder(await own.legacy('up')));
        const known = first.received.all.length;
        const next = await restarted(first, revision);
        if (next !== first) own.onClose(() => next.close());
        await next.received.until(
          (each) => isWatch(each) && (next !== first || first.received.all.indexOf(each) >= known),
        );
        // Said until it is heard: the way back to the gateway may be open a moment later than the way there.
        const heard = stream.until(isUpdate);
        const again = setInterval(() => void next.resourceUpdated(WATCHED), 100);
        await heard.finally(() => clearInterval(again));
      });
    }
  }

  const watchingNewer = (own: typeof stage) => own.modern('up').listen({ resourceSubscriptions: [WATCHED] });
  const watchingOlder = async (client: LegacyClient) => {
    const stream = await client.listen();
    assert.deepEqual((await client.call('resources/subscribe', { uri: WATCHED })).answer?.result, {});
    return stream;
  };
  const isWatch = ({ method, body }: Received) =>
    (method === 'resources/subscribe' || method === 'subscriptions/listen') && body.includes(WATCHED);
});
