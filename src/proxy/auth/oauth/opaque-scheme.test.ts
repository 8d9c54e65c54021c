import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { METADATA, nowSeconds, type RunningIssuer, startIssuer } from '../../../../test/rig/issuer.ts';
import { madeIdentity, madeIssuer } from '../../../../test/rig/made-identity.ts';
import type { IssuerDefinition } from '../../../model/identity.ts';
import { defaultLimits } from '../../../model/limits.ts';
import { fetchOnce } from '../../egress/fetch-once.ts';
import type { Found, Scheme } from '../scheme.ts';
import { issuerSchemes } from './issuers.ts';

const RESOURCE = 'https://gateway.example/mcp';
const ASK = '/introspect';
const client = { url: undefined, clientId: 'gate:way', clientSecret: 'p w+%é', cacheMs: 30_000 };

function schemeOf(...issuers: IssuerDefinition[]): Scheme {
  const schemes = issuerSchemes({
    ...{ fetch: fetchOnce({ rules: () => [] }), limits: defaultLimits, onLimit: () => {} },
    ...{ now: () => Date.now(), clock: () => performance.now(), onFailure: () => {} },
    sleep: (ms) => ({ done: new Promise((resolve) => setTimeout(resolve, ms).unref()), wake: () => {} }),
  });
  return schemes(madeIdentity({ issuers })).at(-1) as Scheme;
}

async function asked(answer: object, story: (scheme: Scheme, issuer: RunningIssuer) => Promise<void>): Promise<void> {
  const issuer = await startIssuer();
  issuer.answers.set(ASK, { body: answer });
  const scheme = schemeOf(madeIssuer(issuer.url, { introspection: client }));
  await story(scheme, issuer).finally(() => issuer.close());
}

const idOf = (found: Found) =>
  found && 'principal' in found ? found.principal.id.replace(/^.*\|/, '') : found?.refused;

const good = { active: true, aud: RESOURCE, sub: 'ann', scope: 'a b' };

