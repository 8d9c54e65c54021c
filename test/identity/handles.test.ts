/*
 * Handles (A-T17): what a client is given to come back with opens for whom it was given to, and for nobody else: not for
 * another user, one of another organisation, another credential of the same user, or somebody without any. To those it is
 * the handle of nothing, and the owner's work goes on.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { askedIn, bringing } from '../flow/asked.ts';
import { openStage, placeOf } from '../flow/stage.ts';
import { at, request } from '../rig/json-rpc.ts';
import { openStream } from '../rig/message-stream.ts';
import { legacyClient, textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const tokenOf = (name: string) => `token-of-${name}-0123456789abcdef-012345`;
const HOLDERS: Readonly<Record<string, JsonObject>> = {
  ann: { user: 'ann' },
  'ann-too': { user: 'ann' },
  bob: {},
  eve: { organisation: 'acme' },
};
const SHARED = { visibility: 'shared' };
const up = {
  srv: await startScripted({
    ...{ revision: MODERN, transport: 'http', tools: [{ name: 'begin', inputSchema: { type: 'object' } }] },
    capabilities: { tools: {}, resources: { subscribe: true }, extensions: { 'io.modelcontextprotocol/tasks': {} } },
  }),
  old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  big: await startScripted({
    ...{ revision: MODERN, transport: 'http', bare: true },
    tools: Array.from({ length: 1_010 }, (_, n) => ({ name: `tool_${n}`, inputSchema: { type: 'object' } })),
  }),
};
const access = { organisations: { acme: {} }, users: { ann: {} } };
const authOf = (names: readonly string[]) => ({
  tokens: names.map((name) => ({ name, token: tokenOf(name), ...HOLDERS[name] })),
});
const entries = { srv: SHARED, old: SHARED, big: SHARED };
const stage = await openStage(up, { entries, config: { auth: authOf(Object.keys(HOLDERS)), access } });
after(() => stage.close());

const UNKNOWN_TASK = { status: 200, code: 'Unknown task.' };
const ACTORS = ['bob', 'eve', 'ann-too', 'nobody'];
const headersOf = (who: string): Record<string, string> =>
  who === 'nobody' ? {} : { authorization: `Bearer ${tokenOf(who)}` };
const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} }, elicitation: {} };
const clientOf = (who: string, endpoint = '') => stage.modern(endpoint, { headers: headersOf(who), capabilities });

/** Of the answer to whoever has no right to the handle: 401 without a credential, else that of a handle of nothing. */
function assertNothing(
  who: string,
  said: { status: number; code?: unknown },
  nothing: { status: number; code?: unknown },
) {
  if (who === 'nobody') assert.equal(said.status, 401);
  else assert.deepEqual(said, nothing);
}

