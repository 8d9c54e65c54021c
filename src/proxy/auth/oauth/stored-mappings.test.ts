import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeClaimRules, madeIssuer } from '../../../../test/rig/made-identity.ts';
import { madePeople } from '../../../../test/rig/made-people.ts';
import type { StoredMapping } from '../../../model/people.ts';
import { bearerOf } from './token-bearer.ts';

const ISSUER = 'https://issuer.example';

function mapping(
  organisation: string,
  value: string,
  role: string,
  change: Partial<StoredMapping> = {},
): StoredMapping {
  const mapped = { scopes: [], roles: [role], groups: [] };
  return { organisation, issuer: ISSUER, claim: 'team', value, mapped, ...change };
}

const MAPPINGS = [
  mapping('default', 'core', 'of-default'),
  mapping('acme', 'core', 'of-acme'),
  mapping('acme', 'core', 'also-of-acme'),
  mapping('acme', 'core', 'of-another-issuer', { issuer: 'https://other.example' }),
];
const people = madePeople([], [], MAPPINGS);
const rules = madeClaimRules({ organisation: ['org'], user: ['name'], roles: [['roles']] });
const known = { users: new Map(), organisations: ['acme', 'beta'] };
const bearer = bearerOf(madeIssuer(ISSUER, { claims: rules }), known, () => people);
const rolesOf = (claims: Readonly<Record<string, unknown>>) => bearer('1', claims)?.principal.roles;

const rows: [string, Readonly<Record<string, unknown>>, readonly string[] | undefined][] = [
  ['acts in the organisation of a mapping has what that gives', { team: 'core' }, ['of-default']],
  ['acts in another has what is given there alone', { team: 'core', org: 'acme' }, ['of-acme', 'also-of-acme']],
  ['acts where nothing is mapped has nothing by it', { team: 'core', org: 'beta' }, []],
  ['names an organisation that there is not has none of another’s', { team: 'core', org: 'gamma' }, ['of-default']],
  [
    'has it beside what the file gives',
    { team: ['core'], org: 'acme', roles: ['own'] },
    ['own', 'of-acme', 'also-of-acme'],
  ],
  ['has another value has nothing by it', { team: 'cores' }, []],
  ['has a value that is no text is refused, as by a mapping of the file', { team: 7 }, undefined],
  ['has what nobody reads here is not', { team: 7, org: 'beta' }, []],
];
for (const [who, claims, expected] of rows) {
  test(`a token that ${who}`, () => assert.deepEqual(rolesOf(claims), expected));
}

test('a name of a user of the store is the name of an owner, and brings none of their roles', () => {
  const memberships = new Map([['default', ['system_admin']]]);
  const stored = madePeople([{ name: 'ann', disabled: false, memberships }], []);
  const named = bearerOf(madeIssuer(ISSUER, { claims: rules }), known, () => stored);
  const { user, roles } = named('1', { name: 'ann' })?.principal ?? {};
  assert.deepEqual([user, roles], ['ann', []]);
});

test('what is mapped elsewhere may change, and the token is not looked at anew', () => {
  const { rests } = bearer('1', { team: 'core' }) ?? {};
  const [own, ...others] = MAPPINGS;
  assert.equal(rests?.(madePeople([], [], MAPPINGS)), true);
  assert.equal(rests?.(madePeople([], [], [own as StoredMapping])), true);
  assert.equal(rests?.(madePeople([], [], others)), false);
  assert.equal(rests?.(madePeople([], [], [...MAPPINGS, mapping('default', 'more', 'r')])), false);
});
