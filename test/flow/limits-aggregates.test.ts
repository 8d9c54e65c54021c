/*
 * The limits of what servers bring into an endpoint that they share: one entry, and what they say of themselves.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { MODERN, type ScriptedTool } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { openStage } from './stage.ts';

const BYTES_MAX = 2_048;

function toolOf(bytes: number): ScriptedTool {
  const tool = { name: `of-${bytes}`, description: '', inputSchema: { type: 'object' } };
  return { ...tool, description: 'x'.repeat(bytes - JSON.stringify(tool).length) };
}

describe('what servers bring along', async () => {
  const instructions = 'x'.repeat(BYTES_MAX - '## wordy\n\n'.length);
  const discovered = (words: string) => ({
    behaviours: {
      'server/discover': {
        answer: {
          supportedVersions: [MODERN],
          capabilities: { tools: {} },
          instructions: words,
          ttlMs: 0,
          cacheScope: 'private',
        },
      },
    },
  });
  const up = {
    heavy: await startScripted({
      revision: MODERN,
      transport: 'http',
      tools: [toolOf(BYTES_MAX), toolOf(BYTES_MAX + 1)],
    }),
    wordy: await startScripted({ revision: MODERN, transport: 'http', ...discovered(instructions) }),
    wordier: await startScripted({ revision: MODERN, transport: 'http', ...discovered(`${instructions}x`) }),
  };
  const stage = await openStage(up, {
    entries: { heavy: { entryBytesMax: BYTES_MAX } },
    config: {
      limits: { instructionsBytesMax: BYTES_MAX },
      endpoints: { fits: { servers: ['wordy'] }, cut: { servers: ['wordier'] } },
    },
  });
  after(() => stage.close());

  it('entryBytesMax: a tool at the limit is listed, a larger one is not, and its neighbours are', async () => {
    const { answer } = await stage.modern('heavy').call('tools/list');
    const names = (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);
    assert.equal(names.includes(`of-${BYTES_MAX}`), true);
    assert.equal(names.includes(`of-${BYTES_MAX + 1}`), false);
    assert.equal(names.includes('echo'), true);
    assert.equal(await stage.metric('gatewright_limit_hits_total{limit="entryBytesMax"}'), 1);
  });

  it('instructionsBytesMax: words up to the limit are passed on whole, more are cut', async () => {
    const said = async (endpoint: string) =>
      String(at((await stage.modern(endpoint).call('server/discover')).answer, 'result', 'instructions'));
    const counts = await hitsOf(stage);
    assert.ok((await said('fits')).endsWith(instructions));
    await counts.assertRose({});
    assert.match(await said('cut'), /x…$/);
    await counts.assertRose({ instructionsBytesMax: 1 });
  });
});

describe('endpoints as callers see them', async () => {
  const up = {
    one: await startScripted({ revision: MODERN, transport: 'http' }),
    two: await startScripted({ revision: MODERN, transport: 'http' }),
  };
  const stage = await openStage(up, { config: { limits: { viewsMax: 2 } } });
  after(() => stage.close());

  it('viewsMax: as many as the limit are kept; one more takes the place of that used least lately', async () => {
    const listed = async (endpoint: string) => at((await stage.modern(endpoint).call('tools/list')).answer, 'result');
    const counts = await hitsOf(stage);
    for (const endpoint of ['one', 'two', 'one']) await listed(endpoint);
    await counts.assertRose({});
    const all = await listed('');
    await counts.assertRose({ viewsMax: 1 });
    await listed('one');
    await counts.assertRose({ viewsMax: 1 });
    await listed('two');
    await counts.assertRose({ viewsMax: 2 });
    assert.deepEqual(await listed(''), all);
  });
});
