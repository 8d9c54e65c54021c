import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { startCanary } from '../../../../test/rig/canary.ts';
import { forgedTokens, goodToken } from '../../../../test/rig/forged.ts';
import { KEYS, makeSigner, nowSeconds, type Said, signed, startIssuer } from '../../../../test/rig/issuer.ts';
import { madeIdentity, madeIssuer } from '../../../../test/rig/made-identity.ts';
import type { IssuerDefinition } from '../../../model/identity.ts';
import { defaultLimits } from '../../../model/limits.ts';
import { fetchOnce } from '../../egress/fetch-once.ts';
import type { Scheme } from '../scheme.ts';
import { issuerSchemes } from './issuers.ts';
import { isForAccess } from './token-rules.ts';

const RESOURCE = 'https://gateway.example/mcp/files';
const [signer, stranger, encrypting] = await Promise.all([
  makeSigner('good'),
  makeSigner('good'),
  makeSigner('enc', 'ES256', { use: 'enc' }),
]);
const [issuer, canary] = await Promise.all([startIssuer([signer, encrypting]), startCanary()]);
after(() => Promise.all([issuer.close(), canary.close()]));

function schemeOf(...issuers: IssuerDefinition[]): Scheme {
  const schemes = issuerSchemes({
    ...{ fetch: fetchOnce({ rules: () => [] }), limits: defaultLimits, onLimit: () => {} },
    now: () => Date.now(),
    clock: () => performance.now(),
    sleep: (ms) => ({ done: new Promise((resolve) => setTimeout(resolve, ms).unref()), wake: () => {} }),
    onFailure: () => {},
  });
  return schemes(madeIdentity({ issuers }))[0] as Scheme;
}

async function verdict(scheme: Scheme, token: string, resource = RESOURCE): Promise<string> {
  assert.ok(scheme.takes(token), 'looks like a signed token');
  const found = await scheme.verify(token, resource);
  if (!found) return 'refused';
  return 'refused' in found ? found.refused : found.principal.id;
}

const ann = `${issuer.url}|ann`;
const ours = schemeOf(madeIssuer(issuer.url));
const about = { ...{ issuer: issuer.url, audience: RESOURCE, signer, encrypting, stranger }, canary: canary.url };

describe('a forged token opens nothing', async () => {
  test('(while a good one does)', async () => assert.equal(await verdict(ours, await goodToken(about)), ann));
  for (const [what, token] of await forgedTokens(about)) {
    test(`with ${what}`, async () => {
      assert.notEqual(await verdict(ours, token), ann);
      canary.assertUntouched();
    });
  }
});

const our = (said: Said, by = signer) =>
  signed(by, { ...said, claims: { iss: issuer.url, aud: RESOURCE, ...said.claims } });

