/*
 * The deny list may have any name that a bearer of a token has: as the issuer calls him, as the log does, as the file does.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { makeSigner, signed, startIssuer } from '../../../../test/rig/issuer.ts';
import { limitsWith } from '../../../../test/rig/made.ts';
import { madeIdentity, madeIssuer } from '../../../../test/rig/made-identity.ts';
import { fetchOnce } from '../../egress/fetch-once.ts';
import { issuerSchemes } from './issuers.ts';

const RESOURCE = 'https://gateway.example/mcp';
const signer = await makeSigner('k1');
const issuer = await startIssuer([signer]);
after(() => issuer.close());
issuer.answers.set('/introspect', { body: { active: true, aud: RESOURCE, sub: '1' } });
const introspection = { url: undefined, clientId: 'gateway', clientSecret: 'secret', cacheMs: 30_000 };
const ann = {
  name: 'ann',
  organisation: 'default',
  roles: [],
  groups: [],
  identities: [{ issuer: issuer.url, subject: '1' }],
};
const jwt = await signed(signer, { claims: { iss: issuer.url, aud: RESOURCE, sub: '1' } });

/** What becomes of a token that is signed, and of one that is asked about. */
async function judged(subject: string): Promise<string[]> {
  const schemes = issuerSchemes({
    fetch: fetchOnce({ rules: () => [] }),
    ...{ limits: () => limitsWith({}), onLimit: () => {} },
    ...{ now: () => Date.now(), clock: () => performance.now(), onFailure: () => {} },
    sleep: (ms) => ({ done: new Promise((resolve) => setTimeout(resolve, ms).unref()), wake: () => {} }),
  })(
    madeIdentity({
      issuers: [madeIssuer(issuer.url, { introspection })],
      users: new Map([['ann', ann]]),
      denied: { subjects: [{ issuer: undefined, subject }], tokenIds: [] },
    }),
  );
  const found = [await schemes[0]?.verify(jwt, RESOURCE), await schemes[1]?.verify('opaque', RESOURCE)];
  return found.map((one) => (one && 'principal' in one ? 'good' : (one?.refused ?? 'nothing')));
}

describe('a bearer of a token is denied', () => {
  for (const [what, subject] of [
    ['by the subject', '1'],
    ['by the name that the log has', `${issuer.url}|1`],
    ['by the name that the file has', 'ann'],
  ] as const) {
    test(what, async () => assert.deepEqual(await judged(subject), ['denied', 'denied']));
  }
  test('by nobody else’s name', async () => assert.deepEqual(await judged('bob'), ['good', 'good']));
});
