/*
 * The limits of what a newer server may ask of an older client in one call. At the limit all is well; one more ends the
 * call, and the client reads why.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { RpcMessage } from '../rig/json-rpc.ts';
import { type LegacyClient, type Reply, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { failureOf, openStage } from './stage.ts';

const up = { new: await startScripted({ revision: MODERN, transport: 'http' }) };
const limits = { questionsPerCallMax: 9, questionTimeoutMs: 300, bodyBytesMax: 4_096 };
const stage = await openStage(up, { config: { limits } });
after(() => stage.close());

const question = { method: 'elicitation/create', params: { message: 'Who?' } };
const asking = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`q${n}`, question]));
const opened = () => stage.legacy('new', { capabilities: { elicitation: {} } });

function interview(client: LegacyClient, rounds: readonly object[], answer: object = { action: 'cancel' }) {
  return client.callAnswering('tools/call', { name: 'interview', arguments: { rounds } }, () => answer);
}

function questionsIn({ interim }: Reply): readonly RpcMessage[] {
  return interim.filter(({ id, method }) => id !== undefined && method !== undefined);
}

describe('what a newer server asks of an older client', () => {
  it('questionRoundsMax: the eighth round of answers is sent, a ninth is not asked for', async () => {
    const client = await opened();
    const rounds = (count: number) => Array.from({ length: count }, (_, n) => ({ asks: { [`q${n}`]: question } }));
    const counts = await hitsOf(stage);
    const good = await interview(client, rounds(8));
    assert.deepEqual(JSON.parse(String(textOf(good.answer))), { responses: { q7: { action: 'cancel' } } });
    await counts.assertRose({});
    const bad = await interview(client, rounds(9));
    assert.equal(questionsIn(bad).length, 8);
    assert.equal(failureOf(bad.answer), 'upstream_insists');
    assert.match(String(textOf(bad.answer)), /after 8 rounds/);
    await counts.assertRose({ questionRoundsMax: 1 });
  });

  it('questionsPerCallMax: nine over all rounds of a call, the tenth ends it', async () => {
    const client = await opened();
    const counts = await hitsOf(stage);
    const good = await interview(client, [
      { asks: asking(4), keeps: true },
      { asks: asking(5), keeps: true },
    ]);
    assert.equal(questionsIn(good).length, 9);
    await counts.assertRose({});
    const bad = await interview(client, [
      { asks: asking(4), keeps: true },
      { asks: asking(6), keeps: true },
    ]);
    assert.equal(questionsIn(bad).length, 4);
    assert.equal(failureOf(bad.answer), 'upstream_insists');
    await counts.assertRose({ questionsPerCallMax: 1 });
  });

  it('questionTimeoutMs: who does not answer ends the call, and is told that it is over', async () => {
    const client = await opened();
    const counts = await hitsOf(stage);
    const { interim, answer } = await client.call('tools/call', {
      name: 'interview',
      arguments: { rounds: [{ asks: asking(2) }] },
    });
    assert.deepEqual(
      interim.map(({ method }) => method),
      ['elicitation/create', 'elicitation/create', 'notifications/cancelled', 'notifications/cancelled'],
    );
    assert.equal(failureOf(answer), 'upstream_timeout');
    assert.match(String(textOf(answer)), /client did not answer in time/);
    await counts.assertRose({ questionTimeoutMs: 1 });
  });

  it('bodyBytesMax: the answers of one round together are no larger than a body', async () => {
    const client = await opened();
    const counts = await hitsOf(stage);
    const frame = JSON.stringify({ action: 'accept', content: { a: '' } }).length;
    const answers = (bytes: number) => ({ action: 'accept', content: { a: 'x'.repeat(bytes / 2 - frame) } });
    const good = await interview(client, [{ asks: asking(2) }], answers(4_096));
    assert.ok(textOf(good.answer)?.toString().startsWith('{"responses"'), String(textOf(good.answer)));
    await counts.assertRose({});
    const bad = await interview(client, [{ asks: asking(2) }], answers(4_098));
    assert.equal(failureOf(bad.answer), 'client_unable');
    await counts.assertRose({ bodyBytesMax: 1 });
  });
});
