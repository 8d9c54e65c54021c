/*
 * Issuers while the gateway runs: strangers who make up keys in numbers, a deny list that grows, issuers that come and go in
 * the file, and one that is down while the file changes.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage, type Stage } from '../flow/stage.ts';
import { KEYS, makeSigner, type RunningIssuer, signed, startIssuer } from '../rig/issuer.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

const [one, two] = await Promise.all([makeSigner('one'), makeSigner('two')]);
const limits = { failedAuthenticationsMax: 1_000_000 };

const entryOf = ({ url }: RunningIssuer) => ({ issuer: url, audiences: ['api'], grants: 'all' });

async function openScene(signer = one): Promise<{ issuer: RunningIssuer; stage: Stage }> {
  const issuer = await startIssuer([signer]);
  const stage = await openStage({}, { config: { auth: { issuers: [entryOf(issuer)] }, limits } });
  after(() => stage.close().then(() => issuer.close()));
  return { issuer, stage };
}

const tokenOf = (signer: typeof one, { url }: RunningIssuer, claims: JsonObject = {}) =>
  signed(signer, { claims: { iss: url, aud: 'api', ...claims } });

async function statusOf(stage: Stage, token: string): Promise<number> {
  const response = await fetch(stage.url(), {
    ...{ method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) },
    headers: {
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      accept: 'application/json, text/event-stream',
    },
  });
  await response.text();
  return response.status;
}

/** Let in, whatever the message was worth. */
const isIn = async (stage: Stage, token: string) => (await statusOf(stage, token)) !== 401;

async function until(fits: () => Promise<boolean>): Promise<void> {
  while (!(await fits())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('issuers of a gateway that runs', () => {
  it('are asked for their keys before anybody comes with a token', async () => {
    const { issuer } = await openScene();
    await until(async () => issuer.countOf(KEYS) === 1);
  });

  it('are asked for their keys twice at most, while a thousand tokens name a thousand keys that nobody has', async () => {
    const { issuer, stage } = await openScene();
    const stranger = await makeSigner('nobody');
    assert.ok(await isIn(stage, await tokenOf(one, issuer)));
    const begunMs = performance.now();
    for (let round = 0; round < 20; round++) {
      const tokens = Array.from({ length: 50 }, (_, at) =>
        signed(stranger, { claims: { iss: issuer.url, aud: 'api' }, header: { kid: `k${round}-${at}` } }),
      );
      const statuses = await Promise.all(tokens.map(async (token) => statusOf(stage, await token)));
      assert.deepEqual([...new Set(statuses)], [401]);
    }
    // A slower machine would be allowed more.
    const windows = Math.ceil((performance.now() - begunMs) / 10_000);
    assert.ok(issuer.countOf(KEYS) <= 2 * windows, `${issuer.countOf(KEYS)} fetches`);
    assert.ok(await isIn(stage, await tokenOf(one, issuer)), 'and those who have a key go on');
  });

  it('have no say any more about a token that the file denies', async () => {
    const { issuer, stage } = await openScene();
    const [stolen, other] = await Promise.all(['stolen', 'other'].map((jti) => tokenOf(one, issuer, { jti })));
    assert.ok((await isIn(stage, stolen ?? '')) && (await isIn(stage, other ?? '')));
    const auth = { issuers: [entryOf(issuer)], deny: { tokenIds: ['stolen'] } };
    await stage.gateway.rewrite({ servers: {}, auth, limits });
    await until(async () => !(await isIn(stage, stolen ?? '')));
    assert.ok(await isIn(stage, other ?? ''));
  });

  it('come and go with the file, and what is known of one stays while it is down', async () => {
    const { issuer, stage } = await openScene();
    const token = await tokenOf(one, issuer);
    assert.ok(await isIn(stage, token));
    await issuer.close();
    const second = await startIssuer([two]);
    after(() => second.close());
    const auth = { issuers: [entryOf(issuer), entryOf(second)] };
    await stage.gateway.rewrite({ servers: {}, auth, limits });
    const newer = await tokenOf(two, second);
    await until(() => isIn(stage, newer));
    assert.ok(await isIn(stage, token), 'by keys that were fetched before the change');
    await stage.gateway.rewrite({ servers: {}, auth: { issuers: [entryOf(second)] }, limits });
    await until(async () => !(await isIn(stage, token)));
    assert.ok(await isIn(stage, newer));
  });
});
