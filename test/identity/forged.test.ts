/*
 * The sixteen forged tokens (security vectors A-T04) at every door and in every era: 401 each, in the same words, and nobody
 * is fetched from whom a token names.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { startCanary } from '../rig/canary.ts';
import { type ForgedFor, forgedTokens, goodToken } from '../rig/forged.ts';
import { makeSigner, startIssuer } from '../rig/issuer.ts';
import { legacyClient, modernClient } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';

const RESOURCE = 'https://gateway.example/mcp/files';
const [signer, stranger, encrypting] = await Promise.all([
  makeSigner('good'),
  makeSigner('good'),
  makeSigner('enc', 'ES256', { use: 'enc' }),
]);
const [issuer, canary, files] = await Promise.all([
  startIssuer([signer, encrypting]),
  startCanary(),
  startScripted({ revision: '2025-11-25', transport: 'http' }),
]);
const stage = await openStage(
  { files },
  {
    config: {
      auth: { issuers: [{ issuer: issuer.url, audiences: [RESOURCE], grants: 'all', leewaySeconds: 60 }] },
      limits: { failedAuthenticationsMax: 1_000_000 },
    },
  },
);
after(async () => {
  await stage.close();
  await Promise.all([issuer.close(), canary.close()]);
});

const about: ForgedFor = { issuer: issuer.url, audience: RESOURCE, signer, encrypting, stranger, canary: canary.url };
const base = stage.gateway.url;
const INITIALIZE = {
  ...{ jsonrpc: '2.0', id: 1, method: 'initialize' },
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
};
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } };
const EVENTS = { accept: 'text/event-stream' };
const JSON_OR_EVENTS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

interface Knock {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const modern = modernClient(`${base}/mcp/files`);
const modernHead = modern.headersOf('tools/call', { name: 'echo' });
const modernCall = { ...CALL, params: { ...CALL.params, _meta: modern.meta() } };

const post = (path: string, message: object, headers: Record<string, string> = {}): Knock => ({
  ...{ path, method: 'POST', body: JSON.stringify(message) },
  headers: { ...JSON_OR_EVENTS, ...headers },
});

/** A session and a stream that are open already, of somebody whose token is good. */
async function openOnes(): Promise<{ session: string; stream: string }> {
  const headers = { authorization: `Bearer ${await goodToken(about)}` };
  const legacy = legacyClient(`${base}/mcp/files`, '2025-11-25', { headers });
  await legacy.initialize();
  const sse = sseClient(`${base}/sse/files`, { headers });
  after(() => {
    for (const client of [legacy, sse, modern]) client.close();
  });
  await sse.initialize('2024-11-05');
  return { session: legacy.sessionId ?? '', stream: new URL(sse.endpoint).search };
}

const { session, stream } = await openOnes();
const KNOCKS: ReadonlyMap<string, Knock> = new Map([
  ['a call of 2026-07-28', post('/mcp/files', modernCall, modernHead)],
  ['the beginning of a session', post('/mcp/files', INITIALIZE)],
  ['a call in a session', post('/mcp/files', CALL, { 'mcp-session-id': session })],
  ['the stream of a session', { path: '/mcp/files', method: 'GET', headers: { ...EVENTS, 'mcp-session-id': session } }],
  ['the end of a session', { path: '/mcp/files', method: 'DELETE', headers: { 'mcp-session-id': session } }],
  ['a stream of HTTP+SSE', { path: '/sse/files', method: 'GET', headers: EVENTS }],
  ['a message to such a stream', post(`/messages${stream}`, CALL)],
]);

async function knock({ path, headers, ...rest }: Knock, token: string) {
  const response = await fetch(base + path, { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } });
  // What is let in may stay open.
  const said = response.ok ? '' : await response.text();
  await response.body?.cancel().catch(() => {});
  return { status: response.status, said, challenge: response.headers.get('www-authenticate') };
}

const NEUTRAL = JSON.stringify({ jsonrpc: '2.0', error: { code: -31001, message: 'Authentication is required.' } });
const METADATA = `${base}/.well-known/oauth-protected-resource/mcp/files`;
const forged = await forgedTokens(about);

describe('forged tokens', () => {
  it('are sixteen, and a good one opens what they do not', async () => {
    assert.equal(forged.size, 16);
    for (const [what, one] of KNOCKS) {
      if (what === 'the end of a session') continue;
      assert.ok((await knock(one, await goodToken(about))).status < 300, what);
    }
    // A message to a stream is accepted before it is passed on.
    while (files.received.of('tools/call').length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  for (const [what, one] of KNOCKS) {
    it(`open nothing: ${what}`, async () => {
      const reached = files.received.of('tools/call').length;
      for (const [how, token] of forged) {
        const challenge = `Bearer error="invalid_token", resource_metadata="${METADATA}"`;
        assert.deepEqual(await knock(one, token), { status: 401, said: NEUTRAL, challenge }, how);
      }
      assert.equal(files.received.of('tools/call').length, reached, 'the server saw something');
      canary.assertUntouched();
    });
  }

  it('are written down nowhere', () => {
    const written = stage.gateway.stderr() + JSON.stringify(stage.gateway.said);
    for (const [how, token] of forged) assert.ok(!written.includes(token.slice(-40)), how);
  });
});
