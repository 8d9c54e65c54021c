import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { codeRejected, codeThrown, limitsWith, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { Event } from '../../model/event.ts';
import { type IdentityDefinition, NO_IDENTITY } from '../../model/identity.ts';
import type { Limits } from '../../model/limits.ts';
import { LOCAL_USER, NOBODY } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { Identified } from './identified.ts';
import type { Found, Scheme } from './scheme.ts';
import { tokenScheme } from './tokens.ts';
import { Verifier } from './verify.ts';

const sha256 = (secret: string) => createHash('sha256').update(secret).digest('hex');
const tokenOf = (name: string, secret: string) => ({
  ...{ name, organisation: 'default', user: undefined, roles: [], grants: 'all' as const, reach: undefined },
  sha256: sha256(secret),
});
const TOKENS = [tokenOf('ann', 'a-1'), tokenOf('bob', 'b~2/+='), tokenOf('eve', 'e'.repeat(8192))];
const THREE: IdentityDefinition = { ...NO_IDENTITY, tokens: TOKENS };

interface Head {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string;
  readonly url?: string;
  readonly socket?: object;
}

function requestOf({ url = '/mcp', socket = {}, ...headers }: Head): IncomingMessage {
  return { url, headers, socket } as unknown as IncomingMessage;
}

interface Made {
  readonly identity?: IdentityDefinition;
  readonly limits?: Partial<Limits>;
  /** Instead of static tokens. */
  readonly scheme?: Scheme;
}

/** A verifier whose clocks stand still until they are moved. */
function made({ identity = THREE, limits = {}, scheme }: Made = {}) {
  const servers = [madeServer('files'), madeServer('open')];
  const state = { snapshot: madeSnapshot(servers, { identity }), nowMs: 1_000_000 };
  const wheel = new HandWheel();
  const events: Event[] = [];
  const verifier = new Verifier({
    snapshot: () => state.snapshot,
    schemesOf: (known) => (scheme ? [scheme] : [tokenScheme(known)]),
    listener: () => 'http://127.0.0.1:9000',
    limits: () => limitsWith(limits),
    wheel,
    now: () => state.nowMs,
    emit: (event) => events.push(event),
  });
  const verify = (head: Head, endpoint = '', address = '10.0.0.1') =>
    verifier.verify(requestOf(head), endpoint, { address });
  const change = (next: Partial<Snapshot>) => {
    state.snapshot = { ...state.snapshot, ...next };
  };
  return { verifier, verify, state, wheel, events, change };
}

/** Who it is, or the code of the refusal. */
function said(run: () => Identified | Promise<Identified>): string {
  let who = '';
  const code = codeThrown(() => {
    const identified = run();
    assert.ok(identified instanceof Identified, 'a promise, where none is needed');
    who = `${identified.principal.kind} ${identified.principal.id}`;
  });
  return code === 'nothing' ? who : code;
}

describe('a credential', () => {
  const rows: [string, Head, string][] = [
    ['names its principal', { authorization: 'Bearer a-1' }, 'token token:ann'],
    ['names it wherever its token stands in the list', { authorization: 'Bearer b~2/+=' }, 'token token:bob'],
    ['may write the scheme in any case', { authorization: 'bEARER a-1' }, 'token token:ann'],
    ['may be a static token without a scheme', { authorization: 'a-1' }, 'token token:ann'],
    ['may stand in X-API-Key', { 'x-api-key': 'a-1' }, 'token token:ann'],
    ['may stand in both fields', { authorization: 'Bearer a-1', 'x-api-key': 'a-1' }, 'token token:ann'],
    ['may be as long as the bound', { authorization: `Bearer ${'e'.repeat(8192)}` }, 'token token:eve'],
    ['may not be one longer', { authorization: `Bearer ${'e'.repeat(8193)}` }, 'token_invalid'],
    ['that is missing is asked for', {}, 'token_missing'],
    ['that is empty is wrong', { authorization: '' }, 'token_invalid'],
    ['that is empty in X-API-Key is wrong', { 'x-api-key': '' }, 'token_invalid'],
    ['without a token is wrong', { authorization: 'Bearer ' }, 'token_invalid'],
    ['that is nothing but its scheme is wrong', { authorization: 'Bearer' }, 'token_invalid'],
    ['with another token is wrong', { authorization: 'Bearer a-2' }, 'token_invalid'],
    ['with a part of a token is wrong', { authorization: 'Bearer a-' }, 'token_invalid'],
    ['with a blank too much is wrong', { authorization: 'Bearer  a-1' }, 'token_invalid'],
    ['with a blank after it is wrong', { authorization: 'Bearer a-1 ' }, 'token_invalid'],
    ['of another scheme is wrong', { authorization: 'Basic a-1' }, 'token_invalid'],
    ['with two tokens is wrong', { authorization: 'Bearer a-1, Bearer b-2' }, 'token_invalid'],
    ['that is the hash itself is wrong', { authorization: `Bearer ${sha256('a-1')}` }, 'token_invalid'],
    ['beside another is wrong', { authorization: 'Bearer a-1', 'x-api-key': 'b~2/+=' }, 'token_invalid'],
    ['beside a bad one is wrong', { authorization: 'Bearer a-1', 'x-api-key': 'x' }, 'token_invalid'],
    ['in the query is not looked at', { url: '/mcp?token=a-1' }, 'token_missing'],
  ];
  for (const [what, head, expected] of rows)
    test(what, () =>
      assert.equal(
        said(() => made().verify(head)),
        expected,
      ),
    );
});

describe('a credential in the query, where that is switched on,', () => {
  const { verify } = made({ identity: { ...THREE, queryToken: true } });
  const rows: [string, Head, string][] = [
    ['names its principal', { url: '/mcp?token=a-1' }, 'token token:ann'],
    ['is decoded', { url: '/mcp?a=b&token=b%7E2%2F%2B%3D' }, 'token token:bob'],
    ['may be the same as in the head', { url: '/mcp?token=a-1', authorization: 'Bearer a-1' }, 'token token:ann'],
    ['is wrong beside another', { url: '/mcp?token=a-1', authorization: 'Bearer b~2/+=' }, 'token_invalid'],
    ['is wrong when there are two', { url: '/mcp?token=a-1&token=b~2/%2B=' }, 'token_invalid'],
    ['is wrong when it is empty', { url: '/mcp?token=' }, 'token_invalid'],
    ['is missing where there is none', { url: '/mcp?toke=a-1' }, 'token_missing'],
  ];
  for (const [what, head, expected] of rows)
    test(what, () =>
      assert.equal(
        said(() => verify(head)),
        expected,
      ),
    );

  test('says that its answer may not be kept', () => {
    const inQuery = (head: Head) => (verify(head) as Identified).inQuery;
    assert.deepEqual([inQuery({ url: '/mcp?token=a-1' }), inQuery({ authorization: 'Bearer a-1' })], [true, false]);
  });
});

test('no other text is ever a credential', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `Bearer ${text}`),
      ),
      (text) => {
        assert.equal(
          said(() => made().verify({ authorization: text })),
          'token_invalid',
        );
      },
    ),
  );
});