describe('a signed token', () => {
  const soon = nowSeconds() + 300;
  const rows: [string, Said, string][] = [
    ['may have other audiences too', { claims: { aud: ['https://a.example', RESOURCE] } }, ann],
    ['must have ours to the letter', { claims: { aud: `${RESOURCE}/` } }, 'audience'],
    ['must have one', { claims: { aud: undefined } }, 'audience'],
    ['may be of any kind that is for access', { header: { typ: 'application/AT+JWT' } }, ann],
    ['may say no kind', { header: { typ: undefined } }, ann],
    ['may not be of another kind', { header: { typ: 'dpop+jwt' } }, 'claims'],
    ['may not be a logout token', { header: { typ: 'logout+jwt' } }, 'claims'],
    ['may not say that it is an ID token', { claims: { typ: 'ID' } }, 'claims'],
    ['may not be one to refresh with', { claims: { typ: 'Refresh' } }, 'claims'],
    ['may not be one to refresh with, in other words', { claims: { token_use: 'refresh_token' } }, 'claims'],
    ['may not tell of an event', { header: { typ: 'JWT' }, claims: { events: {} } }, 'claims'],
    ['may not be of a subject that is called like a program', { claims: { sub: 'client_id:ci' } }, 'claims'],
    ['may say that it is a bearer token', { claims: { typ: 'Bearer' } }, ann],
    ['may not be one for signing in', { claims: { at_hash: 'x' } }, 'claims'],
    ['may not be bound to a key', { claims: { cnf: { jkt: 'x' } } }, 'claims'],
    ['may be over within the leeway', { claims: { exp: nowSeconds() - 50 } }, ann],
    ['may not be over for longer', { claims: { exp: nowSeconds() - 70 } }, 'expired'],
    ['may end in a far future', { claims: { exp: 1e12 } }, ann],
    ['may be made within the leeway', { claims: { iat: nowSeconds() + 50 } }, ann],
    ['may not be made later', { claims: { iat: nowSeconds() + 70, exp: soon } }, 'claims'],
    ['may begin within the leeway', { claims: { nbf: nowSeconds() + 50 } }, ann],
    ['must have a subject', { claims: { sub: undefined } }, 'claims'],
    ['must have a subject that is not empty', { claims: { sub: '' } }, 'claims'],
    ['must have a subject that is one line', { claims: { sub: 'ann\nbob' } }, 'claims'],
    ['must have a subject that is one line to every reader', { claims: { sub: 'ann\u2028bob' } }, 'claims'],
    ['must have a subject of what is seen', { claims: { sub: 'ann\u200b' } }, 'claims'],
    ['must have a subject that is read in one direction', { claims: { sub: '\u202enna' } }, 'claims'],
    ['must have a subject that is text', { claims: { sub: 7 } }, 'claims'],
    ['must name its issuer', { claims: { iss: undefined } }, 'issuer'],
    ['must name an issuer that is known', { claims: { iss: 'https://other.example' } }, 'issuer'],
    ['may bring a key that nobody looks at', { header: { jwk: stranger.jwk, jku: canary.url } }, ann],
    ['may not be signed in an encoding of its own', { header: { b64: true, crit: ['b64'] } }, 'malformed'],
  ];
  for (const [what, said, expected] of rows) {
    test(what, async () => assert.equal(await verdict(ours, await our(said)), expected));
  }

  test('of another key with the same id is refused', async () => {
    assert.equal(await verdict(ours, await our({}, stranger)), 'signature');
  });
  test('is good until it ends, and the leeway after it', async () => {
    const found = await ours.verify(await our({ claims: { exp: soon } }), RESOURCE);
    assert.equal(found && 'expiresAtMs' in found && found.expiresAtMs, (soon + 60) * 1000);
  });
  test('may be for an audience that the configuration names', async () => {
    const named = schemeOf(madeIssuer(issuer.url, { audiences: ['api://gateway'] }));
    assert.equal(await verdict(named, await our({ claims: { aud: 'api://gateway' } })), ann);
    assert.equal(await verdict(named, await our({ claims: { aud: 'api://other' } })), 'audience');
  });
  test('may be signed only as the configuration says', async () => {
    assert.equal(
      await verdict(schemeOf(madeIssuer(issuer.url, { algorithms: ['RS256'] })), await our({})),
      'signature',
    );
  });
});

test('a token may not end at a number that never comes', () => {
  const at = (exp: unknown) => isForAccess({ sub: 'ann', exp }, { nowMs: 0, leewayMs: 0 });
  assert.deepEqual([1, JSON.parse('1e999'), '1', null, undefined].map(at), [true, false, false, false, false]);
});

describe('every kind of key', () => {
  for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    test(`signs with ${alg}`, async () => {
      const other = await makeSigner(alg, alg);
      const issuer = await startIssuer([other]);
      const token = await signed(other, { claims: { iss: issuer.url, aud: RESOURCE } });
      assert.equal(await verdict(schemeOf(madeIssuer(issuer.url)), token), `${issuer.url}|ann`);
      await issuer.close();
    });
  }
});

