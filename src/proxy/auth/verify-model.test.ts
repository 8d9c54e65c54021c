/*
 * What is kept warm never changes an answer: over random changes of the rules, steps of the clock and requests on a few
 * connections, the verifier says what one says that has just been made and remembers nothing.
 */

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import fc from 'fast-check';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { limitsWith, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Holder, type IdentityDefinition, NO_IDENTITY } from '../../model/identity.ts';
import { composeKey } from '../../model/key-text.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { Identified } from './identified.ts';
import { keyScheme } from './keys.ts';
import { tokenScheme } from './tokens.ts';
import { Verifier } from './verify.ts';

const HOLDER: Holder = { organisation: 'default', user: undefined, roles: [], grants: 'all', reach: undefined };
const NAMES = ['a', 'b'] as const;
const KEYS = new Map(NAMES.map((name, at) => [name, composeKey(`key${name}`, Buffer.alloc(32, at))]));
const CREDENTIALS = [...NAMES.map((name) => `token-${name}`), ...KEYS.values(), 'nobody', undefined];
const SERVERS = ['one', 'two'];
const ENDPOINTS = ['', 'two', 'two', 'one', 'none', undefined];
const FROM = { address: '10.0.0.1' };

interface State {
  snapshot: Snapshot;
  nowMs: number;
}

const names = fc.subarray([...NAMES]);
const identities = fc
  .record({
    tokens: names,
    keys: names,
    own: names,
    denied: names,
    isOpen: fc.boolean(),
    queryToken: fc.boolean(),
    expiresAtMs: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
  })
  .map(({ tokens, keys, own, denied, isOpen, queryToken, expiresAtMs }): IdentityDefinition => {
    const keyOf = (name: (typeof NAMES)[number]) => ({
      ...{ ...HOLDER, id: `key${name}`, name, sha256: hash('sha256', KEYS.get(name) ?? ''), expiresAtMs },
    });
    return {
      ...NO_IDENTITY,
      tokens: tokens.map((name) => ({ ...HOLDER, name, sha256: hash('sha256', `token-${name}`) })),
      keys: keys.map(keyOf),
      ownTokens: own.length > 0 ? new Map([['two', own]]) : new Map(),
      openServers: isOpen ? ['one'] : [],
      denied: { subjects: [], tokenIds: denied.map((name) => `key${name}`) },
      queryToken,
    };
  });

type Step =
  | { readonly identity: IdentityDefinition }
  | { readonly waitMs: number }
  | {
      readonly credential: string | undefined;
      readonly endpoint: string | undefined;
      readonly socket: number;
      readonly way: Way;
    };
type Way = 'bearer' | 'bare' | 'key' | 'query';

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: identities.map((identity) => ({ identity })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 90_000 }).map((waitMs) => ({ waitMs })) },
  {
    weight: 6,
    arbitrary: fc.record({
      credential: fc.constantFrom(...CREDENTIALS),
      endpoint: fc.constantFrom(...ENDPOINTS),
      socket: fc.integer({ min: 0, max: 1 }),
      way: fc.constantFrom<Way[]>('bearer', 'bearer', 'bearer', 'bare', 'key', 'query'),
    }),
  },
);

function verifierOf(state: State): Verifier {
  const limits = limitsWith({ failedAuthenticationsMax: 1_000_000, credentialsCachedMax: 3 });
  return new Verifier({
    ...{ snapshot: () => state.snapshot, limits: () => limits, wheel: new HandWheel(), now: () => state.nowMs },
    ...{ emit: () => {}, listener: () => 'http://127.0.0.1:9000' },
    schemesOf: (identity) => [tokenScheme(identity), keyScheme(identity, () => state.nowMs)],
  });
}

function requestOf(credential: string | undefined, way: Way, socket: object): IncomingMessage {
  const field =
    way === 'key'
      ? { 'x-api-key': credential }
      : { authorization: way === 'bare' ? credential : `Bearer ${credential}` };
  const isInHead = credential !== undefined && way !== 'query';
  const url = credential !== undefined && way === 'query' ? `/mcp?token=${encodeURIComponent(credential)}` : '/mcp';
  return { headers: isInHead ? field : {}, url, socket } as unknown as IncomingMessage;
}

function said(verifier: Verifier, request: IncomingMessage, endpoint: string | undefined): unknown {
  try {
    const identified = verifier.verify(request, endpoint, FROM);
    assert.ok(identified instanceof Identified);
    return identified.principal;
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError);
    return thrown.code;
  }
}

test('a verifier that remembers says what one says that does not', () => {
  fc.assert(
    fc.property(identities, fc.array(steps, { minLength: 20, maxLength: 80 }), (identity, all) => {
      const servers = SERVERS.map((name) => madeServer(name));
      const state: State = { snapshot: madeSnapshot(servers, { identity }), nowMs: 0 };
      const verifier = verifierOf(state);
      const sockets = [{}, {}];
      for (const step of all) {
        if ('identity' in step) state.snapshot = { ...state.snapshot, identity: step.identity };
        else if ('waitMs' in step) state.nowMs += step.waitMs;
        else {
          const { credential, way, socket, endpoint } = step;
          const [known, fresh] = [sockets[socket] ?? {}, {}];
          const remembered = said(verifier, requestOf(credential, way, known), endpoint);
          assert.deepEqual(remembered, said(verifierOf(state), requestOf(credential, way, fresh), endpoint));
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
