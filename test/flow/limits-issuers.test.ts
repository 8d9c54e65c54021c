/*
 * The limits of asking issuers: how many keys of one are looked at, how long its answers may be, and about how many tokens it
 * is asked at once.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { KEYS, makeSigner, type RunningIssuer, signed, startIssuer } from '../rig/issuer.ts';
import { hitsOf } from './limit-hits.ts';
import { openStage, type Stage } from './stage.ts';

const [one, two] = await Promise.all([makeSigner('one'), makeSigner('two')]);
const ASK = '/introspect';
const introspection = { clientId: 'gateway', clientSecret: 'nQ7vX2kE9wrT4zL8bM1cH5yD0sJ6uV3aG' };

interface Scene {
  readonly issuer: RunningIssuer;
  readonly stage: Stage;
  status(token: string): Promise<number>;
}

async function sceneWith(limits: Record<string, number>, prepare: (issuer: RunningIssuer) => void): Promise<Scene> {
  const issuer = await startIssuer([one, two]);
  prepare(issuer);
  const auth = { issuers: [{ issuer: issuer.url, audiences: ['api'], grants: 'all', introspection }] };
  const stage = await openStage({}, { config: { auth, limits } });
  after(() => stage.close().then(() => issuer.close()));
  const status = async (token: string) => {
    const { stream } = await stage.modern('', { headers: { authorization: `Bearer ${token}` } }).call('tools/list');
    return stream.status;
  };
  return { issuer, stage, status };
}

const tokenOf = (signer: typeof one, { url }: RunningIssuer) => signed(signer, { claims: { iss: url, aud: 'api' } });
const good = { active: true, aud: 'api', sub: 'ann' };
/** JSON of so many bytes. */
const padded = (said: object, bytes: number) => ({
  ...said,
  pad: 'x'.repeat(bytes - JSON.stringify({ ...said, pad: '' }).length),
});

describe('limits of asking issuers', () => {
  it('issuerKeysMax: the first key is looked at, the one behind it is not', async () => {
    const { issuer, stage, status } = await sceneWith({ issuerKeysMax: 1 }, () => {});
    assert.equal(await status(await tokenOf(one, issuer)), 200);
    assert.equal(await status(await tokenOf(two, issuer)), 401);
    const both = await sceneWith({ issuerKeysMax: 2 }, () => {});
    const hits = await hitsOf(both.stage);
    assert.equal(await both.status(await tokenOf(two, both.issuer)), 200);
    await hits.assertRose({});
    assert.ok((await stage.metric('gatewright_limit_hits_total{limit="issuerKeysMax"}')) >= 1);
  });

  it('issuerAnswerBytesMax: a key set as long as that is read, one byte more is not', async () => {
    const keys = { keys: [one.jwk] };
    const exact = await sceneWith({ issuerAnswerBytesMax: 2048 }, ({ answers }) =>
      answers.set(KEYS, { body: padded(keys, 2048) }),
    );
    assert.equal(await exact.status(await tokenOf(one, exact.issuer)), 200);
    const more = await sceneWith({ issuerAnswerBytesMax: 2048 }, ({ answers }) =>
      answers.set(KEYS, { body: padded(keys, 2049) }),
    );
    assert.equal(await more.status(await tokenOf(one, more.issuer)), 401);
    assert.equal(await more.stage.metric('gatewright_limit_hits_total{limit="issuerAnswerBytesMax"}'), 1);
  });

  it('introspectionBytesMax: an answer as long as that is read, one byte more is not', async () => {
    const { issuer, stage, status } = await sceneWith({ introspectionBytesMax: 1024 }, ({ answers }) => {
      answers.set(ASK, { body: padded(good, 1024) });
    });
    const hits = await hitsOf(stage);
    assert.equal(await status('an-opaque-token'), 200);
    await hits.assertRose({});
    issuer.answers.set(ASK, { body: padded(good, 1025) });
    assert.equal(await status('another-opaque-token'), 401);
    await hits.assertRose({ introspectionBytesMax: 1 });
  });

  it('introspectionsMax: two tokens are asked about at once, a third is refused', async () => {
    const { stage, status } = await sceneWith({ introspectionsMax: 2 }, ({ answers }) => {
      answers.set(ASK, { body: good, delayMs: 500 });
    });
    const hits = await hitsOf(stage);
    const statuses = await Promise.all(['opaque-1', 'opaque-2', 'opaque-3'].map(status));
    assert.deepEqual(statuses.sort(), [200, 200, 401]);
    await hits.assertRose({ introspectionsMax: 1 });
    assert.equal(await status('opaque-4'), 200);
  });
});