describe('a shared secret', () => {
  const [older, newer] = ['older-secret-of-more-than-32-bytes!', 'newer-secret-of-more-than-32-bytes!'];
  const secrets = (change: Partial<IssuerDefinition> = {}) =>
    madeIssuer('scripts', { keys: { kind: 'secrets', secrets: [older, newer], mayLack: [] }, ...change });
  const hmac = (secret: string, alg = 'HS256') =>
    new SignJWT({ iss: 'scripts', aud: RESOURCE, sub: 'ann', exp: nowSeconds() + 60 })
      .setProtectedHeader({ alg })
      .sign(Buffer.from(secret));

  for (const alg of ['HS256', 'HS384', 'HS512']) {
    test(`signs with ${alg}, the old one as well as the new one`, async () => {
      const scheme = schemeOf(secrets());
      assert.equal(await verdict(scheme, await hmac(older, alg)), 'scripts|ann');
      assert.equal(await verdict(scheme, await hmac(newer, alg)), 'scripts|ann');
    });
  }
  test('of somebody else signs nothing', async () => {
    assert.equal(await verdict(schemeOf(secrets()), await hmac(`${newer}!`)), 'signature');
  });
  test('never verifies what only a key may sign, whatever the configuration says', async () => {
    const token = await signed(signer, { claims: { iss: 'scripts', aud: RESOURCE } });
    assert.equal(await verdict(schemeOf(secrets({ algorithms: ['ES256', 'HS256'] })), token), 'signature');
  });
  test('is not what an issuer with keys signs with, whatever the configuration says', async () => {
    const token = await new SignJWT({ iss: issuer.url, aud: RESOURCE, sub: 'ann', exp: nowSeconds() + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: signer.kid })
      .sign(Buffer.from(older));
    assert.equal(
      await verdict(schemeOf(madeIssuer(issuer.url, { algorithms: ['HS256', 'ES256'] })), token),
      'signature',
    );
  });
});

test('equal subjects of two issuers are two people', async () => {
  const other = await startIssuer([stranger]);
  const scheme = schemeOf(madeIssuer(issuer.url), madeIssuer(other.url));
  const theirs = (iss: string) => signed(stranger, { claims: { iss, aud: RESOURCE } });
  assert.equal(await verdict(scheme, await our({})), ann);
  assert.equal(await verdict(scheme, await theirs(other.url)), `${other.url}|ann`);
  assert.equal(await verdict(scheme, await theirs(issuer.url)), 'signature', 'signed by the other one');
  await other.close();
});

test('a change of the configuration keeps the keys of issuers that it does not concern', async () => {
  const other = await startIssuer([signer]);
  const schemes = issuerSchemes({
    ...{ fetch: fetchOnce({ rules: () => [] }), limits: defaultLimits, onLimit: () => {} },
    ...{ now: () => Date.now(), clock: () => performance.now(), onFailure: () => {} },
    sleep: (ms) => ({ done: new Promise((resolve) => setTimeout(resolve, ms).unref()), wake: () => {} }),
  });
  const token = await signed(signer, { claims: { iss: other.url, aud: RESOURCE } });
  const once = schemes(madeIdentity({ issuers: [madeIssuer(other.url)] }))[0] as Scheme;
  assert.equal(await verdict(once, token), `${other.url}|ann`);
  await other.close();
  const again = schemes(madeIdentity({ issuers: [madeIssuer(other.url, { grants: 'all' }), madeIssuer('x')] }))[0];
  assert.equal(await verdict(again as Scheme, token), `${other.url}|ann`);
  assert.equal(other.countOf(KEYS), 1);
});

describe('what is not a signed token is left to others', () => {
  for (const text of ['', 'opaque', 'gwk_a_b', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30', 'bnVsbA.bnVsbA.x', 'W10.W10.']) {
    test(JSON.stringify(text), () => assert.equal(ours.takes(text), false));
  }
});
