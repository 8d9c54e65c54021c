/*
 * The credentials of our own, static tokens and keys, and whom they make of their bearer.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import {
  type DenyList,
  type Holder,
  type IdentityDefinition,
  NO_IDENTITY,
  type UserDefinition,
} from '../../model/identity.ts';
import { composeKey } from '../../model/key-text.ts';
import type { Principal, Reach } from '../../model/principal.ts';
import { denierOf } from './denied.ts';
import { keyScheme } from './keys.ts';
import { Places } from './places.ts';
import type { Found } from './scheme.ts';
import { tokenScheme } from './tokens.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const HOLDER: Holder = { organisation: 'default', user: undefined, roles: [], grants: 'none', reach: undefined };
const ANN: UserDefinition = {
  ...{ name: 'ann', organisation: 'default', roles: ['user'], groups: ['staff'], identities: [] },
};
const NOW_MS = 1_000_000;
const KEY = composeKey('ci01', Buffer.alloc(32, 7));
const OTHER = composeKey('ci01', Buffer.alloc(32, 8));
const NO_ONE: DenyList = { subjects: [], tokenIds: [] };

function keyed(
  change: Partial<Holder & { expiresAtMs: number }> = {},
  identity: Partial<IdentityDefinition> = {},
): Found {
  const key = { ...HOLDER, expiresAtMs: undefined, id: 'ci01', name: 'for CI', sha256: sha256(KEY), ...change };
  const scheme = keyScheme({ ...NO_IDENTITY, users: new Map([['ann', ANN]]), ...identity, keys: [key] }, () => NOW_MS);
  assert.ok(scheme.takes(KEY));
  return scheme.verify(KEY, '') as Found;
}

function principalIn(found: Found): Principal {
  assert.ok(found && 'principal' in found, JSON.stringify(found));
  return found.principal;
}

describe('a key', () => {
  test('names its principal, what it may do and until when', () => {
    const reach: Reach = { servers: ['files'], endpoints: undefined, tools: ['files.read_*'], exceptServers: [] };
    const found = keyed({ organisation: 'acme', roles: ['viewer'], reach, expiresAtMs: NOW_MS + 1 });
    const { id, kind, organisation, roles, grants, reach: reached } = principalIn(found);
    assert.deepEqual(
      [id, kind, organisation, roles, grants, reached],
      ['key:ci01', 'key', 'acme', ['viewer'], 'none', reach],
    );
    assert.equal(found && 'expiresAtMs' in found && found.expiresAtMs, NOW_MS + 1);
  });

  const refused: [string, Found, string][] = [
    ['that has expired is refused', keyed({ expiresAtMs: NOW_MS }), 'expired'],
    ['whose name is denied is refused', keyed({}, { denied: deny('key:ci01') }), 'denied'],
    ['whose id is denied is refused', keyed({}, { denied: { ...NO_ONE, tokenIds: ['ci01'] } }), 'denied'],
    ['whose user is denied is refused', keyed({ user: 'ann' }, { denied: deny('ann') }), 'denied'],
    ['with another secret is refused', keyScheme(identityOf(), () => NOW_MS).verify(OTHER, '') as Found, 'unknown'],
    [
      'of which a letter was lost is told apart, in the log',
      keyScheme(identityOf(), () => NOW_MS).verify(KEY.slice(0, -1), '') as Found,
      'malformed',
    ],
  ];
  for (const [what, found, why] of refused) test(what, () => assert.deepEqual(found, { refused: why }));

  test('puts its bearer in the groups of his user', () => {
    assert.deepEqual(principalIn(keyed({ user: 'ann', roles: ['viewer'] })).groups, ['staff']);
    assert.deepEqual(principalIn(keyed({ user: 'nobody we know' })).groups, []);
  });

  test('is not what looks like one', () => {
    const { takes } = keyScheme(NO_IDENTITY, () => NOW_MS);
    for (const text of [
      'gwk_',
      'gwk__x',
      'gwk_abc_x',
      'gwk_abcd',
      'xgwk_abcd_x',
      'gwk_abcd_x y',
      'GWK_abcd_x',
      `gwk_${'a'.repeat(65)}_x`,
    ])
      assert.equal(takes(text), false, text);
  });
});

function deny(subject: string): DenyList {
  return { ...NO_ONE, subjects: [{ issuer: undefined, subject }] };
}

function identityOf(): IdentityDefinition {
  return { ...NO_IDENTITY, keys: [{ ...HOLDER, id: 'ci01', name: 'ci', sha256: sha256(KEY), expiresAtMs: undefined }] };
}

test('every slip of one letter in a key is noticed before anybody looks for the key', () => {
  const key = composeKey('a1b2', randomBytes(32));
  const { verify } = keyScheme(NO_IDENTITY, () => NOW_MS);
  assert.deepEqual(verify(key, ''), { refused: 'unknown' });
  for (let at = 'gwk_a1b2_'.length; at < key.length; at++) {
    const slip = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
    assert.deepEqual(verify(slip, ''), { refused: 'malformed' }, String(at));
  }
});

describe('who is denied', () => {
  const denies = denierOf({
    subjects: [
      { issuer: undefined, subject: 'eve' },
      { issuer: 'https://one.example', subject: 'mallory' },
    ],
    tokenIds: ['j-1'],
  });
  const rows: [string, string | undefined, string | undefined, string | undefined, boolean][] = [
    ['is denied by every issuer', 'https://two.example', 'eve', undefined, true],
    ['is denied as our own', undefined, 'eve', undefined, true],
    ['is denied by the issuer that was named', 'https://one.example', 'mallory', undefined, true],
    ['is not denied by another issuer', 'https://two.example', 'mallory', undefined, false],
    ['is not denied as our own when an issuer was named', undefined, 'mallory', undefined, false],
    ['is denied by the id of the token', 'https://two.example', 'ann', 'j-1', true],
    ['is not denied for having neither', 'https://two.example', undefined, undefined, false],
    ['is told from who begins alike', 'https://two.example', 'eve2', 'j-10', false],
  ];
  for (const [what, issuer, subject, tokenId, expected] of rows)
    test(what, () => assert.equal(denies({ issuer, subjects: [subject], tokenId }), expected));
});

/*
 * The inheritance of token lists in S4 (rows 4-15 to 4-18), as the gateway has it: a gateway-wide list, and servers that
 * inherit it, have one of their own, or are open.
 */
