/*
 * What a server says without being asked, within one era: lists that changed, resources that changed.
 *
 * Older clients hear it on their GET stream, newer ones on `subscriptions/listen`; either way under the names of the
 * endpoint they use, and only what they wanted.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import type { LegacyClient, ModernClient } from '../rig/raw-client.ts';
import type { ScriptedHttpUpstream } from '../rig/scripted-upstream.ts';
import { caughtUp, openEraStage, WAYS, type Way } from './same-era.ts';

const { stage, upOf, clientOf } = await openEraStage();
after(() => stage.close());

const WATCHED = 'scripted://changing';
/** More clients than there are connections for calls to one server. */
const CROWD = 280;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

const isUpdate = (message: RpcMessage) => message.method === 'notifications/resources/updated';
const isChange = (kind: string) => (message: RpcMessage) => message.method === `notifications/${kind}/list_changed`;

async function toolNames(client: LegacyClient | ModernClient): Promise<unknown[]> {
  const { answer } = await client.call('tools/list');
  return (at(answer, 'result', 'tools') as RpcMessage[]).map(({ name }) => name);
}

/** What was sent before is there when this is: one stream keeps the order. */
async function settled(way: Way, stream: MessageStream): Promise<void> {
  const seen = stream.messages.filter(isChange('prompts')).length;
  await upOf(way).listChanged('prompts');
  while (stream.messages.filter(isChange('prompts')).length === seen) {
    await stream.until((message) => isChange('prompts')(message) && stream.messages.indexOf(message) >= seen);
    await new Promise(setImmediate);
  }
}

