/*
 * Tasks of servers behind the gateway: begun, followed, answered and cancelled under ids of the gateway's own, which are
 * good for whoever they were given to, at that endpoint, and for nobody else (A-T17).
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { headerOf } from '../rig/received.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const EXTENSION = 'io.modelcontextprotocol/tasks';
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
const ABLE = { extensions: { [EXTENSION]: {} }, sampling: {} };
const TOKENS = { ann: 'token-of-ann-0123456789abcdef-0123', bob: 'token-of-bob-0123456789abcdef-0123' };
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };

const options = {
  ...{ revision: MODERN, tools: [{ name: 'begin', inputSchema: { type: 'object' } }] },
  capabilities: { tools: {}, resources: {}, extensions: { [EXTENSION]: {} } },
} as const;
const up: Record<string, Scripted> = {
  http: await startScripted({ ...options, transport: 'http' }),
  pipe: await startScripted({ ...options, transport: 'stdio' }),
  old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
};
const stage = await openStage(up, { config: { auth } });
after(() => stage.close());

const upOf = (server: string) => up[server] as Scripted;
type Who = keyof typeof TOKENS | 'nobody';
const headersOf = (who: Who) => (who !== 'nobody' ? { authorization: `Bearer ${TOKENS[who]}` } : {});
const clientAt = (endpoint: string, who: Who = 'ann', capabilities: object = ABLE) =>
  stage.modern(endpoint, { capabilities: { ...capabilities }, headers: headersOf(who) });

async function begun(client: ReturnType<typeof clientAt>, prefix = ''): Promise<string> {
  const { answer } = await client.call('tools/call', { name: `${prefix}begin` });
  assert.equal(at(answer, 'result', 'resultType'), 'task', JSON.stringify(answer));
  return String(at(answer, 'result', 'taskId'));
}

const isTask = (message: RpcMessage) => message.method === 'notifications/tasks';

for (const server of ['http', 'pipe']) {
  for (const [endpoint, prefix, link] of [
    [server, '', 'scripted://text'],
    ['', `${server}__`, `${server}+scripted://text`],
  ] as const) {
    describe(`a task of ${server} at ${endpoint || 'the endpoint of all'}`, () => {
      it('has one id from its beginning to its end, and its server reads its own', async () => {
        const client = clientAt(endpoint);
        const taskId = await begun(client, prefix);
        assert.match(taskId, /^[A-Za-z0-9_-]{40,}$/);
        const asked = (await client.call('tasks/get', { taskId })).answer?.result;
        assert.deepEqual([at(asked, 'taskId'), at(asked, 'status')], [taskId, 'input_required']);
        const question = at(asked, 'inputRequests', 'question', 'params', 'messages', 0, 'content');
        assert.equal(at(question, 'uri'), link);

        const said = { role: 'assistant', model: 'm', content: { type: 'resource_link', uri: link, name: 'x' } };
        const update = await client.call('tasks/update', { taskId, inputResponses: { question: said } });
        assert.equal(at(update.answer, 'result', 'resultType'), 'complete');
        const done = (await client.call('tasks/get', { taskId })).answer?.result;
        assert.deepEqual([at(done, 'taskId'), at(done, 'status')], [taskId, 'completed']);
        assert.equal(at(done, 'result', 'content', 1, 'uri'), link);
        assert.match(String(at(done, 'result', 'content', 0, 'text')), /"uri":"scripted:\/\/text"/);

        const { received } = upOf(server);
        const { message } = await received.until(({ method }) => method === 'tasks/update');
        assert.match(String(at(message?.params, 'taskId')), /^task-\d+$/);
        for (const each of received.of('tasks/get')) {
          if (each.via === 'POST') assert.equal(headerOf(each, 'mcp-name'), at(each.message?.params, 'taskId'));
        }
      });

      it('can be cancelled, and listened to', async () => {
        const client = clientAt(endpoint);
        const taskId = await begun(client, prefix);
        const other = await begun(client, prefix);
        const stream = await client.listen({ taskIds: [taskId, 'task-1'] }, { id: 'mine' });
        assert.deepEqual(at(stream.messages[0]?.params, 'notifications'), { taskIds: [taskId] });
        for (const each of [other, taskId]) {
          const { answer } = await client.call('tasks/cancel', { taskId: each });
          assert.equal(at(answer, 'result', 'resultType'), 'complete');
        }
        await stream.until(isTask);
        const told = stream.messages.filter(isTask).map(({ params }) => params);
        assert.equal(told.length, 1);
        assert.deepEqual([at(told[0], 'taskId'), at(told[0], 'status')], [taskId, 'cancelled']);
        assert.deepEqual(at(told[0], '_meta'), { [SUBSCRIPTION]: 'mine' });
        stream.abort();
      });
    });
  }
}

describe('a client that is told of its task by the server', () => {
  it('reads its result with names that it can use', async () => {
    const client = clientAt('');
    const taskId = await begun(client, 'http__');
    const stream = await client.listen({ taskIds: [taskId] });
    await client.call('tasks/update', { taskId, inputResponses: {} });
    const { params } = await stream.until(isTask);
    assert.equal(at(params, 'result', 'content', 1, 'uri'), 'http+scripted://text');
    stream.abort();
  });
});

describe('the id of a task is the id of none', async () => {
  const taskId = await begun(clientAt('http'));
  const flipped = `${taskId.slice(0, 30)}${taskId[30] === 'A' ? 'B' : 'A'}${taskId.slice(31)}`;
  const rows: [string, () => ReturnType<typeof clientAt>, string][] = [
    ['to another user', () => clientAt('http', 'bob'), taskId],
    ['at another endpoint', () => clientAt(''), taskId],
    ['at the endpoint of another server', () => clientAt('pipe'), taskId],
    ['when one character differs', () => clientAt('http'), flipped],
    ['when it is the server’s own', () => clientAt('http'), 'task-1'],
    ['when it is empty', () => clientAt('http'), ''],
  ];
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
    for (const [to, client, id] of rows) {
      it(`${to} (${method})`, async () => {
        const before = upOf('http').received.of(method).length;
        const { answer, status } = await client().call(method, { taskId: id, inputResponses: {} });
        assert.deepEqual([status, at(answer, 'error', 'code')], [200, -32602]);
        assert.equal(at(answer, 'error', 'message'), 'Unknown task.');
        assert.equal(upOf('http').received.of(method).length, before);
      });
    }
    it(`without a token, which is asked for first (${method})`, async () => {
      assert.equal((await clientAt('http', 'nobody').call(method, { taskId })).status, 401);
    });
  }
  it('for who listens: nothing of it is agreed to', async () => {
    for (const [, client, id] of rows) {
      const stream = await client().listen({ taskIds: [id], toolsListChanged: true });
      assert.equal(at(stream.messages[0]?.params, 'notifications', 'taskIds'), undefined);
      stream.abort();
    }
  });
  it('and the id of a listen stream ends it for its own client alone', async () => {
    const stream = await clientAt('http').listen({ taskIds: [taskId] }, { id: 'mine' });
    const params = { requestId: 'mine', _meta: { [SUBSCRIPTION]: 'mine' } };
    for (const who of ['bob', 'ann'] as const) await clientAt('http', who).notify('notifications/cancelled', params);
    await clientAt('http').call('tasks/update', { taskId, inputResponses: {} });
    await stream.until(isTask);
    stream.abort();
  });
  it('but for its own client it is, all the while', async () => {
    const { answer } = await clientAt('http').call('tasks/get', { taskId });
    assert.equal(at(answer, 'result', 'taskId'), taskId);
  });
});

describe('what does not fit is refused in words', () => {
  it('a header that names another task than the body', async () => {
    const client = clientAt('http');
    const taskId = await begun(client);
    for (const name of ['task-1', '']) {
      const { status, answer } = await client.call('tasks/get', { taskId }, { headers: { 'mcp-name': name } });
      assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32020]);
    }
  });
  it('a task for a client that did not say it can follow one', async () => {
    const { answer } = await clientAt('http', 'ann', {}).call('tools/call', { name: 'begin' });
    assert.equal(failureOf(answer), 'upstream_invalid');
    assert.match(JSON.stringify(answer), /did not declare io\.modelcontextprotocol\/tasks/);
  });
  it('listening to tasks without having said so, and ids that are none', async () => {
    const { answer, status } = await clientAt('http', 'ann', {}).call('subscriptions/listen', {
      notifications: { taskIds: ['x'] },
    });
    assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32021]);
    assert.deepEqual(at(answer, 'error', 'data'), { requiredCapabilities: { extensions: { [EXTENSION]: {} } } });
    const odd = await clientAt('http').call('subscriptions/listen', { notifications: { taskIds: [7] } });
    assert.equal(at(odd.answer, 'error', 'code'), -32602);
  });
  it('an answer about another task than was asked for, or a task where none can be', async () => {
    const client = clientAt('http');
    const taskId = await begun(client);
    const wrong = { resultType: 'complete', taskId: 'task-of-another', status: 'working' };
    await upOf('http').set('tasks/get', { answer: wrong, times: 1 });
    const { answer } = await client.call('tasks/get', { taskId });
    assert.equal(at(answer, 'error', 'code'), -31014);
    await upOf('http').set('resources/read', { answer: { resultType: 'task', taskId: 'T' }, times: 1 });
    const read = await client.call('resources/read', { uri: 'scripted://text' });
    assert.equal(at(read.answer, 'error', 'code'), -31014);
  });
  it('tasks of an older client: there is no such method in a session', async () => {
    const client = await stage.legacy('http', { headers: headersOf('ann') });
    const { answer } = await client.call('tasks/get', { taskId: 'x' });
    assert.equal(at(answer, 'error', 'code'), -32601);
  });
});