describe('an opaque token', () => {
  const rows: [string, object, string][] = [
    ['is good when its issuer says so', {}, 'ann'],
    ['may be of a program', { sub: undefined, client_id: 'ci' }, 'client_id:ci'],
    ['of nobody is refused', { sub: undefined }, 'claims'],
    ['that is not active is refused', { active: false }, 'inactive'],
    ['that is active in other words is refused', { active: 'true' }, 'inactive'],
    ['for somebody else is refused', { aud: `${RESOURCE}/other` }, 'audience'],
    ['for nobody is refused', { aud: undefined }, 'audience'],
    ['may be for several', { aud: ['x', RESOURCE] }, 'ann'],
    ['of another issuer is refused', { iss: 'https://other.example' }, 'issuer'],
    ['that is over is refused', { exp: nowSeconds() - 61 }, 'expired'],
    ['that ends in words is refused', { exp: 'soon' }, 'expired'],
    ['that has not begun is refused', { nbf: nowSeconds() + 90 }, 'claims'],
    ['with claims of a wrong kind is refused', { scope: 7 }, 'claims'],
    ['may say that its bearer may use it', { token_type: 'Bearer', token_use: 'access_token', typ: 'Bearer' }, 'ann'],
    ['that is bound to a key is refused', { cnf: { jkt: 'x' } }, 'claims'],
    ['of a type that its bearer must prove is refused', { token_type: 'DPoP' }, 'claims'],
    ['of no readable type is refused', { token_type: ['Bearer'] }, 'claims'],
    ['that is for refreshing is refused', { token_use: 'refresh_token', token_type: 'Bearer' }, 'claims'],
    ['that is for refreshing, in other words, is refused', { typ: 'Refresh' }, 'claims'],
    ['of somebody who is called like a program is refused', { sub: 'client_id:ci' }, 'claims'],
  ];
  for (const [what, change, expected] of rows) {
    test(what, () =>
      asked({ ...good, ...change }, async (scheme) => {
        assert.equal(idOf(await scheme.verify('opaque-1', RESOURCE)), expected);
      }),
    );
  }

  test('is asked about as the client that the configuration names, form-encoded', () =>
    asked(good, async (scheme, issuer) => {
      await scheme.verify('a/b+c==', RESOURCE);
      const question = issuer.asked.find(({ path }) => path === ASK);
      assert.equal(question?.body, 'token=a%2Fb%2Bc%3D%3D&token_type_hint=access_token');
      const credential = Buffer.from(question?.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
      assert.equal(credential, 'gate%3Away:p+w%2B%25%C3%A9');
    }));

  test('is good for as long as the answer, or until it ends', () =>
    asked(good, async (scheme, issuer) => {
      const until = async () => {
        const found = await scheme.verify('opaque-1', RESOURCE);
        return found && 'expiresAtMs' in found ? found.expiresAtMs - Date.now() : 0;
      };
      assert.ok((await until()) > 29_000);
      issuer.answers.set(ASK, { body: { ...good, exp: nowSeconds() - 50 } });
      assert.ok((await until()) < 11_000);
    }));

  test('that several show at the same moment is asked about once', () =>
    asked(good, async (scheme, issuer) => {
      issuer.answers.set(ASK, { body: good, delayMs: 50 });
      const found = await Promise.all(Array.from({ length: 10 }, () => scheme.verify('opaque-1', RESOURCE)));
      assert.deepEqual(found.map(idOf), Array(10).fill('ann'));
      assert.equal(issuer.countOf(ASK), 1);
    }));

  test('one more than may be asked about at once is refused', () =>
    asked(good, async (scheme, issuer) => {
      issuer.answers.set(ASK, { body: good, delayMs: 200 });
      const all = await Promise.allSettled(Array.from({ length: 65 }, (_, at) => scheme.verify(`t${at}`, RESOURCE)));
      assert.equal(all.filter(({ status }) => status === 'rejected').length, 1);
    }));

  const failures: [string, (issuer: RunningIssuer) => unknown][] = [
    ['does not answer', (issuer) => issuer.close()],
    ['answers with an error', ({ answers }) => answers.set(ASK, { status: 500 })],
    ['answers with a page', ({ answers }) => answers.set(ASK, { body: '<html>active: true</html>' })],
    ['answers with a list', ({ answers }) => answers.set(ASK, { body: [good] })],
    ['answers with too much', ({ answers }) => answers.set(ASK, { body: { ...good, more: 'x'.repeat(65_536) } })],
    ['has no place to ask', ({ answers, url }) => answers.set(METADATA, { body: { issuer: url } })],
  ];
  for (const [what, make] of failures) {
    test(`is refused when its issuer ${what}`, () =>
      asked(good, async (scheme, issuer) => {
        await make(issuer);
        await assert.rejects(async () => scheme.verify('opaque-1', RESOURCE));
      }));
  }
});

test('only the first issuer that can be asked is shown an opaque token', async () => {
  const [plain, first, second] = await Promise.all([startIssuer(), startIssuer(), startIssuer()]);
  for (const issuer of [plain, second]) issuer.answers.set(ASK, { body: good });
  first.answers.set(ASK, { body: { active: false } });
  const scheme = schemeOf(
    madeIssuer(plain.url),
    ...[first, second].map(({ url }) => madeIssuer(url, { introspection: client })),
  );
  assert.equal(idOf(await scheme.verify('opaque-1', RESOURCE)), 'inactive');
  assert.deepEqual(
    [plain, first, second].map((issuer) => issuer.countOf(ASK)),
    [0, 1, 0],
  );
  for (const issuer of [plain, first, second]) await issuer.close();
});

describe('nobody is asked about', () => {
  const scheme = schemeOf(madeIssuer('https://id.example', { introspection: client }));
  for (const text of ['', 'a b', 'a\nb', 'ü', '"', '=', 'a=b']) {
    test(JSON.stringify(text), () => assert.equal(scheme.takes(text), false));
  }
});
