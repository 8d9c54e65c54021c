import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { LOCAL_REQUEST } from '../../model/call.ts';
import { corsHeaders, isPreflight, preflight } from './cors.ts';

function answered(headers: Record<string, string>) {
  const written: [number, string[]][] = [];
  const response = { writeHead: (status: number, fields: string[]) => written.push([status, fields]), end: () => {} };
  const request = { headers } as unknown as IncomingMessage;
  preflight({ request, response: response as unknown as ServerResponse, facts: { ...LOCAL_REQUEST, id: 'r-1' } });
  const [status, fields = []] = written[0] ?? [];
  const pairs = fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1]]] : []));
  return { status, fields: Object.fromEntries(pairs) as Record<string, string> };
}

const ORIGIN = 'https://app.example';

describe('a browser’s question before a request', () => {
  test('names the one origin, what may be sent and what may be read', () => {
    const { status, fields } = answered({
      origin: ORIGIN,
      'access-control-request-headers': 'Mcp-Param-Region, content-type',
    });
    assert.equal(status, 204);
    assert.equal(fields['access-control-allow-origin'], ORIGIN);
    assert.equal(fields['access-control-allow-headers'], 'Mcp-Param-Region, content-type');
    assert.match(fields['access-control-allow-methods'] ?? '', /POST/);
    assert.match(fields['access-control-expose-headers'] ?? '', /mcp-session-id/);
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
  for (const wanted of ['a: b', 'a\r\nx: y', 'a;b', '', 'a'.repeat(4_097), '"a"', 'ü']) {
    test(`echoes no field names like ${JSON.stringify(wanted.slice(0, 10))}`, () => {
      const { fields } = answered({ origin: ORIGIN, 'access-control-request-headers': wanted });
      assert.equal(fields['access-control-allow-headers'], undefined);
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