test('without configured authentication everybody is the local user, whatever is presented', () => {
  for (const authorization of [undefined, '', 'Bearer x']) {
    const identified = made({ identity: NO_IDENTITY }).verify({ authorization });
    assert.deepEqual((identified as Identified).principal, LOCAL_USER);
  }
});

describe('a server that is open', () => {
  const identity = { ...THREE, openServers: ['open'] };
  const rows: [string, string, Head, string][] = [
    ['lets in at its own endpoint', 'open', {}, 'anonymous anonymous:open'],
    ['lets nobody in elsewhere', 'files', {}, 'token_missing'],
    ['lets nobody in at an aggregate', '', {}, 'token_missing'],
    ['knows who says who he is', 'open', { authorization: 'Bearer a-1' }, 'token token:ann'],
    ['makes no guest of a bad credential', 'open', { authorization: 'Bearer x' }, 'token_invalid'],
    ['makes no guest of an unreadable one', 'open', { authorization: 'Basic a-1' }, 'token_invalid'],
  ];
  for (const [what, endpoint, head, expected] of rows)
    test(what, () =>
      assert.equal(
        said(() => made({ identity }).verify(head, endpoint)),
        expected,
      ),
    );

  test('is all that its guest can reach', () => {
    const { principal } = made({ identity }).verify({}, 'open') as Identified;
    assert.deepEqual(principal.reach, {
      ...{ servers: ['open'], endpoints: ['open'], tools: undefined, exceptServers: [] },
    });
  });
});

