/*
 * A newer server that asks, and a client of an older revision: what the server's results ask for becomes requests on the
 * client's open call, and what the client answers is in the call when it is made again. The client sees one call.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, errorOf, type RpcMessage } from '../rig/json-rpc.ts';
import { type LegacyClient, type Reply, textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const up: Record<string, Scripted> = {
  'http-new': await startScripted({ revision: MODERN, transport: 'http' }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio' }),
};
const stage = await openStage(up);
after(() => stage.close());

const ABLE = { elicitation: { form: {}, url: {} }, sampling: { tools: {} }, roots: { listChanged: true } };
const SCHEMA = { type: 'object', properties: { answer: { type: 'string' } } };
const form = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: SCHEMA } };
const goTo = { method: 'elicitation/create', params: { mode: 'url', message: 'There', url: 'https://example.com/x' } };
const roots = { method: 'roots/list' };
const sample = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Say.' } }], maxTokens: 9 },
};

const ANSWERS: Readonly<Record<string, JsonObject>> = {
  'elicitation/create': { action: 'accept', content: { answer: 'me' } },
  'sampling/createMessage': { role: 'assistant', model: 'm', content: { type: 'text', text: 'said' } },
  'roots/list': { roots: [{ uri: 'file:///a', name: 'A' }] },
};
const usual = ({ method }: RpcMessage): JsonObject => ANSWERS[String(method)] ?? {};

interface Round {
  readonly asks?: JsonObject;
  readonly keeps?: boolean;
}

function interview(client: LegacyClient, rounds: readonly Round[], answerTo = usual, prefix = ''): Promise<Reply> {
  return client.callAnswering('tools/call', { name: `${prefix}interview`, arguments: { rounds } }, answerTo);
}

/** What the last of the server's calls brought. */
function broughtBy({ answer }: Reply): unknown {
  return JSON.parse(String(textOf(answer)));
}

const opened = (server: string, revision: Revision = '2025-11-25', capabilities: JsonObject = ABLE) =>
  stage.legacy(server, { capabilities }, revision);

