/*
 * Rights change while clients are there: who is concerned is told, what may not be followed any more ends, a place that is
 * gone for somebody is gone with all that was opened there, and calls that were let in go on.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage, placeOf } from '../flow/stage.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const TOKENS = { ann: 'token-of-ann-0123456789abcdef-0123', bob: 'token-of-bob-0123456789abcdef-0123' };
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };
const up = { fs: await startScripted({ revision: MODERN, transport: 'http' }) };
const stage = await openStage(up, { config: { auth } });
after(() => stage.close());

const first = { servers: { fs: placeOf(up.fs) }, auth };
const headers = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
const modern = (who: keyof typeof TOKENS, endpoint = 'fs') => stage.modern(endpoint, { headers: headers(who) });
const callOf = (name: string, args: object = {}) => ['tools/call', { name, arguments: args }] as const;
const isToolsChange = ({ method }: RpcMessage) => method === 'notifications/tools/list_changed';
const isUpdate = ({ method }: RpcMessage) => method === 'notifications/resources/updated';

async function rewritten(config: object): Promise<void> {
  const before = stage.gateway.said.length;
  await stage.gateway.rewrite({ ...config });
  await stage.gateway.until((line) => line.event === 'reloaded' && stage.gateway.said.indexOf(line) >= before);
}

describe('a rule that is new', async () => {
  const denied = { servers: ['fs'], tools: ['echo'], resources: ['scripted://text'] };
  const policy = { name: 'no', effect: 'deny', who: { principals: ['token:ann'] }, what: denied };
  const listens = { toolsListChanged: true, resourceSubscriptions: ['scripted://changing'] };
  const [ann, bob] = [await modern('ann').listen(listens), await modern('bob').listen(listens)];
  const watching = await modern('ann').listen({ resourceSubscriptions: ['scripted://text', 'scripted://changing'] });
  const session = await stage.legacy('fs', { headers: headers('ann') });
  const stream = await session.listen();
  for (const uri of ['scripted://text', 'scripted://changing']) await session.call('resources/subscribe', { uri });
  const slow = modern('ann').call(...callOf('progress', { steps: 8, everyMs: 100 }));
  await up.fs.received.until(({ message }) => at(message?.params, 'name') === 'progress');
  await rewritten({ ...first, access: { policies: [policy] } });

  it('is told to whose lists are others, and to nobody else', async () => {
    await ann.until(isToolsChange);
    await stream.until(isToolsChange);
    assert.equal(bob.messages.some(isToolsChange), false);
  });
  it('holds for the next call, and not for one that was let in', async () => {
    assert.equal(at((await modern('ann').call(...callOf('echo'))).answer, 'error', 'message'), 'Unknown tool.');
    assert.equal(textOf((await modern('bob').call(...callOf('echo', { n: 1 }))).answer), '{"n":1}');
    assert.equal(textOf((await slow).answer), 'progressed 8');
  });
  it('ends a listen stream that carries what may not be followed any more, and no other', async () => {
    await watching.ended;
    assert.equal(at(watching.messages.at(-1), 'result', 'resultType'), 'complete');
    const again = await modern('ann').listen({ resourceSubscriptions: ['scripted://text', 'scripted://changing'] });
    const agreed = at(again.messages[0], 'params', 'notifications', 'resourceSubscriptions');
    assert.deepEqual(agreed, ['scripted://changing']);
    again.abort();
  });
  it('ends a subscription of a session, and leaves the others', async () => {
    for (const uri of ['scripted://text', 'scripted://changing']) await modern('bob').call(...callOf('touch', { uri }));
    await stream.until((message) => isUpdate(message) && at(message.params, 'uri') === 'scripted://changing');
    await ann.until((message) => isUpdate(message) && at(message.params, 'uri') === 'scripted://changing');
    const told = [...stream.messages, ...ann.messages].filter(isUpdate).map(({ params }) => at(params, 'uri'));
    assert.equal(told.includes('scripted://text'), false);
  });
  it('that takes a place away takes away what was opened there', async () => {
    await rewritten({ ...first, access: { policies: [{ ...policy, what: '*' }] } });
    await stream.ended;
    assert.equal((await session.call('ping')).status, 404);
    assert.equal((await modern('ann').call('tools/list')).status, 404);
    assert.deepEqual(at((await modern('ann', '').call('tools/list')).answer, 'result', 'tools'), []);
    assert.equal((await modern('bob').call('tools/list')).status, 200);
  });
  it('that goes brings everything back', async () => {
    await rewritten(first);
    assert.equal(textOf((await modern('ann').call(...callOf('echo', { n: 2 }))).answer), '{"n":2}');
    for (const each of [ann, bob]) each.abort();
  });
});