const ANN = { ...NOBODY, id: 'user:ann', kind: 'user' } as const;

/** A scheme that takes everything and answers when and as it is told. */
function slow(answer: () => Found | Promise<Found>) {
  const asked: string[] = [];
  const scheme: Scheme = {
    takes: () => true,
    verify: async (credential, resource) => {
      asked.push(`${credential} ${resource}`);
      return answer();
    },
  };
  return { scheme, asked };
}

const GOOD = { authorization: 'Bearer good' };
const NEVER = Number.POSITIVE_INFINITY;

describe('a verified credential', () => {
  test('is believed without being verified anew, and without a promise', async () => {
    const { scheme, asked } = slow(() => ({ principal: ANN, expiresAtMs: NEVER }));
    const { verify } = made({ scheme });
    await verify(GOOD);
    assert.equal(
      said(() => verify(GOOD)),
      'user user:ann',
    );
    assert.equal(asked.length, 1);
  });

  test('is believed for a short time', async () => {
    const { scheme, asked } = slow(() => ({ principal: ANN, expiresAtMs: NEVER }));
    const { verify, state } = made({ scheme, limits: { credentialCacheMs: 1_000 } });
    const socket = {};
    await verify({ ...GOOD, socket });
    state.nowMs += 999;
    assert.equal(
      said(() => verify({ ...GOOD, socket })),
      'user user:ann',
    );
    state.nowMs += 1;
    await verify({ ...GOOD, socket });
    assert.equal(asked.length, 2);
  });

  test('is not believed when it has expired, on a connection that has shown it before neither', () => {
    const scheme: Scheme = { takes: () => true, verify: () => ({ principal: ANN, expiresAtMs: 1_000_010 }) };
    const one = made({ scheme });
    const socket = {};
    assert.equal(
      said(() => one.verify({ ...GOOD, socket })),
      'user user:ann',
    );
    one.state.nowMs += 10;
    assert.equal(
      said(() => one.verify({ ...GOOD, socket })),
      'token_invalid',
    );
  });

  test('is verified for every endpoint by itself', async () => {
    const { scheme, asked } = slow(() => ({ principal: ANN, expiresAtMs: NEVER }));
    const { verify } = made({ scheme });
    const socket = {};
    await verify({ ...GOOD, socket }, '');
    await verify({ ...GOOD, socket }, 'files');
    assert.deepEqual(asked, ['good http://127.0.0.1:9000/mcp', 'good http://127.0.0.1:9000/mcp/files']);
  });

  test('is for the endpoint that it was verified for, on a connection that has shown it before too', () => {
    const identity = { ...THREE, ownTokens: new Map([['files', ['bob']]]) };
    const { verify } = made({ identity });
    const ann = { authorization: 'Bearer a-1', socket: {} };
    assert.equal(
      said(() => verify(ann, '')),
      'token token:ann',
    );
    assert.equal(
      said(() => verify(ann, 'files')),
      'token_invalid',
    );
  });

  test('is not believed by other rules than those it was verified by', () => {
    const { verify, change } = made();
    const socket = {};
    const ann = { authorization: 'Bearer a-1', socket };
    assert.equal(
      said(() => verify(ann)),
      'token token:ann',
    );
    change({ identity: { ...THREE, tokens: TOKENS.slice(1) } });
    assert.equal(
      said(() => verify(ann)),
      'token_invalid',
    );
    change({ identity: THREE });
    assert.equal(
      said(() => verify(ann)),
      'token token:ann',
    );
  });

  test('stays warm when something else changes', async () => {
    const { scheme, asked } = slow(() => ({ principal: ANN, expiresAtMs: NEVER }));
    const { verify, change, state } = made({ scheme });
    await verify(GOOD);
    change({ version: 2, identity: structuredClone(state.snapshot.identity) });
    assert.equal(
      said(() => verify(GOOD)),
      'user user:ann',
    );
    change({ publicUrl: 'https://gw.example' });
    await verify(GOOD);
    assert.deepEqual(asked, ['good http://127.0.0.1:9000/mcp', 'good https://gw.example/mcp']);
  });

  test('makes room for others when there are too many, and that is counted', () => {
    const { verify, events } = made({ limits: { credentialsCachedMax: 1 } });
    for (const authorization of ['Bearer a-1', 'Bearer a-1']) verify({ authorization });
    assert.deepEqual(events, []);
    verify({ authorization: 'Bearer b~2/+=' });
    assert.deepEqual(events, [{ type: 'limit_hit', limit: 'credentialsCachedMax', principal: '' }]);
  });

  test('takes no room for an endpoint that does not exist', () => {
    const { verify, events } = made({ limits: { credentialsCachedMax: 1 } });
    for (const endpoint of ['', 'made', 'up']) verify({ authorization: 'Bearer a-1' }, endpoint);
    assert.deepEqual(events, []);
  });
});

