/*
 * Good bodies under bad header fields, and good requests for what is not there: media types, the fields of 2026-07-28
 * that mirror the body, the sessions of the older revisions, unknown methods, tools, endpoints and paths.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseObject } from '../rig/json-rpc.ts';
import type { RawRequest } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import {
  assertRefused,
  assertUsable,
  type Client,
  type Expected,
  type Headers,
  openClient,
  openPlay,
  type Play,
  titleOf,
  WAYS,
  withHeaders,
} from './bad-input.ts';

type Changes = Readonly<Record<string, string | undefined>>;
/** What to send instead of the good request. */
type Make = (client: Client) => RawRequest;
type Row = readonly [title: string, make: Make, expected: Expected];
type Ending = 'and ends the connection';

const BODY_BYTES_MAX = 16_384;

const headed =
  (changes: Changes): Make =>
  ({ path, headers, message }) => ({ path, headers: withHeaders(headers, changes), body: message });
const added =
  (...more: Headers): Make =>
  ({ path, headers, message }) => ({ path, headers: [...headers, ...more], body: message });
const bodied =
  (from: string | RegExp, to: string, changes: Changes = {}): Make =>
  ({ path, headers, message }) => ({
    path,
    headers: withHeaders(headers, changes),
    body: message.replace(from, () => to),
  });
const without =
  (method: string, changes: Changes = {}): Make =>
  ({ path, headers }) => ({ method, path, headers: withHeaders(headers, changes) });
/** The call of another tool, in body and header. */
const renamed =
  (name: string): Make =>
  (client) => {
    const tool = client.tool.replace('echo', name);
    return bodied('echo', name, client.isModern ? { 'Mcp-Name': tool } : {})(client);
  };
const coded = (value: string): string => `=?base64?${Buffer.from(value).toString('base64')}?=`;

const TYPE: Expected = [415, -32600];
const ACCEPT: Expected = [406, -32600];
const MISMATCH: Expected = [400, -32020];
const INCOMPLETE: Expected = [400, -32602];
const INVALID: Expected = [400, -32600];

const OF_ALL: readonly Row[] = [
  ['no Content-Type', headed({ 'Content-Type': undefined }), TYPE],
  ['text/plain', headed({ 'Content-Type': 'text/plain' }), TYPE],
  ['a form', headed({ 'Content-Type': 'application/x-www-form-urlencoded' }), TYPE],
  ['a type that begins like JSON', headed({ 'Content-Type': 'application/jsonp' }), TYPE],
  ['a type of the JSON family', headed({ 'Content-Type': 'application/json-patch+json' }), TYPE],
  ['JSON as the second of two types', headed({ 'Content-Type': 'text/plain, application/json' }), TYPE],
  ['Accept without event streams', headed({ Accept: 'application/json' }), ACCEPT],
  ['Accept without JSON', headed({ Accept: 'text/event-stream' }), ACCEPT],
  ['Accept for pages', headed({ Accept: 'text/html' }), ACCEPT],
  ['Accept that rules JSON out', headed({ Accept: 'application/json;q=0, text/event-stream' }), ACCEPT],
  ['PUT', (client) => ({ ...headed({})(client), method: 'PUT' }), [405, -32600]],
  ['PATCH', (client) => ({ ...headed({})(client), method: 'PATCH' }), [405, -32600]],
  [
    'PUT of a path that is not there',
    (client) => ({ ...headed({})(client), method: 'PUT', path: '/nowhere' }),
    [404, -31005],
  ],
  ['an endpoint that is not there', (client) => ({ ...headed({})(client), path: '/mcp/none' }), [404, -31004]],
  ['a path that is not there', (client) => ({ ...headed({})(client), path: '/nowhere' }), [404, -31005]],
  ['a path below an endpoint', (client) => ({ ...headed({})(client), path: '/mcp/old/x' }), [404, -31005]],
  ['a tool that is not there', renamed('none'), [200, -32602]],
];

