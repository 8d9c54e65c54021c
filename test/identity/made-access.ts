/*
 * Random access rules and who asks under them: few names, so that they meet; names that mean something to JavaScript, and
 * lists that are empty, among them.
 */
import fc from 'fast-check';
import type { AccessDefinition, PolicyDefinition, Scope, Who } from '../../src/model/access.ts';
import type { Principal, Reach } from '../../src/model/principal.ts';
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../src/model/snapshot.ts';
import type { RequestAbout } from '../../src/proxy/policy/decision.ts';
import { madeEndpoint, madeServer, madeSnapshot } from '../rig/made.ts';

export const SERVERS = ['fs', 'web', '__proto__', 'constructor'] as const;
export const TOOLS = ['read', 'write', 'read_all', '__proto__', 'constructor', 'Read'] as const;
export const RESOURCES = ['file:///a', 'file:///a/b', 'mem:x', '__proto__'] as const;
export const TEMPLATES = ['file:///{+path}', 'file:///a/{name}', '{scheme}:x', 'mem:x', '{+all}'] as const;
const ORGANISATIONS = ['default', 'acme', '__proto__'] as const;
const USERS = ['ann', 'bob', '__proto__'] as const;
const ROLES = ['editor', 'constructor', '__proto__'] as const;
const BUILT_IN = ['system_admin', 'admin', 'user', 'viewer', 'service'] as const;
const GROUPS = ['ops', 'toString'] as const;
const SCOPES = ['r', 'w', '__proto__'] as const;

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
const some = (...names: readonly string[]) => fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 });
const patterns = (...names: readonly string[]) =>
  fc.uniqueArray(
    fc.oneof(fc.constantFrom(...names), fc.constantFrom('*', 're*', '*o*', '', '**', 'file:///a*', '*_')),
    {
      maxLength: 3,
    },
  );

const scope: fc.Arbitrary<Scope> = fc.record({
  servers: fc.oneof(fc.constant(['*']), patterns(...SERVERS)),
  endpoints: maybe(patterns('default', 'set', 'fs')),
  tools: maybe(patterns(...TOOLS)),
  prompts: maybe(patterns(...TOOLS)),
  resources: maybe(patterns(...RESOURCES)),
});
const who: fc.Arbitrary<Who> = fc.record({
  principals: maybe(patterns('iss|1', 'iss|*')),
  users: maybe(patterns(...USERS)),
  roles: maybe(patterns(...ROLES, 'admin')),
  groups: maybe(patterns(...GROUPS)),
  scopes: maybe(patterns(...SCOPES)),
});

/** A condition, and what it means for who asks with what. */
export interface Condition {
  readonly text: string;
  readonly means: (asked: Meaning) => boolean | 'error';
}