describe('a credential that is being verified', () => {
  test('is verified once, for all who wait', async () => {
    const { promise, resolve } = Promise.withResolvers<Found>();
    const { scheme, asked } = slow(() => promise);
    const { verify } = made({ scheme });
    const all = [verify(GOOD), verify(GOOD), verify(GOOD)];
    resolve({ principal: ANN, expiresAtMs: NEVER });
    const found = await Promise.all(all);
    assert.deepEqual(new Set(found.map(({ principal }) => principal)), new Set([ANN]));
    assert.equal(asked.length, 1);
  });

  test('is not let in by rules that are past', async () => {
    const { promise, resolve } = Promise.withResolvers<Found>();
    const answers: (Found | Promise<Found>)[] = [promise, { refused: 'denied' }];
    const { scheme, asked } = slow(() => answers.shift());
    const { verify, change } = made({ scheme });
    const waiting = verify(GOOD) as Promise<Identified>;
    change({ identity: NO_TOKENS });
    resolve({ principal: ANN, expiresAtMs: NEVER });
    assert.equal(await codeRejected(waiting), 'token_invalid');
    assert.equal(asked.length, 2);
  });

  test('is refused when that fails, and is asked about again the next time', async () => {
    const answers = [() => assert.fail('no key set'), () => ({ principal: ANN, expiresAtMs: NEVER })];
    const { scheme } = slow(() => answers.shift()?.());
    const { verify } = made({ scheme });
    assert.equal(await codeRejected(verify(GOOD) as Promise<Identified>), 'token_invalid');
    assert.deepEqual((await verify(GOOD)).principal, ANN);
  });

  test('is refused when its scheme throws', () => {
    const scheme: Scheme = { takes: () => assert.fail('a bug'), verify: () => undefined };
    assert.equal(
      said(() => made({ scheme }).verify(GOOD)),
      'token_invalid',
    );
  });

  test('is refused without a time until which it holds', () => {
    const scheme: Scheme = { takes: () => true, verify: () => ({ principal: ANN, expiresAtMs: Number.NaN }) };
    assert.equal(
      said(() => made({ scheme }).verify(GOOD)),
      'token_invalid',
    );
  });
});
const NO_TOKENS = { ...NO_IDENTITY, tokens: TOKENS.slice(1) };

