import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { limitsWith, madeServer, madeSnapshot, NO_CLIENT } from '../../../test/rig/made.ts';
import { type Call, LOCAL_REQUEST } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { Streams } from '../limit/streams.ts';
import { Views } from '../policy/view.ts';
import { errorReply, failureReply, ownReply } from '../reply/encode.ts';
import { Hub } from '../session/hub.ts';
import { Notices } from '../session/notices.ts';
import { Sessions } from '../session/sessions.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { ProcessGroups } from '../upstream/process-groups.ts';
import { Upstreams } from '../upstream/upstreams.ts';
import { McpHttpDoor } from './mcp-http.ts';

const limits = limitsWith({ batchMessagesMax: 3, jsonDepthMax: 8 });
const snapshot = madeSnapshot([madeServer('srv')], { limits });
const wheel = new TimerWheel(() => 0);
const sessions = new Sessions({ limits: () => limits, wheel, emit: () => {} });
const calls: string[] = [];

/** Answers `ping`, refuses everything else; `tools/list` notifies first. */
async function pipeline(call: Call) {
  const { method } = call.message;
  calls.push(method);
  if (method === 'tools/list') call.outlet.notify(Buffer.from('{"jsonrpc":"2.0","method":"notifications/x"}'));
  return method === 'ping' || method === 'tools/list'
    ? ownReply(call, '{}')
    : errorReply(call, new GatewayError('tool_unknown'));
}

const catalogues = new Catalogues();
const emit = () => {};
const nobody = new Upstreams({
  ...{ catalogues, groups: new ProcessGroups([]), limits: () => limits },
  make: () => assert.fail('there are no servers'),
});
const door = new McpHttpDoor({
  pipeline,
  sessions,
  notices: new Notices({ views: { serversAt: () => [] }, upstreams: nobody, emit }),
  hub: new Hub({ serversAt: () => [] }, catalogues, new HandWheel()),
  streams: new Streams(() => limits),
  views: new Views(() => snapshot, catalogues),
  wheel,
  limits: () => limits,
  emit,
});
const server = createServer((request, response) => {
  const visit = {
    door: 'mcp-http' as const,
    request,
    response,
    endpoint: 'srv',
    verdict: { principal: LOCAL_USER, request: LOCAL_REQUEST },
    extra: [],
  };
  door.answer(visit).catch((thrown: GatewayError) => {
    const { status, body } = failureReply(thrown, undefined);
    response.writeHead(status).end(body);
  });
});

before(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
beforeEach(() => void calls.splice(0));
after(() => {
  wheel.close();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

async function post(batch: unknown, revision: Revision | undefined = '2025-03-26') {
  const session =
    revision &&
    sessions.open({ principal: LOCAL_USER, endpoint: 'srv', door: 'mcp-http', revision, client: NO_CLIENT });
  const headers = { 'content-type': 'application/json', ...(session ? { 'mcp-session-id': session.id } : {}) };
  const body = typeof batch === 'string' ? batch : JSON.stringify(batch);
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const request = (id: unknown, method = 'ping') => ({ jsonrpc: '2.0', id, method });
const notice = { jsonrpc: '2.0', method: 'notifications/initialized' };
const answer = { jsonrpc: '2.0', id: 77, result: {} };

describe('a batch is answered', () => {
  test('with one array, each request under its own id, failures among them', async () => {
    const { status, text } = await post([request(1), notice, request('1', 'tools/call')]);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), [
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', id: '1', error: { code: -32602, message: 'Unknown tool.' } },
    ]);
  });
  test('with an array even when it holds one request', async () => {
    assert.deepEqual(JSON.parse((await post([request(1)])).text), [{ jsonrpc: '2.0', id: 1, result: {} }]);
  });
  test('with 202 and nothing when it holds no request', async () => {
    const { status, text } = await post([notice, answer]);
    assert.deepEqual([status, text, calls], [202, '', []]);
  });
  test('as a stream when a call has something to say before its answer', async () => {
    const { type, text } = await post([request(1, 'tools/list'), request(2)]);
    assert.equal(type, 'text/event-stream');
    const data = text.split('\n').flatMap((line) => (line.startsWith('data:') ? [JSON.parse(line.slice(5))] : []));
    assert.deepEqual(
      data.map(({ id, method }) => id ?? method),
      ['notifications/x', 1, 2],
    );
  });
  test('when it is as long as allowed', async () => {
    assert.equal(JSON.parse((await post([request(1), request(2), request(3)])).text).length, 3);
  });
});

describe('a batch is refused whole, and nothing of it is done,', () => {
  const deep = { ...request(2), params: { a: [[[[[[[[]]]]]]]] } };
  const rows: [string, unknown, number, Revision?][] = [
    ['in a revision that has none', [request(1)], -32600, '2025-06-18'],
    ['in an older revision that has none', [request(1)], -32600, '2024-11-05'],
    ['when it is empty', [], -32600],
    ['when it is one longer than allowed', [request(1), request(2), request(3), request(4)], -32600],
    ['when one message is none', [request(1), 5], -32600],
    ['when one message is a batch', [request(1), [request(2)]], -32600],
    ['when one message has no usable id', [request(1), request(null)], -32600],
    ['when one message opens a session', [request(1), request(2, 'initialize')], -32600],
    ['when one message is too deep', [request(1), deep], -32600],
    ['when it is broken at its end', '[{"jsonrpc":"2.0","id":1,"method":"ping"},', -32700],
    ['when something comes after it', '[{"jsonrpc":"2.0","id":1,"method":"ping"}] x', -32700],
    ['when one message is broken', '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"a":tru}]', -32700],
  ];
  for (const [what, batch, code, revision] of rows) {
    test(what, async () => {
      const { status, text } = await post(batch, revision);
      assert.deepEqual([status, JSON.parse(text).error.code, calls], [400, code, []]);
    });
  }
  test('without a session', async () => {
    const { port } = server.address() as AddressInfo;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: '[]' });
    assert.deepEqual(
      [response.status, ((await response.json()) as { error: { code: number } }).error.code],
      [400, -32600],
    );
  });
});
