import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedAt, endpointOf, routeOf } from './routes.ts';

test('a path names its route and, below one that has endpoints, the endpoint', () => {
  for (const [path, name, endpoint] of [
    ['/mcp', 'mcp', ''],
    ['/mcp/files', 'mcp', 'files'],
    ['/mcp/sse', 'mcp', 'sse'],
    ['/sse', 'sse', ''],
    ['/sse/acme--files', 'sse', 'acme--files'],
    ['/messages', 'messages', ''],
    ['/live', 'live', ''],
  ] as const) {
    assert.deepEqual(routeOf(path), { name, endpoint }, path);
  }
});

test('any other spelling names none', () => {
  const long = 'x'.repeat(67);
  for (const path of ['', '/', '/mcp/', '/mcp//a', '/mcp/A', '/mcp/a/', '/mcp/a/b', `/sse/${long}`, '//mcp', '/sse/'])
    assert.equal(routeOf(path), undefined, path);
  for (const path of ['/messages/a', '/live/a', '/metrics/', '/none', '/none/a', '/mcp?a', '/__proto__'])
    assert.equal(routeOf(path), undefined, path);
});

test('only what is below /mcp has an endpoint of MCP over HTTP', () => {
  assert.deepEqual(['/mcp', '/mcp/a', '/sse', '/sse/a', '/live'].map(endpointOf), [
    ...['', 'a'],
    ...[undefined, undefined, undefined],
  ]);
});

test('the allowed methods are those of the path', () => {
  assert.equal(allowedAt('/live'), 'GET, HEAD');
  assert.equal(allowedAt('/sse/a'), 'GET, OPTIONS');
  assert.equal(allowedAt('/mcp'), 'GET, POST, DELETE, OPTIONS');
});
