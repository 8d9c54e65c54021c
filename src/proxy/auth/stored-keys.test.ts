import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { codeRejected, codeThrown, limitsWith, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { madeIdentity } from '../../../test/rig/made-identity.ts';
import { keyText, madeKey, madeOverlay, madePeople, madeUser } from '../../../test/rig/made-people.ts';
import type { Event } from '../../model/event.ts';
import { type IdentityDefinition, NO_IDENTITY } from '../../model/identity.ts';
import type { People } from '../../model/people.ts';
import type { Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { tableWith } from '../../model/table.ts';
import { Identified } from './identified.ts';
import { keyScheme } from './keys.ts';
import type { Scheme } from './scheme.ts';
import { Verifier } from './verify.ts';

const [ann, key] = [madeUser('ann'), madeKey('anns')];
const PEOPLE = madePeople([ann], [key]);
const REQUIRED = madeIdentity({ required: true });

function made(people: People = PEOPLE, identity: IdentityDefinition = REQUIRED) {
  const state = { snapshot: madeSnapshot([madeServer('srv')], { identity, people }), nowMs: 1_000_000 };
  const [wheel, events]: [HandWheel, Event[]] = [new HandWheel(), []];
  let verified = 0;
  const counting = (scheme: Scheme): Scheme => ({
    ...scheme,
    verify: (credential, resource) => {
      verified += 1;
      return scheme.verify(credential, resource);
    },
  });
  const verifier = new Verifier({
    snapshot: () => state.snapshot,
    schemesOf: (known) => [
      counting(
        keyScheme(
          known,
          () => state.nowMs,
          () => state.snapshot.people,
        ),
      ),
    ],
    listener: () => 'http://127.0.0.1:9000',
    limits: () => limitsWith({ credentialsCachedMax: 3 }),
    wheel,
    now: () => state.nowMs,
    emit: (event) => events.push(event),
  });
  const verify = (headers: Record<string, string>, socket = {}) => {
    const request = { url: '/mcp', headers, socket } as unknown as IncomingMessage;
    return verifier.verify(request, '', { address: '10.0.0.1' });
  };
  const presenting = (text: string, socket = {}) => verify({ authorization: `Bearer ${text}` }, socket);
  const change = (next: Partial<Snapshot>) => {
    state.snapshot = { ...state.snapshot, ...next, version: state.snapshot.version + 1 };
  };
  const turn = async (ms: number) => {
    state.nowMs += ms;
    wheel.turn(ms);
    await setImmediate();
  };
  return { verify, presenting, change, state, events, turn, verified: () => verified };
}

function principalOf(run: () => Identified | Promise<Identified>): Principal {
  const found = run();
  assert.ok(found instanceof Identified);
  return found.principal;
}

function said(run: () => Identified | Promise<Identified>): string {
  const code = codeThrown(run);
  return code === 'nothing' ? principalOf(run).id : code;
}

describe('a key of the store', () => {
  test('is its user’s, in its organisation, with the roles that they have there', () => {
    const memberships = new Map([
      ['default', ['admin']],
      ['acme', ['user', 'builder']],
    ]);
    const reach = { servers: ['srv'], endpoints: undefined, tools: undefined, exceptServers: [] };
    const people = madePeople([madeUser('ann', { memberships })], [madeKey('anns', { organisation: 'acme', reach })]);
    const { id, kind, organisation, user, roles, grants, ...more } = principalOf(() =>
      made(people).presenting(keyText('anns')),
    );
    assert.deepEqual(
      [id, kind, organisation, user, roles, grants],
      ['key:anns', 'key', 'acme', 'ann', ['user', 'builder'], 'none'],
    );
    assert.deepEqual(more.reach, reach);
  });

  test('keeps of its user’s roles those that it was made with, and gets none that they have not', () => {
    const user = madeUser('ann', { memberships: new Map([['default', ['user', 'builder']]]) });
    const people = madePeople([user], [madeKey('anns', { roles: ['builder', 'admin'] })]);
    assert.deepEqual(principalOf(() => made(people).presenting(keyText('anns'))).roles, ['builder']);
  });

  const rows: [string, People, string][] = [
    ['that there is not', madePeople([ann], []), 'unknown'],
    ['that is switched off', madePeople([ann], [madeKey('anns', { disabled: true })]), 'denied'],
    ['that has expired', madePeople([ann], [madeKey('anns', { expiresAtMs: 1_000_000 })]), 'expired'],
    ['of a user that there is not', madePeople([], [key]), 'denied'],
    ['of a user who is switched off', madePeople([madeUser('ann', { disabled: true })], [key]), 'denied'],
    [
      'of who is no member of its organisation',
      madePeople([ann], [madeKey('anns', { organisation: 'acme' })]),
      'denied',
    ],
  ];
  for (const [what, people, why] of rows) {
    test(`${what} is refused as any other is, and the log says ${why}`, () => {
      const { presenting, events } = made(people);
      assert.equal(
        codeThrown(() => presenting(keyText('anns'))),
        'token_invalid',
      );
      assert.deepEqual(
        events.map((event) => event.type === 'credential_refused' && event.why),
        [why],
      );
    });
  }

  test('of a name that a user of the file has is refused: the file’s is the user that there is', () => {
    const file = { name: 'ann', organisation: 'default', roles: [], groups: [], identities: [] };
    const { presenting } = made(PEOPLE, { ...REQUIRED, users: new Map([['ann', file]]) });
    assert.equal(
      said(() => presenting(keyText('anns'))),
      'token_invalid',
    );
  });

  for (const [what, overlay] of [
    ['its principal', { principals: new Set(['key:anns']) }],
    ['its user', { principals: new Set(['user:ann']) }],
    ['the key', { keys: new Set(['anns']) }],
  ] as const) {
    test(`is refused while the kill switch holds ${what}, and good again after that`, () => {
      const { presenting, change } = made();
      const socket = {};
      for (const [now, expected] of [
        [{}, 'key:anns'],
        [overlay, 'token_invalid'],
        [{}, 'key:anns'],
      ] as const) {
        change({ overlay: madeOverlay(now) });
        assert.equal(
          said(() => presenting(keyText('anns'), socket)),
          expected,
        );
      }
    });
  }

  for (const [what, people] of rows) {
    test(`that becomes one ${what} is refused with the next request of a connection that has shown it, too`, () => {
      const { presenting, change, state } = made();
      const socket = {};
      assert.equal(
        said(() => presenting(keyText('anns'), socket)),
        'key:anns',
      );
      state.nowMs += 1;
      change({ people });
      assert.equal(
        said(() => presenting(keyText('anns'), socket)),
        'token_invalid',
      );
    });
  }
});

test('a change of another key, user or server costs a key nothing; one of its own or of its user is looked at anew', () => {
  const others = [...Array(20).keys()].map((n) => madeKey(`other${n}`));
  const { presenting, change, state, verified } = made(madePeople([ann, madeUser('bob')], [key, ...others]));
  const socket = {};
  const use = () => principalOf(() => presenting(keyText('anns'), socket)).roles.join();
  use();
  for (const other of others) {
    const { people } = state.snapshot;
    change({ people: { ...people, keys: tableWith(people.keys, new Map([[other.sha256, undefined]])) } });
    assert.equal(use(), 'user');
  }
  const { people } = state.snapshot;
  change({ people: { ...people, users: tableWith(people.users, new Map([['bob', undefined]])) } });
  change({ servers: new Map(), endpoints: new Map(state.snapshot.endpoints) });
  assert.deepEqual([use(), verified()], ['user', 1]);
  const more = madeUser('ann', { memberships: new Map([['default', ['admin']]]) });
  change({ people: { ...people, users: tableWith(people.users, new Map([['ann', more]])) } });
  assert.deepEqual([use(), verified()], ['admin', 2]);
});

describe('what a key of the store holds open', () => {
  const bobs = madeKey('bobs', { user: 'bob' });
  const ends: [string, Partial<Snapshot>, boolean][] = [
    ['another key is switched off', { people: madePeople([ann], [key, madeKey('other', { disabled: true })]) }, false],
    ['it is switched off', { people: madePeople([ann], [madeKey('anns', { disabled: true })]) }, true],
    ['it is gone', { people: madePeople([ann], []) }, true],
    ['its user is switched off', { people: madePeople([madeUser('ann', { disabled: true })], [key]) }, true],
    ['its user gets other roles', { people: madePeople([madeUser('ann', { memberships: new Map() })], [key]) }, true],
    ['the kill switch holds its principal', { overlay: madeOverlay({ principals: new Set(['key:anns']) }) }, true],
    ['the kill switch holds another', { overlay: madeOverlay({ principals: new Set(['key:bobs']) }) }, false],
  ];
  for (const [what, next, isOver] of ends) {
    test(`${isOver ? 'ends' : 'goes on'} within a second when ${what}`, async () => {
      const { presenting, change, turn } = made(madePeople([ann, madeUser('bob')], [key, bobs]));
      let ended = 0;
      const found = presenting(keyText('anns'));
      assert.ok(found instanceof Identified);
      found.keep(() => ended++);
      found.keepBeyond(() => ended++);
      await turn(500);
      assert.equal(ended, 0);
      change(next);
      await turn(500);
      await turn(400);
      assert.equal(ended, isOver ? 2 : 0);
    });
  }

  test('ends with its time, but for what is used with newer ones', async () => {
    const { presenting, turn } = made(madePeople([ann], [madeKey('anns', { expiresAtMs: 1_002_000 })]));
    const ended: string[] = [];
    const found = presenting(keyText('anns'));
    assert.ok(found instanceof Identified);
    found.keep(() => ended.push('stream'));
    found.keepBeyond(() => ended.push('session'));
    await turn(3_000);
    assert.deepEqual(ended, ['stream']);
  });
});

describe('where nobody is asked for a credential', () => {
  const rows: [string, Record<string, string>, string][] = [
    ['who presents nothing is the local user', {}, 'local'],
    ['who presents what is no key of ours is, as always', { authorization: 'Bearer something' }, 'local'],
    ['a good key is whom it stands for', { authorization: `Bearer ${keyText('anns')}` }, 'key:anns'],
    ['also in X-API-Key', { 'x-api-key': keyText('anns') }, 'key:anns'],
    ['a key of nobody is refused', { authorization: `Bearer ${keyText('nobodys')}` }, 'token_invalid'],
    ['what is begun like a key is refused', { authorization: 'Bearer gwk_' }, 'token_invalid'],
    ['a key without its scheme is refused', { authorization: keyText('anns') }, 'token_invalid'],
    ['a key in another scheme is refused', { authorization: `Basic ${keyText('anns')}` }, 'token_invalid'],
    [
      'a key beside another credential is refused',
      { authorization: 'Bearer x', 'x-api-key': keyText('anns') },
      'token_invalid',
    ],
  ];
  for (const [what, headers, expected] of rows)
    test(what, () =>
      assert.equal(
        said(() => made(PEOPLE, NO_IDENTITY).verify(headers)),
        expected,
      ),
    );
});

describe('everybody is asked where that is wanted, although the file has no credential', () => {
  const rows: [string, Record<string, string>, string][] = [
    ['nothing', {}, 'token_missing'],
    ['something else', { authorization: 'Bearer something' }, 'token_invalid'],
    ['a good key', { authorization: `Bearer ${keyText('anns')}` }, 'key:anns'],
  ];
  for (const [what, headers, expected] of rows)
    test(`${what} is ${expected}`, () =>
      assert.equal(
        said(() => made().verify(headers)),
        expected,
      ));
});

describe('the last use of a key', () => {
  const used = (events: readonly Event[]) =>
    events.flatMap((event) => (event.type === 'credential_used' ? [event.key] : []));

  test('is told with the first, and then at most once a minute, also while it stays warm', () => {
    const { presenting, state, events } = made();
    const socket = {};
    for (const [ms, told] of [
      [0, 1],
      [1, 1],
      [58_000, 1],
      [2_000, 2],
      [1_000, 2],
      [70_000, 3],
    ] as const) {
      state.nowMs += ms;
      void presenting(keyText('anns'), socket);
      void presenting(keyText('anns'));
      assert.equal(used(events).length, told, `after ${ms} ms more`);
    }
  });

  test('is told of no more keys at once than are remembered', () => {
    const keys = [...Array(6).keys()].map((n) => madeKey(`key${n}`));
    const { presenting, state, events } = made(madePeople([ann], keys));
    for (const { id } of keys) void presenting(keyText(id));
    assert.deepEqual(used(events), ['key0', 'key1', 'key2']);
    state.nowMs += 61_000;
    for (const { id } of keys.slice(3)) void presenting(keyText(id));
    assert.deepEqual(used(events).slice(3), ['key3', 'key4', 'key5']);
  });

  test('of a key that was refused is not told', async () => {
    const { presenting, events } = made(madePeople([ann], [madeKey('anns', { disabled: true })]));
    await codeRejected(Promise.resolve().then(() => presenting(keyText('anns'))));
    assert.deepEqual(used(events), []);
  });
});
