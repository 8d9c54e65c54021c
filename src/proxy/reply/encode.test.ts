import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { codeThrown, freshCall, heardMessage, madeCall, sentMessage, targetOf } from '../../../test/rig/made.ts';
import { LOCAL_REQUEST, type Permit } from '../../model/call.ts';
import { ERRORS, type ErrorCode, GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { REVISIONS, type Revision } from '../../model/revision.ts';
import type { EndpointDefinition } from '../../model/snapshot.ts';
import { codecOf } from '../../wire/codecs.ts';
import { encodeAnswer, errorReply, failureReply, ownReply } from './encode.ts';

const INFO = '{"name":"srv","version":"1"}';

interface Case {
  readonly id?: string;
  readonly client?: Revision;
  readonly server?: Revision;
  readonly status?: number;
  readonly change?: Parameters<typeof madeCall>[1];
}

function encoded(
  answer: string,
  { id = '7', client = '2025-11-25', server = client, status = 200, change }: Case = {},
) {
  const message = sentMessage(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"x"}}`);
  const call = madeCall({ id: 1, method: 'ping' }, { revision: client, message, ...change });
  const said = { message: heardMessage(answer), status, sessionId: undefined };
  const reply = encodeAnswer(call, said, codecOf(server), INFO);
  return { status: reply.status, text: String(reply.body) };
}

describe('a result for everybody', () => {
  const answer = '{"id":1,"result":{"cacheScope" : "public","contents":[{"cacheScope":"public"}],"ttlMs":5}}';
  const said = (filtered: boolean, client: Revision, server: Revision) =>
    encoded(answer, { client, server, change: { permit: { rule: 'r', filtered } as Permit } }).text;

  test('stays one where nothing stands between the caller and the server', () => {
    assert.equal(said(false, '2026-07-28', '2026-07-28'), answer.replace('"id":1', '"id":7'));
  });
  test('is this caller’s alone behind a filter', () => {
    const text = said(true, '2026-07-28', '2026-07-28');
    assert.equal(text, answer.replace('"id":1', '"id":7').replace('"public"', '"private"'));
  });
  test('of an older server is none: it means something else by these names', () => {
    assert.equal(JSON.parse(said(true, '2026-07-28', '2025-11-25')).result.cacheScope, undefined);
  });
});

describe('an answer gets the client’s id and keeps every other byte', () => {
  const rows: [string, string, string, string][] = [
    [
      'a number for a number',
      '7',
      '{"jsonrpc":"2.0","id":1,"result":{"n":1.0}}',
      '{"jsonrpc":"2.0","id":7,"result":{"n":1.0}}',
    ],
    [
      'text for a number',
      '"a\\u0062"',
      '{"id" : 1 ,"result":{},"x":9007199254740993}',
      '{"id" : "a\\u0062" ,"result":{},"x":9007199254740993}',
    ],
    ['nothing else that is called id', '7', '{"result":{"id":1},"id":1}', '{"result":{"id":1},"id":7}'],
    [
      'an error too',
      '0',
      '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}',
      '{"jsonrpc":"2.0","id":0,"error":{"code":1,"message":"m"}}',
    ],
    [
      'an error that came without one',
      '7',
      '{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}',
      '{"id":7,"jsonrpc":"2.0","error":{"code":1,"message":"m"}}',
    ],
    [
      'an error that came with null',
      '""',
      '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}',
      '{"jsonrpc":"2.0","id":"","error":{"code":1,"message":"m"}}',
    ],
  ];
  for (const [what, id, answer, expected] of rows)
    test(what, () => assert.equal(encoded(answer, { id }).text, expected));

  test('and is as if the server had said it to the client, whatever the result holds', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.oneof(fc.string(), fc.maxSafeInteger()),
        (result, id) => {
          fc.pre(!Object.is(id, -0) && (typeof id === 'number' || Buffer.byteLength(JSON.stringify(id)) < 1_000));
          const { text } = encoded(JSON.stringify({ jsonrpc: '2.0', id: 1, result }), { id: JSON.stringify(id) });
          assert.equal(text, JSON.stringify({ jsonrpc: '2.0', id, result }));
        },
      ),
    );
  });
});

describe('an answer in an aggregate', () => {
  const aggregate: EndpointDefinition = {
    name: '',
    naming: 'prefixed',
    separator: '__',
    organisation: 'default',
    scopesSupported: [],
    servers: ['srv'],
  };
  const link = '{"type":"resource_link","uri":"a:b"}';
  const change = { endpointDefinition: aggregate, target: targetOf('tools', 'x') };
  test('names resources as the client knows them, and gets its id', () => {
    const { text } = encoded(`{"result":{"n":1.0,"content":[${link}],"structuredContent":${link}},"id":1}`, { change });
    const named = link.replace('a:b', 'srv+a:b');
    assert.equal(text, `{"result":{"n":1.0,"content":[${named}],"structuredContent":${link}},"id":7}`);
  });
  test('does so across the eras too', () => {
    const { text } = encoded(
      `{"id":1,"result":{"_meta":{"ui":{"resourceUri":"ui://p"}},"resultType":"complete","content":[${link}]}}`,
      { change, server: '2026-07-28' },
    );
    assert.deepEqual(JSON.parse(text).result, {
      _meta: { ui: { resourceUri: 'ui://srv/p' } },
      content: [{ type: 'resource_link', uri: 'srv+a:b' }],
    });
  });
  test('that cannot be read is refused', () => {
    const broken = link.replace('a:b', 'a\\xb');
    assert.equal(
      codeThrown(() => encoded(`{"id":1,"result":{"content":[${broken}]}}`, { change })),
      'upstream_invalid',
    );
  });
});

describe('an answer that crosses the eras', () => {
  test('gets what a newer client expects', () => {
    const { text } = encoded('{"jsonrpc":"2.0","id":1,"result":{"content":[]}}', {
      client: '2026-07-28',
      server: '2025-11-25',
    });
    assert.deepEqual(JSON.parse(text).result, {
      resultType: 'complete',
      content: [],
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'srv', version: '1' } },
    });
  });
  test('loses what an older client does not know, and the order of edits does not matter', () => {
    const { text } = encoded('{"result":{"content":[],"resultType":"complete"},"id":1,"jsonrpc":"2.0"}', {
      server: '2026-07-28',
    });
    assert.equal(text, '{"result":{"content":[]},"id":7,"jsonrpc":"2.0"}');
  });
  test('is refused when it is of a type that the client does not have', () => {
    const run = () => encoded('{"id":1,"result":{"resultType":"input_required"}}', { server: '2026-07-28' });
    assert.equal(codeThrown(run), 'era_unbridged');
  });
});

describe('the status of an answer', () => {
  const error = '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}';
  const rows: [string, string, Case, number][] = [
    [
      'is the server’s own for an error of a request that describes itself',
      error,
      { status: 404, client: '2026-07-28' },
      404,
    ],
    [
      'is the one its code demands when the server is on a pipe and has none',
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32021,"message":"m"}}',
      { client: '2026-07-28' },
      400,
    ],
    ['is 200 for any other error on a pipe', error, { client: '2026-07-28' }, 200],
    ['is 200 for an older client, to whom 404 means a lost session', error, { status: 404 }, 200],
    ['is 200 for an error of the other era', error, { status: 404, server: '2026-07-28' }, 200],
    ['is 200 for a result', '{"id":1,"result":{}}', { status: 404 }, 200],
  ];
  for (const [what, answer, change, status] of rows)
    test(what, () => assert.equal(encoded(answer, change).status, status));
});

describe('a failure', () => {
  const reply = (code: ErrorCode, method: string, revision: Revision = '2025-11-25') =>
    errorReply(freshCall({ id: 'i', method }, { revision }), new GatewayError(code, { internal: { secret: 'x' } }));

  test('of a server is a tool’s result, in every revision, that a model can read', () => {
    for (const revision of REVISIONS) {
      const { status, body } = reply('upstream_timeout', 'tools/call', revision);
      const { id, result } = JSON.parse(String(body));
      assert.deepEqual([status, id, result.isError], [200, 'i', true]);
      assert.deepEqual(result.content, [{ type: 'text', text: ERRORS.upstream_timeout.say }]);
      assert.deepEqual(result._meta['io.gatewright/error'], { code: -31013, name: 'upstream_timeout' });
    }
  });
  test('of a server is an error for every other method', () => {
    const { status, body } = reply('upstream_down', 'tools/list');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(String(body)).error, { code: -31011, message: ERRORS.upstream_down.say });
  });
  test('of a limit is 429 for a tool as well', () => {
    assert.equal(reply('over_limit', 'tools/call').status, 429);
  });
  test('of the method has a status of its own where requests describe themselves', () => {
    assert.equal(reply('method_unknown', 'x', '2026-07-28').status, 404);
    assert.equal(reply('method_unknown', 'x').status, 200);
  });
  test('never tells what happened inside, and always what the table says', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      for (const method of ['tools/call', 'ping']) {
        const text = String(reply(code, method).body);
        assert.ok(!text.includes('secret'), text);
        assert.ok(text.includes(JSON.stringify(ERRORS[code].say)), text);
      }
    }
  });
  test('says what it may: other words, data, and when to come again', () => {
    const error = new GatewayError('over_limit', { say: 'Not now.', data: { a: 1 }, retryAfterSeconds: 3 });
    const { headers, body } = errorReply(freshCall({ id: 1, method: 'ping' }), error);
    assert.deepEqual(headers, ['retry-after', '3']);
    assert.deepEqual(JSON.parse(String(body)).error, { code: -31029, message: 'Not now.', data: { a: 1 } });
  });
  test('before the call was one has the id that could be read, or none', () => {
    const error = new GatewayError('json_malformed');
    assert.equal(JSON.parse(String(failureReply(error, 'a"b').body)).id, 'a"b');
    assert.equal(JSON.parse(String(failureReply(error, 0).body)).id, 0);
    assert.ok(!('id' in JSON.parse(String(failureReply(error, undefined).body))));
    assert.equal(failureReply(error, undefined).status, 400);
  });
  test('that more scopes would help against says which, and where to get them', () => {
    const metadataUrl = (endpoint: string) => `https://gw.example/about/${endpoint}`;
    const verdict = { principal: LOCAL_USER, request: LOCAL_REQUEST, metadataUrl };
    const call = freshCall({ id: 1, method: 'tools/call' }, { verdict });
    const reply = errorReply(call, new GatewayError('insufficient_scope', { scopes: ['a', 'b:c'] }));
    assert.equal(reply.status, 403);
    assert.deepEqual(reply.headers, [
      'www-authenticate',
      'Bearer error="insufficient_scope", scope="a b:c", resource_metadata="https://gw.example/about/srv"',
    ]);
    const { error } = JSON.parse(String(reply.body));
    assert.deepEqual(error, {
      code: -31007,
      message: 'The token needs more scopes for this.',
      data: { scopes: ['a', 'b:c'] },
    });
  });
});

test('a reply of our own is the client’s id around a result', () => {
  const reply = ownReply(freshCall('{"jsonrpc":"2.0","id":"\\u0061","method":"ping"}'), '{}', ['a', 'b']);
  assert.deepEqual(
    [reply.status, String(reply.body), reply.headers],
    [200, '{"jsonrpc":"2.0","id":"\\u0061","result":{}}', ['a', 'b']],
  );
});