for (const server of ['http-new', 'pipe-new']) {
  for (const revision of ['2025-11-25', '2025-06-18'] as const) {
    describe(`${server} asks a client of ${revision}`, () => {
      it('for one thing of each kind, on the call’s own stream, and gets what was answered', async () => {
        const client = await opened(server, revision);
        const elsewhere = await client.listen();
        for (const question of [form, sample, roots]) {
          const reply = await interview(client, [{ asks: { 'the key': question }, keeps: true }]);
          const [asked, ...others] = reply.interim;
          assert.deepEqual(
            [asked?.method, asked?.params],
            [question.method, 'params' in question ? question.params : undefined],
          );
          assert.deepEqual(others, []);
          assert.deepEqual(broughtBy(reply), { responses: { 'the key': ANSWERS[question.method] }, state: 'round 1' });
        }
        assert.deepEqual(elsewhere.messages, []);
      });

      it('for several things at once, under an id each', async () => {
        const client = await opened(server, revision);
        const asks = { b: form, a: roots, 'ö"': sample };
        const stream = await client.start('tools/call', { name: 'interview', arguments: { rounds: [{ asks }] } });
        const isQuestion = ({ method, id }: RpcMessage) => method !== undefined && id !== undefined;
        await stream.until(({ method }) => method === sample.method);
        const questions = stream.messages.filter(isQuestion);
        assert.deepEqual(
          questions.map(({ method }) => method),
          [form, roots, sample].map(({ method }) => method),
        );
        assert.equal(new Set(questions.map(({ id }) => id)).size, 3);
        for (const { id, ...question } of questions.toReversed()) await client.answer(id, usual(question));
        await stream.ended;
        const { responses, state } = JSON.parse(String(textOf(stream.messages.at(-1))));
        assert.deepEqual(responses, { b: usual(form), a: usual(roots), 'ö"': usual(sample) });
        assert.equal(state, undefined);
      });

      it('round after round, with a state, without one, and with a state alone', async () => {
        const client = await opened(server, revision);
        const rounds = [
          { asks: { one: form }, keeps: true },
          { keeps: true },
          { asks: { two: roots } },
          { asks: { three: form } },
        ];
        const reply = await interview(client, rounds);
        assert.deepEqual(broughtBy(reply), { responses: { three: usual(form) } });
        assert.equal(reply.interim.length, 3);
      });

      it('and hears that the person declined', async () => {
        const client = await opened(server, revision);
        const reply = await interview(client, [{ asks: { q: form } }], () => ({ action: 'decline' }));
        assert.deepEqual(broughtBy(reply), { responses: { q: { action: 'decline' } } });
      });

      it('who answers with an error, and reads what was asked and why it failed', async () => {
        const client = await opened(server, revision);
        const call = { name: 'interview', arguments: { rounds: [{ asks: { a: form, b: roots } }] } };
        const stream = await client.start('tools/call', call);
        const { id } = await stream.until(({ method }) => method === form.method);
        const other = await stream.until(({ method }) => method === roots.method);
        await client.post(errorOf(id, -1, 'No user here'));
        await stream.ended;
        const answer = stream.messages.at(-1);
        assert.equal(failureOf(answer), 'client_unable');
        assert.match(String(textOf(answer)), /elicitation\/create \(Who\?\).*No user here/);
        const withdrawn = stream.messages.find(({ method }) => method === 'notifications/cancelled');
        assert.equal(at(withdrawn?.params, 'requestId'), other.id);
      });

      it('only for what it can do: it is told so, and nobody is asked', async () => {
        for (const [capabilities, question, missing] of [
          [{}, form, 'elicitation.form'],
          [{ elicitation: {} }, sample, 'sampling'],
          [{ sampling: {} }, roots, 'roots'],
          [{ sampling: {} }, { ...sample, params: { ...sample.params, tools: [] } }, 'sampling.tools'],
          [{ elicitation: {} }, goTo, 'elicitation.url'],
        ] as const) {
          const client = await opened(server, revision, capabilities);
          const { interim, answer } = await interview(client, [{ asks: { a: question } }]);
          assert.deepEqual(interim, []);
          assert.equal(failureOf(answer), 'client_unable');
          assert.ok(String(textOf(answer)).includes(missing), String(textOf(answer)));
        }
      });
    });
  }

  describe(`${server} and what older revisions lack`, () => {
    it('a URL to go to has an id for clients of 2025-11-25, and does not exist before', async () => {
      const client = await opened(server);
      const reply = await interview(client, [{ asks: { u: goTo } }], () => ({ action: 'accept' }));
      const { elicitationId, ...params } = (reply.interim[0]?.params ?? {}) as Record<string, unknown>;
      assert.deepEqual(params, goTo.params);
      assert.match(String(elicitationId), /^[0-9a-f-]{36}$/);
      assert.deepEqual(broughtBy(reply), { responses: { u: { action: 'accept' } } });
      const before = await interview(await opened(server, '2025-06-18'), [{ asks: { u: goTo } }]);
      assert.deepEqual([before.interim, failureOf(before.answer)], [[], 'client_unable']);
    });

    it('nobody is asked to fill in a form before 2025-06-18, whatever the client says that it can', async () => {
      for (const revision of ['2025-03-26', '2024-11-05'] as const) {
        const client = await opened(server, revision);
        const asked = await interview(client, [{ asks: { f: form } }]);
        assert.deepEqual([asked.interim, failureOf(asked.answer)], [[], 'client_unable']);
        assert.deepEqual(broughtBy(await interview(client, [{ asks: { r: roots } }])), {
          responses: { r: usual(roots) },
        });
      }
    });

    it('the server hears with each call what the client can do, in its own words', async () => {
      const told = async (revision: Revision, capabilities: JsonObject) =>
        JSON.parse(
          String(
            textOf(
              (await (await opened(server, revision, capabilities)).call('tools/call', { name: 'offered' })).answer,
            ),
          ),
        );
      const extensions = { 'com.example/x': {} };
      assert.deepEqual(await told('2025-11-25', { ...ABLE, tasks: { list: {} }, extensions }), {
        ...ABLE,
        roots: {},
        extensions,
      });
      assert.deepEqual(await told('2025-06-18', ABLE), { elicitation: { form: {} }, sampling: {}, roots: {} });
      assert.deepEqual(await told('2024-11-05', ABLE), { sampling: {}, roots: {} });
    });
  });
}