describe('an address that presents bad credentials', () => {
  const limits = { failedAuthenticationsMax: 2, credentialCacheMs: 1_000 };
  const bad = { authorization: 'Bearer x' };
  const ann = { authorization: 'Bearer a-1' };
  const bob = { authorization: 'Bearer b~2/+=' };
  const guessed = (verify: (head: Head) => Identified | Promise<Identified>, times: number) =>
    Array.from({ length: times }, () => said(() => verify(bad)));

  test('waits when they are too many, and others do not', () => {
    const { verify } = made({ limits });
    assert.deepEqual(guessed(verify, 4), ['token_invalid', 'token_invalid', 'too_many_failures', 'too_many_failures']);
    assert.equal(
      said(() => verify(ann, '', '10.0.0.2')),
      'token token:ann',
    );
    assert.equal(
      said(() => verify(bad, '', '10.0.0.2')),
      'token_invalid',
    );
  });

  test('is still told that a credential is needed when it presents none', () => {
    const { verify } = made({ limits });
    guessed(verify, 3);
    assert.equal(
      said(() => verify({})),
      'token_missing',
    );
  });

  test('keeps nobody out who was there before, also when he is verified anew', () => {
    const { verify, state, change } = made({ limits });
    verify(ann);
    guessed(verify, 3);
    assert.equal(
      said(() => verify(ann)),
      'token token:ann',
    );
    state.nowMs += 5_000;
    assert.equal(
      said(() => verify(ann)),
      'token token:ann',
    );
    change({ identity: { ...THREE, queryToken: true } });
    assert.equal(
      said(() => verify(ann)),
      'token token:ann',
    );
  });

  test('lets somebody new wait for a turn', () => {
    const { verify, wheel } = made({ limits });
    guessed(verify, 2);
    assert.equal(
      said(() => verify(bob)),
      'too_many_failures',
    );
    wheel.turn(1_000);
    assert.equal(
      said(() => verify(bob)),
      'token token:bob',
    );
    assert.equal(
      said(() => verify(bad)),
      'token_invalid',
    );
    assert.equal(
      said(() => verify(bad)),
      'too_many_failures',
    );
  });

  test('gains no turn by what is verified anew without one', () => {
    const { verify, wheel, state } = made({ limits });
    said(() => verify(ann));
    guessed(verify, 2);
    wheel.turn(1_000);
    guessed(verify, 1);
    state.nowMs += 3_600_000;
    const after = [ann, bad].map((head) => said(() => verify(head)));
    assert.deepEqual(after, ['token token:ann', 'too_many_failures']);
  });

  test('is not slowed down by what nobody guesses: what has expired, is denied, is for elsewhere, or could not be asked', () => {
    for (const refused of ['expired', 'denied', 'not_here', 'failed'] as const) {
      const { verify } = made({ limits, scheme: { takes: () => true, verify: () => ({ refused }) } });
      assert.deepEqual(guessed(verify, 3), ['token_invalid', 'token_invalid', 'token_invalid'], refused);
    }
  });

  test('does not guess while it waits: nothing is verified', () => {
    let asked = 0;
    const verifyAll = () => {
      asked += 1;
      return undefined;
    };
    const { verify } = made({ limits, scheme: { takes: () => true, verify: verifyAll } });
    guessed(verify, 9);
    assert.equal(asked, 2);
  });

  test('is named in the log when it begins to wait', () => {
    const { verify, events } = made({ limits });
    guessed(verify, 4);
    assert.deepEqual(
      events.map((event) => event.type === 'credential_refused' && event.slowed),
      [false, true],
    );
  });
});

test('why a credential was refused is for the operator alone', () => {
  const { verify, events } = made();
  let internal: unknown;
  let says = '';
  try {
    verify({ authorization: 'Bearer secret-that-is-wrong' });
  } catch (thrown) {
    internal = Reflect.get(thrown as object, 'internal');
    says = String((thrown as Error).message);
  }
  assert.deepEqual(internal, { why: 'unknown' });
  assert.equal(says, 'Authentication is required.');
  assert.deepEqual(events, [{ type: 'credential_refused', why: 'unknown', address: '10.0.0.1', slowed: false }]);
});