const ALL_FINE: readonly (readonly [title: string, make: Make])[] = [
  ['Accept for anything', headed({ Accept: '*/*' })],
  ['no Accept', headed({ Accept: undefined })],
  ['Accept with weights', headed({ Accept: 'text/event-stream;q=0.5, application/json;q=0.1' })],
  ['a charset', headed({ 'Content-Type': 'application/json; charset=utf-8' })],
  ['a type in capitals', headed({ 'Content-Type': 'Application/JSON' })],
];

const version = (value: string): Make =>
  bodied('Version":"2026-07-28"', `Version":"${value}"`, { 'MCP-Protocol-Version': value });

const MODERN_ROWS: readonly Row[] = [
  ['no version', headed({ 'MCP-Protocol-Version': undefined }), MISMATCH],
  ['another version than the body', headed({ 'MCP-Protocol-Version': '2025-11-25' }), MISMATCH],
  ['the version twice', added(['MCP-Protocol-Version', MODERN]), MISMATCH],
  ['a version that is not served', version('2099-01-01'), [400, -32022]],
  ['an older version as if it described itself', version('2025-11-25'), [400, -32022]],
  ['no Mcp-Method', headed({ 'Mcp-Method': undefined }), MISMATCH],
  ['another Mcp-Method', headed({ 'Mcp-Method': 'tools/list' }), MISMATCH],
  ['Mcp-Method in other case', headed({ 'Mcp-Method': 'Tools/Call' }), MISMATCH],
  ['Mcp-Method twice', added(['Mcp-Method', 'tools/call']), MISMATCH],
  ['no Mcp-Name', headed({ 'Mcp-Name': undefined }), MISMATCH],
  ['another Mcp-Name', headed({ 'Mcp-Name': 'slow' }), MISMATCH],
  ['Mcp-Name in other case', (client) => headed({ 'Mcp-Name': client.tool.toUpperCase() })(client), MISMATCH],
  ['Mcp-Name twice', (client) => added(['Mcp-Name', client.tool])(client), MISMATCH],
  ['a coded Mcp-Name that says something else', headed({ 'Mcp-Name': coded('slow') }), MISMATCH],
  ['a coded Mcp-Name with bad Base64', headed({ 'Mcp-Name': '=?base64?ZWNo*w==?=' }), MISMATCH],
  ['a coded Mcp-Name without padding', headed({ 'Mcp-Name': coded('echo').replace('=?=', '?=') }), MISMATCH],
  ['a coded Mcp-Name that is no UTF-8', headed({ 'Mcp-Name': '=?base64?/w==?=' }), MISMATCH],
  ['no _meta', bodied(/,"_meta":.*$/, '}}'), INCOMPLETE],
  ['a _meta without the version', bodied(/"io[^"]*Version":"[^"]*",/, ''), INCOMPLETE],
  ['a version that is no string', bodied('"2026-07-28"', '20260728'), INCOMPLETE],
  ['no capabilities', bodied(/,"io[^"]*Capabilities":\{\}/, ''), INCOMPLETE],
  ['capabilities that are no object', bodied('Capabilities":{}', 'Capabilities":true'), INCOMPLETE],
  [
    'a client that is no object',
    bodied('Capabilities":{}', 'Capabilities":{},"io.modelcontextprotocol/clientInfo":7'),
    INCOMPLETE,
  ],
  ['an answer to no question', bodied(/^.*$/, '{"jsonrpc":"2.0","id":7,"result":{}}'), INCOMPLETE],
  ['GET', without('GET', { 'MCP-Protocol-Version': undefined }), INVALID],
  ['GET in this version', without('GET'), INVALID],
  ['DELETE', without('DELETE', { 'MCP-Protocol-Version': undefined }), INVALID],
  ['an unknown method', bodied('tools/call', 'tools/none', { 'Mcp-Method': 'tools/none' }), [404, -32601]],
  ['a method of a session', bodied('tools/call', 'ping', { 'Mcp-Method': 'ping' }), [404, -32601]],
];

const MODERN_FINE: readonly (readonly [title: string, make: Make])[] = [
  ['Mcp-Name coded', (client) => headed({ 'Mcp-Name': coded(client.tool) })(client)],
  ['blanks behind Mcp-Name', (client) => headed({ 'Mcp-Name': `${client.tool} \t` })(client)],
  ['a session id, which means nothing here', added(['Mcp-Session-Id', 'stray'])],
];

const LEGACY_ROWS: readonly Row[] = [
  ['a version that is not served', headed({ 'MCP-Protocol-Version': '2099-01-01' }), INVALID],
  ['a version that is no version', headed({ 'MCP-Protocol-Version': 'latest' }), INVALID],
  ['a version twice', added(['MCP-Protocol-Version', '2025-11-25'], ['MCP-Protocol-Version', '2025-11-25']), INVALID],
  ['the version that has no sessions', headed({ 'MCP-Protocol-Version': MODERN }), INCOMPLETE],
  ['the version that has no sessions, to listen', without('GET', { 'MCP-Protocol-Version': MODERN }), INVALID],
  ['no session', headed({ 'Mcp-Session-Id': undefined }), INVALID],
  ['an empty session id', headed({ 'Mcp-Session-Id': '' }), INVALID],
  ['a session that is not there', headed({ 'Mcp-Session-Id': 'AAAAAAAAAAAAAAAAAAAAAA' }), [404, -31006]],
  ['the session of another endpoint', (client) => ({ ...headed({})(client), path: elsewhere(client) }), [404, -31006]],
  ['GET without a session', without('GET', { 'Mcp-Session-Id': undefined }), INVALID],
  ['GET of a session that is not there', without('GET', { 'Mcp-Session-Id': 'none' }), [404, -31006]],
  ['GET for JSON', without('GET', { Accept: 'application/json' }), ACCEPT],
  ['DELETE without a session', without('DELETE', { 'Mcp-Session-Id': undefined }), INVALID],
  ['DELETE of a session that is not there', without('DELETE', { 'Mcp-Session-Id': 'none' }), [404, -31006]],
  ['an unknown method', bodied('tools/call', 'tools/none'), [200, -32601]],
  ['a method of the next era', bodied('tools/call', 'server/discover'), [200, -32601]],
  ['a name that is no string', bodied(/"(old__)?echo"/, '7'), [200, -32602]],
];

function elsewhere({ endpoint }: Client): string {
  return endpoint === 'old' ? '/mcp' : '/mcp/old';
}

const play: Play = await openPlay({ config: { limits: { bodyBytesMax: BODY_BYTES_MAX } } });
after(() => play.stage.close());

for (const way of WAYS) {
  describe(titleOf(way), () => {
    let client: Client;
    before(async () => {
      client = await openClient(play, way);
    });

    /** Sends, and proves that nothing came of it. */
    async function refused(make: Make, expected: Expected, ending?: Ending): Promise<string> {
      const reached = play.reached();
      const answer = await client.connection.send(make(client));
      assertRefused(answer, expected);
      await assertUsable(client, ending !== undefined);
      assert.equal(play.reached(), reached, 'a server saw something');
      return answer.body;
    }

    for (const [title, make, expected] of [...OF_ALL, ...(way.revision === MODERN ? MODERN_ROWS : LEGACY_ROWS)]) {
      it(`gets ${expected.join(' ')} for ${title}`, async () => {
        await refused(make, expected);
      });
    }

    for (const [title, make] of [...ALL_FINE, ...(way.revision === MODERN ? MODERN_FINE : [])]) {
      it(`is served with ${title}`, async () => {
        const answer = await client.connection.send(make(client));
        assert.equal(answer.status, 200, answer.body);
        assert.equal(typeof parseObject(answer.body)?.result, 'object', answer.body);
        await assertUsable(client);
      });
    }

    it('cannot tell a tool that is blocked from one that is not there', async () => {
      const blocked = await refused(renamed('fail'), [200, -32602]);
      assert.equal(blocked, await refused(renamed('none'), [200, -32602]));
    });

    it('reads 413 although its body was too long to be taken, and goes on on a new connection', async () => {
      const big: Make = ({ path, headers }) => ({ path, headers, body: 'x'.repeat(40 * BODY_BYTES_MAX) });
      await refused(big, [413, -32600], 'and ends the connection');
    });

    it('gets 400 -32600 for two session ids', async () => {
      const twice = added(['Mcp-Session-Id', 'one'], ['Mcp-Session-Id', 'two']);
      await refused(twice, INVALID, 'and ends the connection');
    });
  });
}
