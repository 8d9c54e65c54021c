/*
 * Fault F32 against a real HTTP server: the keys of an issuer that is down, slow, wrong or changing.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  KEYS,
  METADATA,
  makeSigner,
  type RunningIssuer,
  type Signer,
  startIssuer,
} from '../../../../test/rig/issuer.ts';
import { defaultLimits } from '../../../model/limits.ts';
import { fetchOnce } from '../../egress/fetch-once.ts';
import { Discovery } from './discovery.ts';
import { askWith } from './issuer-answers.ts';
import { readKeySet } from './key-set.ts';
import { Pace } from './pace.ts';
import { RemoteKeys } from './remote-keys.ts';

const [one, two] = await Promise.all([makeSigner('one'), makeSigner('two')]);
const ask = askWith({ fetch: fetchOnce({ rules: () => [] }), limits: defaultLimits, onLimit: () => {} });
const LIMIT = { limit: 'issuerAnswerBytesMax' } as const;

interface Stage {
  readonly issuer: RunningIssuer;
  readonly keys: RemoteKeys;
  readonly failures: unknown[];
  /** For how long callers were ready to wait. */
  readonly waits: number[];
  /** Time that passes for the gateway. */
  later(ms: number): void;
  finds(signer: Pick<Signer, 'kid' | 'alg'>): Promise<boolean>;
}

async function onStage(signers: readonly Signer[], story: (stage: Stage) => Promise<void>): Promise<void> {
  const issuer = await startIssuer(signers);
  let passedMs = 0;
  const clock = () => performance.now() + passedMs;
  const failures: unknown[] = [];
  const waits: number[] = [];
  const keys = new RemoteKeys({
    fetchSet: async () => readKeySet(await ask({ url: issuer.url + KEYS, named: [issuer.url], ...LIMIT }), 100),
    ...{ pace: new Pace(clock), clock },
    sleep: (ms) => {
      waits.push(ms);
      return sleep(ms);
    },
    onFailure: (error) => failures.push(error),
  });
  const finds = async ({ kid, alg }: Pick<Signer, 'kid' | 'alg'>) => (await keys.find({ kid, alg })).length > 0;
  const later = (ms: number) => {
    passedMs += ms;
  };
  await story({ issuer, keys, failures, waits, later, finds }).finally(() => issuer.close());
}

function sleep(ms: number): { done: Promise<void>; wake: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { done: promise, wake: () => clearTimeout(timer) };
}

/** As bytes: to make them takes longer than what is tested here. */
const HALF_A_MILLION = Buffer.from(`{"keys":[${Array(500_000).fill(JSON.stringify(two.jwk)).join()}]}`);
const HOUR_MS = 3_600_000;
const stranger = { kid: 'nobody', alg: 'ES256' };

describe('keys of an issuer', () => {
  test('are fetched once for all who ask at the same time', () =>
    onStage([one], async ({ issuer, finds }) => {
      assert.deepEqual(await Promise.all(Array.from({ length: 50 }, () => finds(one))), Array(50).fill(true));
      assert.equal(issuer.countOf(KEYS), 1);
    }));

  test('that nobody knows cause no more than two fetches, a thousand of them in ten seconds', () =>
    onStage([one], async ({ issuer, later, finds }) => {
      assert.ok(await finds(one));
      for (let at = 0; at < 1000; at++) {
        assert.equal(await finds({ kid: `k${at}`, alg: 'ES256' }), false);
        later(10);
      }
      assert.ok(issuer.countOf(KEYS) <= 2, `${issuer.countOf(KEYS)} fetches`);
    }));

  test('that nobody knows cause no more than two while nothing can be fetched either', () =>
    onStage([], async ({ issuer, later, finds }) => {
      for (let at = 0; at < 1000; at++) {
        assert.equal(await finds({ kid: `k${at}`, alg: 'ES256' }), false);
        later(10);
      }
      assert.equal(issuer.countOf(KEYS), 2);
    }));

  test('are changed without a restart', () =>
    onStage([one], async ({ issuer, later, finds }) => {
      assert.ok(await finds(one));
      issuer.answers.set(KEYS, { body: { keys: [two.jwk] } });
      assert.ok(await finds(two), 'the new one');
      assert.equal(await finds(one), false, 'the one that was taken back');
      issuer.answers.set(KEYS, { body: { keys: [one.jwk, two.jwk] } });
      assert.equal(await finds(one), false, 'too early to look again');
      later(30_000);
      assert.ok(await finds(one));
    }));

  test('that were taken back are gone soon, although everybody presents them', () =>
    onStage([one], async ({ issuer, later, finds, keys }) => {
      assert.ok(await finds(one));
      issuer.answers.set(KEYS, { body: { keys: [two.jwk] } });
      later(600_001);
      assert.ok(await finds(one), 'is good while the gateway looks');
      while ((await keys.find(one)).length > 0) await sleep(5).done;
    }));
});

