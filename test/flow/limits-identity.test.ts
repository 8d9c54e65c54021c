/*
 * The limits of finding out who asks: credentials that are kept warm, failures of one address, addresses that are counted.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { openStage, type Stage } from './stage.ts';

const NAMES = ['one', 'two'] as const;
const auth = { tokens: NAMES.map((name) => ({ name, token: `the-token-of-number-${name}-is-long-enough` })) };
const as = (who: (typeof NAMES)[number], more: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer the-token-of-number-${who}-is-long-enough`, ...more },
});
const bad = (more: Record<string, string> = {}) => ({
  headers: { authorization: 'Bearer a-guess-that-is-wrong-and-long-enough', ...more },
});

async function stageWith(limits: Record<string, number>, config = {}): Promise<Stage> {
  const up = await startScripted({ revision: MODERN, transport: 'http' });
  const stage = await openStage({ up }, { config: { auth, limits, ...config } });
  after(() => stage.close());
  return stage;
}

async function statusOf(stage: Stage, options: { readonly headers: Record<string, string> }): Promise<number> {
  const { status, stream } = await stage.modern('up', options).call('tools/list');
  if (status === 429) assert.match(String(stream.headers['retry-after']), /^[1-9]\d*$/);
  return status;
}

describe('limits of finding out who asks', () => {
  it('credentialsCachedMax: one is kept; another one takes its place, and both go on', async () => {
    const stage = await stageWith({ credentialsCachedMax: 1 });
    const hits = await hitsOf(stage);
    assert.deepEqual([await statusOf(stage, as('one')), await statusOf(stage, as('one'))], [200, 200]);
    await hits.assertRose({});
    assert.deepEqual([await statusOf(stage, as('two')), await statusOf(stage, as('one'))], [200, 200]);
    await hits.assertRose({ credentialsCachedMax: 2 });
  });

  it('failedAuthenticationsMax: two may fail; the third waits, and who was there before does not', async () => {
    const stage = await stageWith({ failedAuthenticationsMax: 2 });
    const hits = await hitsOf(stage);
    assert.equal(await statusOf(stage, as('one')), 200);
    assert.deepEqual([await statusOf(stage, bad()), await statusOf(stage, bad())], [401, 401]);
    await hits.assertRose({});
    assert.deepEqual(await Promise.all([statusOf(stage, bad()), statusOf(stage, as('two'))]), [429, 429]);
    await hits.assertRose({ failedAuthenticationsMax: 2 });
    assert.equal(await statusOf(stage, as('one')), 200);
  });

  it('failedAddressesMax: one address is counted; another one that fails takes its place', async () => {
    const limits = { failedAuthenticationsMax: 1, failedAddressesMax: 1 };
    const stage = await stageWith(limits, { listen: { port: 0, trustedProxies: ['127.0.0.1'] } });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    const hits = await hitsOf(stage);
    assert.equal(await statusOf(stage, bad(from('192.0.2.1'))), 401);
    assert.equal(await statusOf(stage, bad(from('192.0.2.1'))), 429);
    await hits.assertRose({ failedAuthenticationsMax: 1 });
    assert.equal(await statusOf(stage, bad(from('192.0.2.2'))), 401);
    assert.equal(await statusOf(stage, bad(from('192.0.2.1'))), 401);
    await hits.assertRose({ failedAuthenticationsMax: 1, failedAddressesMax: 2 });
  });
});