for (const way of WAYS.filter(({ modern }) => !modern)) {
  describe(`${way.server} tells a client of its era`, () => {
    it('that its tools have changed, on the GET stream, and the new one can be called', async () => {
      const clients = (await Promise.all([clientOf(way), clientOf(way, {}, '')])) as LegacyClient[];
      const streams = await Promise.all(clients.map((client) => client.listen()));
      const name = `added-to-${way.server}`;
      await upOf(way).addTool({ name, inputSchema: { type: 'object' } });
      await upOf(way).listChanged('tools');
      for (const [place, stream] of streams.entries()) {
        const change = await stream.until(isChange('tools'));
        assert.deepEqual(change, { jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
        const client = clients[place] as LegacyClient;
        const shown = place === 0 ? name : `${way.server}__${name}`;
        assert.ok((await toolNames(client)).includes(shown));
        assert.match(JSON.stringify((await client.call('tools/call', { name: shown })).answer), /added-to/);
      }
    });

    for (const kind of ['prompts', 'resources']) {
      it(`that its ${kind} have changed`, async () => {
        const stream = await ((await clientOf(way)) as LegacyClient).listen();
        await upOf(way).listChanged(kind as 'prompts');
        await stream.until(isChange(kind));
      });
    }

    it('that a resource has changed, once it watches it, and no longer', async () => {
      for (const [endpoint, prefix] of [
        [way.server, ''],
        ['', `${way.server}+`],
      ] as const) {
        const client = (await clientOf(way, {}, endpoint)) as LegacyClient;
        const stream = await client.listen();
        const uri = `${prefix}${WATCHED}`;
        assert.deepEqual((await client.call('resources/subscribe', { uri })).answer?.result, {});
        await upOf(way).resourceUpdated('scripted://text');
        await upOf(way).resourceUpdated(WATCHED);
        assert.deepEqual((await stream.until(isUpdate)).params, { uri });
        assert.deepEqual((await client.call('resources/unsubscribe', { uri })).answer?.result, {});
        await upOf(way).received.until(({ method }) => method === 'resources/unsubscribe');
        await upOf(way).resourceUpdated(WATCHED);
        await settled(way, stream);
        assert.equal(stream.messages.filter(isUpdate).length, 1);
      }
    });

    it('is asked once to watch for two, and until the last has gone', async () => {
      const { received } = upOf(way);
      const [a, b] = (await Promise.all([clientOf(way), clientOf(way)])) as [LegacyClient, LegacyClient];
      const streams = [await a.listen(), await b.listen()] as const;
      const [subscribed, unsubscribed] = ['resources/subscribe', 'resources/unsubscribe'] as const;
      await caughtUp(upOf(way), a);
      const before = [received.of(subscribed).length, received.of(unsubscribed).length];
      await Promise.all([a, b].map((client) => client.call(subscribed, { uri: WATCHED })));
      await a.call(unsubscribed, { uri: WATCHED });
      await upOf(way).resourceUpdated(WATCHED);
      await streams[1].until(isUpdate);
      await caughtUp(upOf(way), a);
      assert.deepEqual(
        [received.of(subscribed).length, received.of(unsubscribed).length],
        [Number(before[0]) + 1, before[1]],
      );
      assert.equal((await b.delete()).status, 204);
      await received.until(
        (each) => each.method === unsubscribed && received.of(unsubscribed).length > Number(before[1]),
      );
      await settled(way, streams[0]);
      assert.deepEqual(streams[0].messages.filter(isUpdate), []);
    });

    it('refuses to watch what the server does not have, and goes on', async () => {
      const client = (await clientOf(way)) as LegacyClient;
      await upOf(way).set('resources/subscribe', { error: { code: -32002, message: 'none' }, times: 1 });
      const { answer } = await client.call('resources/subscribe', { uri: 'scripted://refused' });
      assert.ok(at(answer, 'error', 'code'), JSON.stringify(answer));
      assert.deepEqual((await client.call('resources/subscribe', { uri: 'scripted://refused' })).answer?.result, {});
    });
  });
}

for (const way of WAYS.filter(({ modern }) => modern)) {
  describe(`${way.server} tells a client of its era`, () => {
    it('what it has agreed to tell, tagged with the id of the request', async () => {
      const client = (await clientOf(way)) as ModernClient;
      for (const id of [0, 'listen', 77]) {
        const asked = { toolsListChanged: true, resourceSubscriptions: [WATCHED], surprise: true };
        const stream = await client.listen(asked, { id });
        assert.deepEqual(stream.messages[0], {
          jsonrpc: '2.0',
          method: 'notifications/subscriptions/acknowledged',
          params: {
            notifications: { toolsListChanged: true, resourceSubscriptions: [WATCHED] },
            _meta: { [SUBSCRIPTION]: id },
          },
        });
        await watchedBy(way, WATCHED);
        await upOf(way).resourceUpdated(WATCHED);
        const update = await stream.until(isUpdate);
        assert.deepEqual(update.params, { uri: WATCHED, _meta: { [SUBSCRIPTION]: id } });
        stream.abort();
      }
    });

    it('that its tools have changed, at its own endpoint and at the one with all servers', async () => {
      const clients = (await Promise.all([clientOf(way), clientOf(way, {}, '')])) as ModernClient[];
      const streams = await Promise.all(clients.map((client) => client.listen({ toolsListChanged: true })));
      const name = `added-to-${way.server}`;
      await upOf(way).addTool({ name, inputSchema: { type: 'object' } });
      await upOf(way).listChanged('prompts');
      await upOf(way).listChanged('tools');
      for (const [place, stream] of streams.entries()) {
        await stream.until(isChange('tools'));
        assert.deepEqual(
          stream.messages.slice(1).map(({ method }) => method),
          ['notifications/tools/list_changed'],
        );
        const shown = place === 0 ? name : `${way.server}__${name}`;
        assert.ok((await toolNames(clients[place] as ModernClient)).includes(shown));
        stream.abort();
      }
    });

    it('that a resource has changed under the name it has at the endpoint', async () => {
      const client = (await clientOf(way, {}, '')) as ModernClient;
      const uri = `${way.server}+${WATCHED}`;
      const stream = await client.listen({ resourceSubscriptions: [uri, 'nobody+x://y'] }, { id: 3 });
      const agreed = at(stream.messages[0]?.params, 'notifications');
      assert.deepEqual(agreed, { resourceSubscriptions: [uri] });
      await watchedBy(way, WATCHED);
      await upOf(way).resourceUpdated(WATCHED);
      assert.deepEqual((await stream.until(isUpdate)).params, { uri, _meta: { [SUBSCRIPTION]: 3 } });
      stream.abort();
    });

    it('of what many watch over one listen stream at the server, each under its own id, and calls go on', async () => {
      const uri = 'scripted://crowded';
      const clients = await Promise.all(Array.from({ length: CROWD }, () => clientOf(way)));
      const streams = await Promise.all(
        clients.map((client, id) => (client as ModernClient).listen({ resourceSubscriptions: [uri] }, { id })),
      );
      await watchedBy(way, uri);
      await upOf(way).resourceUpdated(uri);
      const heard = await Promise.all(streams.map((stream) => stream.until(isUpdate)));
      assert.deepEqual(
        heard.map(({ params }) => at(params, '_meta', SUBSCRIPTION)),
        heard.map((_, id) => id),
      );
      assert.equal(listensFor(way, uri).length, 1);
      assert.equal((await (clients[0] as ModernClient).call('tools/call', { name: 'echo' })).status, 200);
      for (const stream of streams) stream.abort();
    });

    it('nothing more when it has gone', async () => {
      const client = (await clientOf(way)) as ModernClient;
      const stream = await client.listen({ resourceSubscriptions: ['scripted://left'] });
      const { message } = await watchedBy(way, 'scripted://left');
      stream.abort();
      if (way.transport === 'http') {
        await (upOf(way) as ScriptedHttpUpstream).dropped.until((each) => each.message?.id === message?.id);
      } else {
        await upOf(way).received.until(
          (each) => each.method === 'notifications/cancelled' && at(each.message?.params, 'requestId') === message?.id,
        );
      }
    });
  });
}

function listensFor(way: Way, uri: string) {
  return upOf(way).received.all.filter(({ message }) => {
    const uris = at(message?.params, 'notifications', 'resourceSubscriptions');
    return message?.method === 'subscriptions/listen' && Array.isArray(uris) && uris.includes(uri);
  });
}

/** The server was asked to watch this, by the newest listen stream it has. */
async function watchedBy(way: Way, uri: string) {
  const listens = () => listensFor(way, uri);
  const known = asked.get(`${way.server} ${uri}`) ?? 0;
  await upOf(way).received.until(() => listens().length > known);
  asked.set(`${way.server} ${uri}`, listens().length);
  return listens().at(-1) as ReturnType<typeof listens>[number];
}
const asked = new Map<string, number>();