export interface Meaning {
  readonly principal: Principal;
  readonly server: string;
  readonly key: string;
  readonly about: RequestAbout;
  /** Undefined: they cannot be read. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
}

const has = (of: object, name: string) => Object.hasOwn(of, name);
const arg = (name: string, is: (value: unknown) => boolean | 'error') => (asked: Meaning) =>
  asked.args && has(asked.args, name) ? is(asked.args[name]) : ('error' as const);

export const CONDITIONS: readonly Condition[] = [
  { text: 'arguments.path == "a"', means: arg('path', (value) => value === 'a') },
  { text: '!(arguments.path == "a")', means: arg('path', (value) => value !== 'a') },
  { text: 'has(arguments.path)', means: ({ args }) => (args ? has(args, 'path') : 'error') },
  { text: 'arguments["__proto__"] == "a"', means: arg('__proto__', (value) => value === 'a') },
  {
    text: 'arguments.path.startsWith("a")',
    means: arg('path', (value) => (typeof value === 'string' ? value.startsWith('a') : 'error')),
  },
  {
    text: 'arguments.path.matches("^a+$")',
    means: arg('path', (value) => (typeof value === 'string' ? /^a+$/.test(value) : 'error')),
  },
  { text: 'principal.user == "ann"', means: ({ principal }) => principal.user === 'ann' },
  {
    text: 'principal.claims.dept == "ops"',
    means: ({ principal: { claims } }) => (has(claims, 'dept') ? claims.dept === 'ops' : 'error'),
  },
  { text: 'has(principal.claims.dept)', means: ({ principal }) => has(principal.claims, 'dept') },
  { text: '!("r" in principal.scopes)', means: ({ principal }) => !principal.scopes.includes('r') },
  { text: 'principal.groups.exists(g, g == "ops")', means: ({ principal }) => principal.groups.includes('ops') },
  {
    text: 'principal.id == "iss|1" && target.name == "read"',
    means: ({ principal, key }) => principal.id === 'iss|1' && key === 'read',
  },
  {
    text: 'target.server == "fs" && arguments.path == "a"',
    means: (asked) => asked.server === 'fs' && arg('path', (value) => value === 'a')(asked),
  },
  {
    text: 'target.server == "fs" || arguments.path == "a"',
    means: (asked) => asked.server === 'fs' || arg('path', (value) => value === 'a')(asked),
  },
  { text: 'request.address == "10.0.0.1"', means: ({ about }) => about.request.address === '10.0.0.1' },
  {
    text: 'request.headers["x-a"] == "1"',
    means: ({ about: { request } }) => (has(request.headers, 'x-a') ? request.headers['x-a'] === '1' : 'error'),
  },
  {
    text: 'request.address == "10.0.0.1" && has(arguments.path)',
    means: ({ about, args }) => about.request.address === '10.0.0.1' && (args ? has(args, 'path') : 'error'),
  },
  { text: '1 / 0 == 1', means: () => 'error' },
  { text: '"text"', means: () => 'error' },
  { text: 'not an expression', means: () => 'error' },
];

const policy: fc.Arbitrary<Omit<PolicyDefinition, 'name'>> = fc.record({
  organisation: fc.constantFrom('default', 'default', 'acme', '__proto__'),
  priority: fc.integer({ min: 1, max: 3 }),
  effect: fc.constantFrom('allow', 'deny'),
  who: fc.oneof(fc.constant('*' as const), who),
  exceptWho: fc.option(who, { nil: undefined, freq: 1 }),
  what: fc.oneof(fc.constant('*' as const), scope),
  exceptWhat: maybe(scope),
  when: maybe(fc.constantFrom(...CONDITIONS.map(({ text }) => text))),
});

const permissions = fc.record({
  entries: fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom('fs:read', 'fs:*', '*', 'fs:re*', '*:read', '*read*', '__proto__:*', 'fs:**'),
        some(...SCOPES),
      ),
      {
        selector: ([pattern]) => pattern,
        maxLength: 4,
      },
    )
    .map((entries) => new Map(entries)),
  mode: fc.constantFrom('any' as const, 'all' as const),
  defaultScope: fc.constantFrom(null, null, 'w'),
});

const access: fc.Arbitrary<AccessDefinition> = fc.record({
  roles: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...ROLES, 'viewer'), fc.array(scope, { maxLength: 2 })), {
      selector: ([name]) => name,
      maxLength: 2,
    })
    .map((roles) => new Map(roles.map(([name, scopes]) => [name, { name, permissions: scopes }]))),
  permissions: maybe(permissions),
  policies: fc
    .array(policy, { maxLength: 5 })
    .map((policies) => policies.map((each, at) => ({ name: `p${at}`, ...each }))),
  headers: fc.constant(['x-a']),
});

const filter = fc.record({
  allow: fc.option(patterns(...TOOLS), { nil: undefined, freq: 1 }),
  block: fc.oneof(fc.constant<string[]>([]), some('write', 'Re*')),
});
const server = (name: string): fc.Arbitrary<ServerDefinition> =>
  fc
    .record({
      organisation: fc.constantFrom('default', 'default', 'acme', '__proto__'),
      owner: maybe(fc.constantFrom(...USERS)),
      visibility: fc.constantFrom('private', 'private', 'public', 'shared'),
      tools: fc.oneof(fc.constant({ allow: undefined, block: [] }), filter),
    })
    .map((change) => madeServer(name, change));

const scopesSupported = fc.oneof(fc.constant<string[]>([]), some(...SCOPES));
const endpoints: fc.Arbitrary<readonly EndpointDefinition[]> = fc
  .record({
    held: fc.oneof(fc.constant([...SERVERS]), fc.subarray([...SERVERS])),
    organisation: fc.constantFrom(...ORGANISATIONS),
    scopesSupported,
    filter: maybe(filter),
  })
  .map(({ held, organisation, scopesSupported: scopes, filter: chosen }) => [
    madeEndpoint('', { naming: 'prefixed', servers: held, scopesSupported: scopes }),
    madeEndpoint('set', {
      ...{ naming: 'plain', servers: held, organisation, scopesSupported: scopes },
      tools: chosen && {
        filter: { allow: chosen.allow?.map((each) => `fs.${each}`), block: chosen.block.map((each) => `*.${each}`) },
        changes: new Map(),
      },
    }),
    madeEndpoint('fs', { servers: ['fs'], scopesSupported: scopes }),
  ]);

export const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .record({ servers: fc.tuple(...SERVERS.map(server)), endpoints, access })
  .map(({ servers, endpoints: held, access: rules }) =>
    madeSnapshot(servers, { endpoints: new Map(held.map((each) => [each.name, each])), access: rules }),
  );

const reach: fc.Arbitrary<Reach> = fc.record({
  servers: maybe(patterns(...SERVERS)),
  endpoints: maybe(patterns('default', 'set')),
  tools: fc.option(patterns('fs.read', 'fs.*', '*.read', '__proto__.__proto__'), { nil: undefined, freq: 1 }),
  exceptServers: fc.oneof(fc.constant<string[]>([]), some(...SERVERS)),
});

export const anyPrincipal: fc.Arbitrary<Principal> = fc.record({
  id: fc.constantFrom('iss|1', 'iss|2', '__proto__'),
  kind: fc.constantFrom('user', 'user', 'user', 'key', 'token', 'anonymous', 'local'),
  organisation: fc.constantFrom('default', 'default', 'acme', 'nowhere', '__proto__'),
  user: maybe(fc.constantFrom(...USERS)),
  roles: fc.oneof(some(...ROLES), some(...ROLES, ...BUILT_IN, 'unknown')),
  groups: some(...GROUPS),
  scopes: some(...SCOPES),
  grants: fc.constantFrom('none', 'none', 'all'),
  reach: fc.option(reach, { nil: undefined, freq: 1 }),
  claims: fc.constantFrom({}, { dept: 'ops' }, { dept: 'dev', iat: 1 }, JSON.parse('{"__proto__":{"dept":"ops"}}')),
});

export const anyAbout: fc.Arbitrary<RequestAbout> = fc
  .record({ address: fc.constantFrom('10.0.0.1', ''), headers: fc.constantFrom({}, { 'x-a': '1' }, { 'x-a': '2' }) })
  .map((facts) => ({
    request: { id: '', ...facts },
    door: 'mcp-http',
    revision: '2025-11-25',
    method: 'tools/call',
    nowMs: 0,
  }));

/** All that calls may bring: for each condition something that it is true of, false of, and wrong of. */
export const ARGUMENTS: readonly (Readonly<Record<string, unknown>> | undefined)[] = [
  undefined,
  {},
  { path: 'a' },
  { path: 'b' },
  { path: 7 },
  { path: null },
  JSON.parse('{"__proto__":"a"}'),
  JSON.parse('{"__proto__":"b","path":"a","constructor":1}'),
];