describe('known keys go on working', () => {
  const bad: Record<string, (issuer: RunningIssuer) => unknown> = {
    'while the issuer is gone': (issuer) => issuer.close(),
    'while it answers with errors': ({ answers }) => answers.set(KEYS, { status: 503 }),
    'while it has a page in place of keys': ({ answers }) => answers.set(KEYS, { body: '<html>Sign in</html>' }),
    'while it has no keys': ({ answers }) => answers.set(KEYS, { body: { keys: [] } }),
    'while it has half a million': ({ answers }) => answers.set(KEYS, { body: HALF_A_MILLION }),
    'while it is slow': ({ answers }) => answers.set(KEYS, { body: { keys: [one.jwk] }, delayMs: 3_000 }),
    'while it sends elsewhere': ({ answers }) => answers.set(KEYS, { status: 302 }),
  };
  for (const [when, make] of Object.entries(bad)) {
    test(`${when}, and unknown ones are refused within a second`, () =>
      onStage([one], async ({ issuer, later, finds, waits }) => {
        assert.ok(await finds(one));
        await make(issuer);
        later(60_000);
        assert.equal(await finds(stranger), false);
        assert.ok(waits.length > 0 && waits.every((ms) => ms < 900), 'nobody waits longer, whatever the issuer does');
        later(23 * HOUR_MS);
        assert.ok(await finds(one));
      }));
  }

  test('for a day, and not for longer', () =>
    onStage([one], async ({ issuer, later, finds }) => {
      assert.ok(await finds(one));
      await issuer.close();
      later(24 * HOUR_MS + 1);
      assert.equal(await finds(one), false);
    }));
});

describe('a key set', () => {
  const set = (keys: unknown) => readKeySet(Buffer.from(JSON.stringify({ keys })), 100);
  const others = (count: number) => Array.from({ length: count }, (_, at) => ({ ...two.jwk, kid: `k${at}` }));
  test('is read up to its hundredth key', async () => {
    assert.ok(await set([...others(99), one.jwk]).find(one));
  });
  test('is not read any further', async () => {
    assert.equal(await set([...others(100), one.jwk]).find(one), undefined);
  });
  const rows: [string, object][] = [
    ['for encryption', { use: 'enc' }],
    ['with its private part', { d: 'AAAA' }],
    ['that is a secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['of another algorithm', { alg: 'ES384' }],
    ['that may not verify', { key_ops: ['sign'] }],
    ['with an enormous modulus', { kty: 'RSA', n: 'A'.repeat(1367), e: 'AQAB', alg: undefined }],
  ];
  for (const [what, change] of rows) {
    test(`has no use for a key ${what}`, async () => {
      assert.equal(await set([two.jwk, { ...one.jwk, ...change }]).find(one), undefined);
    });
  }
  test('may have several keys without names, one for each algorithm', async () => {
    const rsa = await makeSigner('rsa', 'RS256');
    const keys = set([one.jwk, rsa.jwk].map(({ kid: _kid, ...jwk }) => jwk));
    assert.ok(await keys.find({ alg: 'RS256', kid: undefined }));
    assert.ok(await keys.find({ alg: 'ES256', kid: undefined }));
  });
});

describe('discovery', () => {
  const rows: [string, string, string, boolean][] = [
    ['at the usual place', '', METADATA, true],
    ['of an authorization server', '', '/.well-known/oauth-authorization-server', true],
    ['behind the path of the issuer', '/realms/a', `/realms/a${METADATA}`, true],
    ['before the path of the issuer', '/realms/a', '/.well-known/oauth-authorization-server/realms/a', true],
    ['before the path, of an OpenID provider', '/realms/a', `${METADATA}/realms/a`, true],
    ['behind the path, of an authorization server', '/t/a', '/t/a/.well-known/oauth-authorization-server', true],
    ['of an issuer that ends with a slash', '/', METADATA, true],
    ['elsewhere', '', '/openid-configuration', false],
  ];
  for (const [what, path, place, found] of rows) {
    test(`${found ? 'finds' : 'does not find'} metadata ${what}`, async () => {
      const issuer = await startIssuer();
      issuer.answers.clear();
      const name = issuer.url + path;
      issuer.answers.set(place, { body: { issuer: name, jwks_uri: 'https://keys.example/' } });
      const places = new Discovery(name, ask, () => performance.now()).places();
      if (found) assert.equal((await places).jwksUri, 'https://keys.example/');
      else await assert.rejects(places, /no metadata of the issuer/);
      await issuer.close();
    });
  }

  test('does not believe a document that calls itself otherwise by a slash', async () => {
    const issuer = await startIssuer();
    issuer.answers.set(METADATA, { body: { issuer: `${issuer.url}/`, jwks_uri: issuer.url + KEYS } });
    await assert.rejects(new Discovery(issuer.url, ask, () => performance.now()).places(), /calls itself/);
    await issuer.close();
  });

  test('is tried again when it failed, not at once', async () => {
    const issuer = await startIssuer();
    const good = issuer.answers.get(METADATA) ?? {};
    issuer.answers.clear();
    let nowMs = 0;
    const discovery = new Discovery(issuer.url, ask, () => nowMs);
    await assert.rejects(discovery.places());
    const asked = issuer.asked.length;
    issuer.answers.set(METADATA, good);
    await assert.rejects(discovery.places());
    assert.equal(issuer.asked.length, asked);
    nowMs = 4_000;
    assert.equal((await discovery.places()).jwksUri, issuer.url + KEYS);
    await issuer.close();
  });
});
