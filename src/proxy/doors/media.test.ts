import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeThrown } from '../../../test/rig/made.ts';
import { acceptsEvents, checkMedia, paramHeadersOf } from './media.ts';

describe('a body is taken', () => {
  const rows: [string, string | undefined, string][] = [
    ['as JSON', 'application/json', 'nothing'],
    ['with a charset', 'application/json; charset=utf-8', 'nothing'],
    ['in any case, with blanks before the parameters', 'Application/JSON  ;x=y', 'nothing'],
    ['not without a type', undefined, 'content_type'],
    ['not as text', 'text/plain', 'content_type'],
    ['not as text that mentions JSON', 'text/plain; x=application/json', 'content_type'],
    ['not as a relative of JSON', 'application/json-patch+json', 'content_type'],
    ['not as two types', 'application/json, text/plain', 'content_type'],
    ['not as an empty type', '', 'content_type'],
  ];
  for (const [what, type, code] of rows) {
    test(what, () =>
      assert.equal(
        codeThrown(() => checkMedia(type === undefined ? {} : { 'content-type': type })),
        code,
      ),
    );
  }
});

describe('a client accepts what we may answer', () => {
  const rows: [string, string | undefined, boolean, boolean][] = [
    ['when it names both', 'application/json, text/event-stream', true, true],
    [
      'when it names them with qualities and in other cases',
      'TEXT/event-stream;q=0.5 , Application/Json;q=0.1',
      true,
      true,
    ],
    ['when it says nothing', undefined, true, true],
    ['when it takes everything', '*/*', true, true],
    ['when it takes their families', 'application/*, text/*', true, true],
    ['not when it takes JSON alone', 'application/json', false, false],
    ['not when it takes events alone', 'text/event-stream', false, true],
    ['not when it takes events at quality 0', 'application/json, text/event-stream;q=0.0', false, false],
    ['not when it takes something else', 'text/html', false, false],
    ['not when it says so with nothing', '', false, false],
  ];
  for (const [what, accept, both, events] of rows) {
    test(what, () => {
      const headers = accept === undefined ? {} : { accept };
      assert.equal(
        codeThrown(() => checkMedia({ ...headers, 'content-type': 'application/json' })),
        both ? 'nothing' : 'not_acceptable',
      );
      assert.equal(acceptsEvents(headers), events);
    });
  }
});

test('of all header fields those that mirror arguments are found, in order, twins included', () => {
  const name = fc.oneof(
    fc.stringMatching(/^[Mm][Cc][Pp]-[Pp]aram-[A-Za-z]{0,3}$/),
    fc.constantFrom('mcp-name', 'Mcp-Param', 'host', 'xmcp-param-a', 'm', ''),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (fields) => {
      const expected = fields
        .map(([raw, value]) => [raw.toLowerCase(), value] as const)
        .filter(([lower]) => /^mcp-param-./.test(lower));
      assert.deepEqual(paramHeadersOf(fields.flat()), expected.flat());
    }),
  );
});