for (const who of ACTORS) {
  describe(`in the hands of ${who}`, () => {
    it('the id of a session opens no session, and its owner’s goes on', async () => {
      const owner = await stage.legacy('', { headers: headersOf('ann') });
      const stream = await owner.listen();
      const thief = legacyClient(stage.url(), '2025-11-25', { headers: headersOf(who) });
      stage.onClose(() => thief.close());
      Object.assign(thief, { sessionId: owner.sessionId, initialized: owner.initialized });
      const acts = [
        async () => (await thief.call('tools/list')).status,
        async () => (await thief.call('tools/call', { name: 'srv__echo', arguments: {} })).status,
        async () => (await thief.listen()).status,
        async () => (await thief.answer(1, {})).status,
        async () => (await thief.delete()).status,
      ];
      for (const act of acts) assertNothing(who, { status: await act() }, { status: 404 });
      const { answer } = await owner.call('tools/call', { name: 'srv__echo', arguments: { n: 1 } });
      assert.equal(textOf(answer), '{"n":1}');
      assert.equal(stream.status, 200);
      stream.abort();
    });

    it('the address of a stream takes nothing, and its owner’s stream goes on', async () => {
      const owner = await stage.sse('', { headers: headersOf('ann') });
      const posted = await openStream({
        ...{ url: owner.endpoint, method: 'POST', body: JSON.stringify(request(77, 'tools/list')) },
        headers: { 'content-type': 'application/json', ...headersOf(who) },
      });
      await posted.ended;
      assertNothing(who, { status: posted.status }, { status: 404 });
      assert.ok((await owner.call('ping')).result);
      assert.equal(
        owner.stream?.messages.some(({ id }) => id === 77),
        false,
      );
    });

    it('the id of a task is the id of no task, and its owner goes on with it', async () => {
      const { answer } = await clientOf('ann').call('tools/call', { name: 'srv__begin' });
      const taskId = at(answer, 'result', 'taskId');
      for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
        const heard = up.srv.received.of(method).length;
        const said = await clientOf(who).call(method, { taskId, inputResponses: {} });
        assertNothing(who, { status: said.status, code: at(said.answer, 'error', 'message') }, UNKNOWN_TASK);
        assert.equal(up.srv.received.of(method).length, heard);
      }
      if (who !== 'nobody') {
        const stream = await clientOf(who).listen({ taskIds: [taskId] });
        assert.equal(at(stream.messages[0], 'params', 'notifications', 'taskIds'), undefined);
        stream.abort();
      }
      const done = await clientOf('ann').call('tasks/cancel', { taskId });
      assert.equal(at(done.answer, 'result', 'resultType'), 'complete');
    });

    it('a requestState is good for nothing, and its owner’s call goes on', async () => {
      const asking = { name: 'old__ask', arguments: { message: 'Who?' } };
      const asked = askedIn(await clientOf('ann').call('tools/call', asking));
      const brought = { ...asking, ...bringing(asked, { action: 'accept', content: {} }) };
      const calls = up.old.received.of('tools/call').length;
      const said = await clientOf(who).call('tools/call', brought);
      assertNothing(
        who,
        { status: said.status, code: at(said.answer, 'error', 'code') },
        { status: 200, code: -32602 },
      );
      assert.equal(up.old.received.of('tools/call').length, calls);
      const done = await clientOf('ann').call('tools/call', brought);
      assert.equal(at(done.answer, 'result', 'resultType'), 'complete', done.stream.rawBody);
    });

    it('the id of a listen stream, and that of a call, ends neither', async () => {
      const stream = await clientOf('ann', 'srv').listen(
        { resourceSubscriptions: ['scripted://text'] },
        { id: 'mine' },
      );
      const slow = clientOf('ann').call(
        'tools/call',
        { name: 'srv__progress', arguments: { steps: 3, everyMs: 20 } },
        { id: 'call', meta: { progressToken: 'token' } },
      );
      for (const requestId of ['mine', 'call', 'token']) {
        const { status } = await clientOf(who, 'srv').notify('notifications/cancelled', { requestId });
        assert.equal(status, who === 'nobody' ? 401 : 202);
      }
      const own = await clientOf(who).call(
        'tools/call',
        { name: 'srv__progress', arguments: { steps: 0, everyMs: 1 } },
        { id: 'call', meta: { progressToken: 'token' } },
      );
      assert.deepEqual(own.interim, []);
      const { answer, interim } = await slow;
      assert.equal(textOf(answer), 'progressed 3');
      assert.equal(interim.length, 3);
      await clientOf('ann').call('tools/call', { name: 'srv__touch', arguments: { uri: 'scripted://text' } });
      await stream.until(({ params }) => at(params, 'uri') === 'scripted://text');
      stream.abort();
    });

    it('a cursor leads to what is one’s own, and to nothing of anybody else', async () => {
      const first = await clientOf('ann', 'big').call('tools/list');
      const cursor = at(first.answer, 'result', 'nextCursor');
      assert.equal(typeof cursor, 'string');
      const said = await clientOf(who, 'big').call('tools/list', { cursor });
      if (who === 'nobody') assert.equal(said.status, 401);
      else if (at(said.answer, 'error') === undefined) {
        // The same rights, the same list: everything on the page is the caller's own.
        const own = await clientOf(who, 'big').call('tools/list', {
          cursor: at((await clientOf(who, 'big').call('tools/list')).answer, 'result', 'nextCursor'),
        });
        assert.deepEqual(at(said.answer, 'result', 'tools'), at(own.answer, 'result', 'tools'));
      } else assert.equal(at(said.answer, 'error', 'message'), 'Unknown cursor.');
      const { answer } = await clientOf('ann', 'big').call('tools/list', { cursor });
      assert.equal((at(answer, 'result', 'tools') as unknown[]).length, 10);
    });
  });
}

describe('in the hands of whose token was taken back', () => {
  const asking = { name: 'old__ask', arguments: { message: 'Who?' } };
  let held: Awaited<ReturnType<typeof heldAndLost>>;

  /** What ann has, and what becomes of it. */
  async function heldAndLost() {
    const owner = await stage.legacy('', { headers: headersOf('ann') });
    const stream = await owner.listen();
    const begun = await clientOf('ann').call('tools/call', { name: 'srv__begin' });
    const asked = askedIn(await clientOf('ann').call('tools/call', asking));
    const page = await clientOf('ann', 'big').call('tools/list');
    const other = await stage.legacy('', { headers: headersOf('ann-too') });
    const servers = Object.fromEntries(
      Object.entries(up).map(([name, each]) => [name, { ...placeOf(each), ...SHARED }]),
    );
    const auth = authOf(Object.keys(HOLDERS).filter((name) => name !== 'ann'));
    const said = stage.gateway.said.length;
    await stage.gateway.rewrite({ servers, auth, access });
    await stage.gateway.until((line) => line.event === 'reloaded' && stage.gateway.said.indexOf(line) >= said);
    return { owner, stream, other, begun, asked, cursor: at(page.answer, 'result', 'nextCursor') };
  }
  before(async () => {
    held = await heldAndLost();
  });

  const rows: readonly [string, () => Promise<{ readonly status: number }>][] = [
    ['the id of the own session', () => held.owner.call('tools/list')],
    ['the own stream', () => held.owner.listen()],
    ['the end of the own session', () => held.owner.delete()],
    [
      'the id of the own task',
      () => clientOf('ann').call('tasks/get', { taskId: at(held.begun.answer, 'result', 'taskId') }),
    ],
    [
      'the own requestState',
      () =>
        clientOf('ann').call('tools/call', { ...asking, ...bringing(held.asked, { action: 'accept', content: {} }) }),
    ],
    ['the own cursor', () => clientOf('ann', 'big').call('tools/list', { cursor: held.cursor })],
    ['a listen stream', () => clientOf('ann').start('subscriptions/listen', { notifications: {} })],
  ];
  for (const [what, use] of rows) it(`${what} opens nothing`, async () => assert.equal((await use()).status, 401));
  it('what was open ends', () => held.stream.ended);
  it('another credential of the same user goes on', async () => {
    assert.deepEqual((await held.other.call('ping')).answer?.result, {});
  });
});
