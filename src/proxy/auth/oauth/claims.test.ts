import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { madeClaimRules, madeIssuer } from '../../../../test/rig/made-identity.ts';
import type { ClaimRules, UserDefinition } from '../../../model/identity.ts';
import type { Principal } from '../../../model/principal.ts';
import { claimReader } from './claims.ts';
import { type Claims, isObject } from './compact.ts';
import { bearerOf } from './token-bearer.ts';

const NOTHING = { scopes: [], roles: [], groups: [], organisation: undefined, user: undefined };

function read(claims: Claims, rules: Partial<ClaimRules> = {}) {
  return claimReader(madeClaimRules(rules))(claims);
}

describe('claims', () => {
  const rows: [string, Claims, Partial<ClaimRules>, object | undefined][] = [
    ['give nothing that no rule names', { roles: ['admin'], groups: ['g'] }, {}, {}],
    ['give scopes as text with blanks', { scope: 'a  b a' }, {}, { scopes: ['a', 'b'] }],
    ['give scopes as a list', { scp: ['a', 'b'] }, {}, { scopes: ['a', 'b'] }],
    ['give scopes of both', { scope: 'a', scp: ['b'] }, {}, { scopes: ['a', 'b'] }],
    ['give a role as text, whole', { role: 'site admin' }, { roles: [['role']] }, { roles: ['site admin'] }],
    ['give what is nested', { realm: { roles: ['r'] } }, { roles: [['realm', 'roles']] }, { roles: ['r'] }],
    [
      'give what stands in a list of maps',
      { g: [{ n: 'a' }, { n: ['b'] }] },
      { groups: [['g', 'n']] },
      { groups: ['a', 'b'] },
    ],
    [
      'give what a name with dots and colons has',
      { 'https://x.example/r': ['r'] },
      { roles: [['https://x.example/r']] },
      { roles: ['r'] },
    ],
    ['with nothing in them give nothing', { scope: null, role: [] }, { roles: [['role']] }, {}],
    ['of another kind refuse: a number', { scope: 7 }, {}, undefined],
    ['of another kind refuse: a map', { role: { admin: true } }, { roles: [['role']] }, undefined],
    ['of another kind refuse: a list with a number', { groups: ['a', 7] }, { groups: [['groups']] }, undefined],
    ['of another kind refuse: lists in a list', { groups: [[['a']]] }, { groups: [['groups']] }, undefined],
    ['name an organisation', { org: 'acme' }, { organisation: ['org'] }, { organisation: 'acme' }],
    ['name no organisation when they name two', { org: ['a', 'b'] }, { organisation: ['org'] }, {}],
    ['name a user', { u: ['ann'] }, { user: ['u'] }, { user: 'ann' }],
    ['name no user by a number', { u: 7 }, { user: ['u'] }, {}],
    ['that are required let pass when they are there', { a: 'x', b: [] }, { required: [['a'], ['b']] }, {}],
    ['that are required refuse when one is missing', { a: 'x' }, { required: [['a'], ['b']] }, undefined],
    ['that are required refuse when one is null', { a: null }, { required: [['a']] }, undefined],
    ['that are required refuse when one is a flag', { a: false }, { required: [['a']] }, undefined],
    ['that nobody owns are not there', {}, { required: [['constructor']] }, undefined],
    ['that all objects have are not there', {}, { roles: [['__proto__', 'constructor', 'name']] }, {}],
  ];
  for (const [what, claims, rules, expected] of rows) {
    test(what, () => assert.deepEqual(read(claims, rules), expected && { ...NOTHING, ...expected }));
  }
});

describe('mappings', () => {
  const to = (scope: string) => ({ scopes: [scope], roles: [`r-${scope}`], groups: [] });
  const mappings = new Map([
    ['Groups:Admins', to('all')],
    ['groups:readers', to('read')],
    ['realm.roles:dev', to('dev')],
    ['https://x.example/r:ops', to('ops')],
    ['aud:urn:a:b', to('urn')],
    ['__proto__:x', to('proto')],
    ['groups:books', to('books')],
    ['groups:b\u00fccher', to('own')],
  ]);
  const rows: [string, Claims, readonly string[] | undefined][] = [
    ['fit a value of text', { groups: 'readers' }, ['read']],
    ['fit every element of a list', { groups: ['readers', 'admins', 'others'] }, ['read', 'all']],
    ['do not mind capital letters', { GROUPS: ['ADMINS'] }, ['all']],
    ['fit what is nested', { realm: { roles: ['dev'] } }, ['dev']],
    ['fit names with colons', { 'https://x.example/r': 'ops' }, ['ops']],
    ['fit values with colons', { aud: 'urn:a:b' }, ['urn']],
    ['fit whole values alone', { groups: ['admin', 'admins2', ' admins'] }, []],
    ['do not take a letter for another that looks like it', { groups: ['boo\u212as'] }, []],
    ['do not mind letters beyond ASCII', { groups: ['B\u00dcCHER', 'BOO\u212aS'] }, ['own']],
    ['pass what is not there', {}, []],
    ['pass nothing', { groups: null }, []],
    ['refuse a number', { groups: 7 }, undefined],
    ['refuse a flag', { groups: true }, undefined],
    ['refuse a list with anything but text', { groups: ['admins', 7] }, undefined],
    ['leave other claims alone', { level: 7, realm: { other: 1 } }, []],
  ];
  for (const [what, claims, expected] of rows) {
    test(what, () => {
      const got = read(claims, { mappings, scopes: [] });
      assert.deepEqual(got?.scopes, expected);
      assert.deepEqual(
        got?.roles,
        expected?.map((scope) => `r-${scope}`),
      );
    });
  }
  test('take a claim that is called __proto__ for a claim like others', () => {
    assert.deepEqual(read(JSON.parse('{"__proto__":"x"}'), { mappings, scopes: [] })?.scopes, ['proto']);
  });
});

