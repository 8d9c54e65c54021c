/*
 * Several servers on one client's session: ids, tokens and log levels are each server's and each client's own, whoever
 * else uses the same ones at the same time.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import { type LegacyClient, type ModernClient, textOf } from '../rig/raw-client.ts';
import { type Client, openEraStage, WAYS, type Way } from './same-era.ts';

const { stage, upOf, clientOf } = await openEraStage();
after(() => stage.close());

const ABLE = { elicitation: { form: {} }, sampling: {}, roots: { listChanged: true } };
const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const waysOf = (modern: boolean) => WAYS.filter((way) => way.modern === modern) as [Way, Way];
const [NEWER, OLDER] = [waysOf(true), waysOf(false)];

const paramsOf = (interim: readonly RpcMessage[], method: string) =>
  interim.filter((message) => message.method === method).map(({ params }) => params);

for (const ways of [NEWER, OLDER]) {
  const era = ways[0].modern ? 'newer' : 'older';
  const open = (capabilities = {}) => clientOf(ways[0], capabilities, '');

  describe(`two ${era} clients of an aggregate`, () => {
    it('with the same id and the same token, at two servers at once, each hear only of their own call', async () => {
      const clients = (await Promise.all([open(), open()])) as [Client, Client];
      const calls = clients.flatMap((client, c) =>
        ways.map(async ({ server }) => {
          const tag = `client ${c} at ${server}`;
          const params = { name: `${server}__tagged`, arguments: { tag, ms: 40 } };
          const reply = await client.call('tools/call', params, { id: 'same', meta: { progressToken: 'same' } });
          return { tag, ...reply };
        }),
      );
      for (const { tag, answer, interim } of await Promise.all(calls)) {
        assert.deepEqual([answer?.id, textOf(answer)], ['same', tag]);
        assert.deepEqual(
          paramsOf(interim, 'notifications/progress'),
          [1, 2].map((progress) => ({ progressToken: 'same', progress, message: tag })),
        );
      }
    });

    it('give up one call, and its server hears of that one alone', async () => {
      const [client, other] = (await Promise.all([open(), open()])) as [Client, Client];
      const start = (each: Client, way: Way, tag: string) => {
        const params = { name: `${way.server}__slow`, arguments: { ms: 300, tag: `${era} ${tag}` } };
        return each.start('tools/call', params, { id: 7, meta: { progressToken: 1 } });
      };
      const arrived = (way: Way, tag: string) => upOf(way).received.until(({ body }) => body.includes(`${era} ${tag}`));
      const given = start(client, ways[1], 'given up').catch(() => {});
      const kept = [start(other, ways[1], 'kept'), start(other, ways[0], 'elsewhere')];
      const { message } = await arrived(ways[1], 'given up');
      await Promise.all([arrived(ways[1], 'kept'), arrived(ways[0], 'elsewhere')]);
      if ('sessionHeaders' in client) await client.notify('notifications/cancelled', { requestId: 7 });
      else client.close();
      const isOurs = (each: { readonly message: RpcMessage | undefined }) =>
        at(each.message, 'params', 'requestId') === message?.id;
      await upOf(ways[1]).received.until((each) => each.method === 'notifications/cancelled' && isOurs(each));
      for (const stream of await Promise.all(kept)) {
        await stream.ended;
        assert.equal(textOf(stream.messages.at(-1)), 'slept');
      }
      assert.deepEqual(upOf(ways[0]).received.of('notifications/cancelled'), []);
      await given;
    });

    it('want log lines of different levels, and get theirs from every server', async () => {
      const wants = ['error', 'debug'] as const;
      const clients = (await Promise.all([open(ABLE), open(ABLE)])) as [Client, Client];
      for (const [place, level] of wants.entries()) {
        const client = clients[place];
        if (client && 'sessionHeaders' in client) await client.call('logging/setLevel', { level });
      }
      for (const { server } of ways) {
        for (const [place, wanted] of wants.entries()) {
          const call = (level: string) => {
            const meta = ways[0].modern ? { [LOG_LEVEL]: wanted } : {};
            const params = { name: `${server}__log`, arguments: { level, data: `${server} ${level}` } };
            return (clients[place] as Client).call('tools/call', params, { meta });
          };
          const heard = [await call('info'), await call('error')].map(({ interim }) =>
            paramsOf(interim, 'notifications/message').map((params) => at(params, 'data')),
          );
          const expected = wanted === 'debug' ? [[`${server} info`], [`${server} error`]] : [[], [`${server} error`]];
          // On a pipe, or a stream like one, that two clients have used nobody can tell whose a line is; it may be lost, and no more than that.
          const certain = server.startsWith('http') || heard.flat().length > 0;
          assert.deepEqual(heard, certain ? expected : [[], []], `${server} for ${wanted}`);
        }
      }
    });
  });
}

const LINK = (uri: string) => ({ type: 'resource', resource: { uri, text: 'uri' } });
const said = (uri: string) => ({
  role: 'assistant',
  model: 'm',
  content: [{ type: 'tool_result', toolUseId: 'u', content: [LINK(uri), LINK('file:///own')] }],
});

describe('older servers that ask one client at once', () => {
  const ways = OLDER;
  const name = (way: Way, tool: string) => `${way.server}__${tool}`;
  const asked = (stream: MessageStream) => stream.until(({ id, method }) => id !== undefined && method !== undefined);

  it('under the same id, get each their own answer, whichever comes first', async () => {
    const client = (await clientOf(ways[0], ABLE, '')) as LegacyClient;
    const streams = await Promise.all(
      ways.map((way) => client.start('tools/call', { name: name(way, 'ask'), arguments: { message: way.server } })),
    );
    const questions = await Promise.all(streams.map(asked));
    assert.equal(new Set(questions.map(({ id }) => id)).size, ways.length);
    assert.deepEqual(
      questions.map(({ params }) => at(params, 'message')),
      ways.map(({ server }) => server),
    );
    for (const at of [...ways.keys()].reverse())
      await client.answer(questions[at]?.id, { action: 'accept', content: { answer: at } });
    for (const [place, stream] of streams.entries()) {
      await stream.ended;
      const { answered } = JSON.parse(String(textOf(stream.messages.at(-1))));
      assert.deepEqual(answered, { action: 'accept', content: { answer: place } });
    }
    const ids = await Promise.all(
      ways.map(async (way) => (await upOf(way).received.until(({ body }) => body.includes('"accept"'))).message?.id),
    );
    assert.equal(new Set(ids).size, 1, 'the servers were to use the same id');
  });

  for (const way of ways) {
    it(`about a resource: the client’s model reads what it can name, and ${way.server} its own name again`, async () => {
      const client = (await clientOf(way, ABLE, '')) as LegacyClient;
      const args = { content: LINK('scripted://text') };
      const stream = await client.start('tools/call', { name: name(way, 'sample'), arguments: args });
      const question = await asked(stream);
      const uri = `${way.server}+scripted://text`;
      assert.deepEqual(at(question.params, 'messages', 0, 'content'), LINK(uri));
      await client.answer(question.id, said(uri));
      await stream.ended;
      const { answered } = JSON.parse(String(textOf(stream.messages.at(-1))));
      assert.deepEqual(answered, said('scripted://text'));
    });
  }

  it('all hear that its roots have changed', async () => {
    const client = (await clientOf(ways[0], ABLE, '')) as LegacyClient;
    for (const way of ways) await client.call('tools/call', { name: name(way, 'echo') });
    await client.notify('notifications/roots/list_changed');
    const isNews = ({ method }: { readonly method: string }) => method === 'notifications/roots/list_changed';
    await Promise.all(ways.map((way) => upOf(way).received.until(isNews)));
  });
});

describe('a newer server that asks about a resource', () => {
  for (const way of NEWER) {
    it(`(${way.server}) is read and answered under the client’s name for it, and reads its own`, async () => {
      const client = (await clientOf(way, ABLE, '')) as ModernClient;
      const uri = `${way.server}+scripted://text`;
      const args = { content: LINK('scripted://text'), own: LINK(uri) };
      const params = { name: `${way.server}__sample`, arguments: args };
      const { answer } = await client.call('tools/call', params);
      const question = at(answer, 'result', 'inputRequests', 'question');
      assert.deepEqual(at(question, 'params', 'messages', 0, 'content'), LINK(uri));
      const requestState = at(answer, 'result', 'requestState');
      const again = { ...params, inputResponses: { question: said(uri) }, requestState };
      const second = (await client.call('tools/call', again)).answer;
      assert.deepEqual(JSON.parse(String(textOf(second))), { answered: said('scripted://text'), stateKept: true });
      const arrived = upOf(way).received.of('tools/call').at(-1);
      assert.deepEqual(at(arrived?.message, 'params', 'arguments'), args, 'arguments are the client’s own');
    });
  }
});