describe('a token list of a server', () => {
  const tokens = ['wide', 'one', 'both'].map((name) => ({
    ...HOLDER,
    grants: 'all' as const,
    name,
    sha256: sha256(name),
  }));
  const [wide, one, both] = tokens as [TokenOf, TokenOf, TokenOf];
  const identity: IdentityDefinition = {
    ...NO_IDENTITY,
    tokens: [wide, { ...one, reach: only('own') }, both],
    ownTokens: new Map([['own', ['one', 'both']]]),
    openServers: ['open'],
  };
  const servers = ['inherits', 'own', 'open'].map((name) => madeServer(name));
  const places = new Places(madeSnapshot(servers, { identity }), 'http://gw');
  const principalOf = (name: string) => principalIn(tokenScheme(identity).verify(name, '') as Found);

  const taken: [string, string, string, boolean][] = [
    ['is inherited where the server has none', 'inherits', 'wide', true],
    ['replaces the gateway’s at its endpoint: one of the gateway’s is refused', 'own', 'wide', false],
    ['replaces the gateway’s at its endpoint: its own are taken', 'own', 'one', true],
    ['may name a token of the gateway’s too', 'own', 'both', true],
    ['that is empty leaves what is presented to be checked', 'open', 'wide', true],
  ];
  for (const [what, endpoint, token, expected] of taken) {
    test(what, () => {
      const { ownTokens } = places.of(endpoint);
      assert.equal(ownTokens === undefined || ownTokens.has(principalOf(token).id), expected);
    });
  }

  test('keeps others from the server at every other endpoint, too', () => {
    assert.deepEqual(principalOf('wide').reach?.exceptServers, ['own']);
    assert.equal(principalOf('both').reach, undefined);
    assert.deepEqual(principalOf('one').reach, only('own'));
  });

  test('that is empty lets everybody in at that server’s endpoint, and nowhere else', () => {
    assert.deepEqual(
      ['', 'inherits', 'own', 'open', 'none'].map((endpoint) => places.of(endpoint).anonymous?.id),
      [undefined, undefined, undefined, 'anonymous:open', undefined],
    );
  });

  test('says nothing about aggregates that have the server', () => {
    assert.deepEqual([places.of('').ownTokens, places.of().ownTokens], [undefined, undefined]);
  });
});
type TokenOf = IdentityDefinition['tokens'][number];

function only(server: string): Reach {
  return { servers: [server], endpoints: undefined, tools: undefined, exceptServers: [] };
}

test('a token of the list that is denied is refused', () => {
  const tokens = [{ ...HOLDER, user: 'ann', name: 'a', sha256: sha256('a-1') }];
  const found = (denied: DenyList) => tokenScheme({ ...NO_IDENTITY, tokens, denied }).verify('a-1', '');
  assert.deepEqual(found(deny('token:a')), { refused: 'denied' });
  assert.deepEqual(found(deny('ann')), { refused: 'denied' });
  assert.ok(found(deny('bob')));
});