describe('the bearer of a token', () => {
  const issuer = 'https://id.example';
  const ann: UserDefinition = {
    ...{ name: 'ann', organisation: 'acme', roles: ['own'], groups: ['g'] },
    identities: [{ issuer, subject: '1' }],
  };
  const guest: UserDefinition = { name: 'guest', organisation: 'acme', roles: ['own'], groups: [], identities: [] };
  const users = new Map([ann, guest].map((user) => [user.name, user]));
  const rules = madeClaimRules({ user: ['name'], organisation: ['org'], roles: [['roles']] });
  const of = (name: string) => bearerOf(madeIssuer(name, { claims: rules }), { users, organisations: ['beta'] });
  const bearer = (subject: string, claims: Claims = {}, name = issuer) => {
    const { id, user, organisation, roles, groups } =
      of(name)(subject, claims)?.principal ?? ({} as Partial<Principal>);
    return [id, user, organisation, roles?.join(' '), groups?.join(' ')];
  };

  test('is known by issuer and subject', () =>
    assert.deepEqual(bearer('2'), [`${issuer}|2`, undefined, 'default', '', '']));
  test('is the user of the file who has this identity, with what he has', () =>
    assert.deepEqual(bearer('1', { roles: ['r'], org: 'beta' }), [`${issuer}|1`, 'ann', 'acme', 'r own', 'g']));
  test('is not he by the same subject at another issuer', () =>
    assert.deepEqual(bearer('1', {}, 'https://other'), ['https://other|1', undefined, 'default', '', '']));
  test('is not he by calling himself so', () => assert.equal(bearer('2', { name: 'ann' })[1], undefined));
  test('may have the name of one without identities, and nothing else of him', () =>
    assert.deepEqual(bearer('2', { name: 'guest' }), [`${issuer}|2`, 'guest', 'default', '', '']));
  test('is in an organisation that there is', () => assert.equal(bearer('2', { org: 'beta' })[2], 'beta'));
  test('is in no organisation that there is not', () => assert.equal(bearer('2', { org: 'gamma' })[2], 'default'));
  test('has claims that conditions may read, and no prototype from outside', () => {
    const claims = JSON.parse('{"sub":"2","a":{"__proto__":{"admin":true},"b":[{"__proto__":1}]},"__proto__":{"x":1}}');
    assert.deepEqual(of(issuer)('2', claims)?.principal.claims, { sub: '2', a: { b: [{}] } });
  });
});

const json = fc.jsonValue({ maxDepth: 5 });
const name = fc.constantFrom('a', 'b', 'scope', '__proto__', 'constructor', 'toString', 'length', '0');

describe('whatever a token says', () => {
  const nested = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('a', 'admin', 7, true, null, ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map((entries) => {
        const made = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
        return JSON.parse(`{${made.join()}}`);
      }),
    ),
  })).value;
  const claimsOf = fc.oneof(json, nested).filter(isObject);
  const paths = fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 3 });

  test('reading it never throws, gives text alone, and changes no object of ours', () => {
    fc.assert(
      fc.property(claimsOf, paths, paths, (claims, roles, required) => {
        const mappings = new Map([['a.b:admin', { scopes: ['s'], roles: [], groups: [] }]]);
        const rules = madeClaimRules({ roles, required, mappings });
        const bearer = bearerOf(madeIssuer('i', { claims: rules }), { users: new Map(), organisations: [] });
        const principal = bearer('x', claims as Claims)?.principal;
        assert.equal(({} as Record<string, unknown>).admin, undefined);
        assert.equal(Object.getPrototypeOf({}), Object.prototype);
        if (!principal) return;
        for (const text of [...principal.roles, ...principal.scopes]) assert.equal(typeof text, 'string');
        assert.equal(JSON.stringify(principal.claims).includes('"__proto__"'), false);
      }),
    );
  });

  test('a role is given only by its own text at a path of the rules', () => {
    fc.assert(
      fc.property(claimsOf, (claims) => {
        const got = claimReader(madeClaimRules({ roles: [['a', 'b']] }))(claims as Claims);
        const naive = naiveTexts(claims, ['a', 'b']);
        if (got) assert.deepEqual([...got.roles].sort(), [...new Set(naive)].filter(Boolean).sort());
      }),
    );
  });
});

/** A second reading, by descent. */
function naiveTexts(value: unknown, path: readonly string[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => naiveTexts(each, path));
  const [first, ...rest] = path;
  if (first === undefined) return typeof value === 'string' ? [value] : [];
  if (typeof value !== 'object' || value === null || !Object.keys(value).includes(first)) return [];
  return naiveTexts((value as Record<string, unknown>)[first], rest);
}
