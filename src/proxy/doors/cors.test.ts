import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { LOCAL_REQUEST } from '../../model/call.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';

function answered(headers: Record<string, string>) {
  const written: [number, string[]][] = [];
  const response = { writeHead: (status: number, fields: string[]) => written.push([status, fields]), end: () => {} };
  const request = { headers } as unknown as IncomingMessage;
  const arrival = { request, response: response as unknown as ServerResponse, facts: { ...LOCAL_REQUEST, id: 'r-1' } };
  preflight(arrival, { methods: ['GET', 'POST'], fields: ['x-team', 'cookie'] });
  const [status, fields = []] = written[0] ?? [];
  const pairs = fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : []));
  return { status, fields: Object.fromEntries(pairs) as Record<string, string> };
}

const ORIGIN = 'https://app.example';

describe('a browser’s question before a request', () => {
  test('names the one origin, what may be sent and what may be read', () => {
    const { status, fields } = answered({
      origin: ORIGIN,
      'access-control-request-headers': 'Mcp-Param-Region, content-type,x-api-key , authorization',
    });
    assert.equal(status, 204);
    assert.equal(fields['access-control-allow-origin'], ORIGIN);
    assert.equal(fields['access-control-allow-headers'], 'mcp-param-region, content-type, x-api-key, authorization');
    assert.equal(fields['access-control-allow-methods'], 'GET, POST');
    for (const name of ['www-authenticate', 'mcp-session-id', 'x-request-id', 'retry-after', 'mcp-protocol-version'])
      assert.ok(fields['access-control-expose-headers']?.split(', ').includes(name), name);
    assert.equal(fields.vary, 'origin');
    assert.equal(fields['x-request-id'], 'r-1');
  });
  test('from no page gets no permission', () => {
    const { fields } = answered({});
    assert.deepEqual(
      Object.keys(fields).filter((name) => name.startsWith('access-control')),
      [],
    );
    assert.match(fields.allow ?? '', /POST/);
  });
  const WANTED: readonly (readonly [string, string | undefined])[] = [
    ...[
      ...['a: b', 'a\r\nx: y', 'a;b', '', '"a"', 'ü', '*', 'cookie', 'x-forwarded-for', 'mcp-param-', 'mcp-param-a b'],
      `mcp-name,${'a'.repeat(4_096)}`,
    ].map((wanted) => [wanted, undefined] as const),
    ['x-team, x-other', 'x-team'],
    ['x-custom,traceparent', 'traceparent'],
    ["mcp-param-a'b~1", "mcp-param-a'b~1"],
  ];
  for (const [wanted, allowed] of WANTED) {
    test(`for ${JSON.stringify(wanted.slice(0, 20))} allows ${allowed ?? 'nothing'}`, () => {
      const { fields } = answered({ origin: ORIGIN, 'access-control-request-headers': wanted });
      assert.equal(fields['access-control-allow-headers'], allowed);
    });
  }
  test('is told from any other request', () => {
    const is = (method: string, headers: object) => isPreflight({ method, headers } as IncomingMessage);
    const asking = { origin: ORIGIN, 'access-control-request-method': 'POST' };
    assert.deepEqual(
      [is('OPTIONS', asking), is('POST', asking), is('OPTIONS', { origin: ORIGIN }), is('OPTIONS', {})],
      [true, false, false, false],
    );
  });
});

test('nothing is ever allowed for all, and no credentials are', () => {
  const fields = corsHeaders(ORIGIN);
  assert.ok(!fields.includes('*'));
  assert.ok(!fields.includes('access-control-allow-credentials'));
});
