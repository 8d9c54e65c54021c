/*
 * A client made of the OpenAPI document, as a stranger would write it: `node smoke.ts URL PASSWORD UPSTREAM`.
 *
 * That this file type-checks against the made types is half of what it shows; the other half is that a gateway answers as they say.
 */
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { paths } from './made/schema.d.ts';

const [, , baseUrl = '', password = '', upstream = ''] = process.argv;

const stranger = createClient<paths>({ baseUrl });
const refused = await stranger.GET('/api/v1/me');
assert.equal(refused.error?.code, 4003);

const login = await stranger.POST('/api/auth/login', { body: { username: 'admin', password } });
assert.ok(login.data, JSON.stringify(login.error));
const { token } = login.data.data;

const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
const me = await client.GET('/api/v1/me');
assert.equal(me.data?.data.username, 'admin');

const wrong = await client.POST('/api/v1/users', { body: { username: 'Not A Name', roles: ['user'] } });
assert.deepEqual(
  wrong.error?.errors.map(({ field }) => field),
  ['body.username'],
);

const made = await client.POST('/api/v1/users', { body: { username: 'smoke', roles: ['user'] } });
assert.ok(made.data, JSON.stringify(made.error));
const { id, version } = made.data.data;
assert.equal(made.response.headers.get('etag'), `"${version}"`);

const changed = await client.PATCH('/api/v1/users/{id}', {
  params: { path: { id }, header: { 'If-Match': `"${version}"` } },
  body: { displayName: 'Smoke' },
});
assert.equal(changed.data?.data.displayName, 'Smoke');
const late = await client.PATCH('/api/v1/users/{id}', {
  params: { path: { id }, header: { 'If-Match': `"${version}"` } },
  body: { displayName: 'Late' },
});
assert.equal(late.error?.error, 'changed_meanwhile');

const names: string[] = [];
let cursor: string | undefined;
do {
  const page = await client.GET('/api/v1/users', { params: { query: { limit: '1', ...(cursor ? { cursor } : {}) } } });
  assert.ok(page.data, JSON.stringify(page.error));
  names.push(...page.data.data.items.map(({ username }) => username));
  cursor = page.data.data.nextCursor;
} while (cursor !== undefined);
assert.ok(names.includes('admin') && names.includes('smoke'), names.join());

const server = await client.POST('/api/v1/servers', { body: { name: 'smoke', url: upstream } });
assert.ok(server.data, JSON.stringify(server.error));
const seen = await client.GET('/api/v1/servers/{id}', { params: { path: { id: server.data.data.id } } });
assert.equal(seen.data?.data.name, 'smoke');

console.log(`client: ${names.length} users listed, a server registered`);
