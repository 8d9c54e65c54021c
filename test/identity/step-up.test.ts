/*
 * A call that needs more scopes than its token has, at every door: where there is a header field to say it in, 403 with all
 * that the call needs at once; on a stream that is open the JSON-RPC error alone, with the scopes in its data.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { makeSigner, signed, startIssuer } from '../rig/issuer.ts';
import { at, type RpcMessage, request } from '../rig/json-rpc.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const signer = await makeSigner('one');
const issuer = await startIssuer([signer]);
const files = await startScripted({ revision: '2025-11-25', transport: 'http' });
const stage = await openStage(
  { files },
  {
    config: {
      endpoints: { desk: { servers: ['files'], naming: 'plain', scopesSupported: ['read', 'write', 'delete'] } },
      auth: { issuers: [{ issuer: issuer.url, audiences: ['api'] }] },
      access: {
        permissions: { 'files:echo': ['read'], 'files:fail': ['write', 'delete'], 'files:count': ['secret'] },
        scopeMode: 'all',
      },
    },
  },
);
after(async () => {
  await stage.close();
  await issuer.close();
});

const bearer = async (scope: string) => {
  const token = await signed(signer, { claims: { iss: issuer.url, aud: 'api', scope } });
  return { headers: { authorization: `Bearer ${token}` } };
};
const reader = await bearer('read');
const METADATA = `${stage.gateway.url}/.well-known/oauth-protected-resource/mcp/desk`;
/** One complete set: a client that asks for it loses nothing that it had. */
const SCOPES = ['read', 'write', 'delete'];
const CALL = { name: 'fail', arguments: {} };
const MISSING = { code: -31007, message: 'The token needs more scopes for this.', data: { scopes: SCOPES } };

function assertChallenged({
  status,
  stream,
  answer,
}: {
  status: number;
  stream: { headers: object };
  answer: unknown;
}) {
  const challenge = `Bearer error="insufficient_scope", scope="${SCOPES.join(' ')}", resource_metadata="${METADATA}"`;
  assert.deepEqual([status, at(stream.headers, 'www-authenticate')], [403, challenge]);
  assert.deepEqual(at(answer, 'error'), MISSING);
}

const namesIn = (answer: RpcMessage | undefined) =>
  (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);

describe('a call that needs more scopes', () => {
  it('of 2026-07-28 is told which: 403', async () => {
    assertChallenged(await stage.modern('desk', reader).call('tools/call', CALL));
  });

  for (const revision of ['2025-03-26', '2025-06-18', '2025-11-25'] as const) {
    it(`in a session of ${revision} is told which: 403`, async () => {
      assertChallenged(await (await stage.legacy('desk', reader, revision)).call('tools/call', CALL));
    });
  }

  it('over HTTP+SSE is told which on the stream', async () => {
    assert.deepEqual((await (await stage.sse('desk', reader)).call('tools/call', CALL)).error, MISSING);
  });

  it('in a batch is told which among the answers', async () => {
    const client = await stage.legacy('desk', reader, '2025-03-26');
    const { status, stream } = await client.post([request(1, 'tools/call', CALL), request(2, 'ping')]);
    assert.equal(status, 200);
    const answers = stream.messages.flat() as RpcMessage[];
    assert.deepEqual(answers.find(({ id }) => id === 1)?.error, MISSING);
  });

  it('is listed, and what no scope of the endpoint opens is not, and is unknown', async () => {
    const client = stage.modern('desk', reader);
    assert.deepEqual(namesIn((await client.call('tools/list')).answer).sort(), ['echo', 'fail']);
    const { status, answer } = await client.call('tools/call', { name: 'count', arguments: {} });
    assert.deepEqual([status, at(answer, 'error', 'message')], [200, 'Unknown tool.']);
  });

  it('passes with a token that has them', async () => {
    const { status, answer } = await stage.modern('desk', await bearer('read write delete')).call('tools/call', CALL);
    assert.deepEqual([status, at(answer, 'result', 'isError')], [200, true], 'the tool’s own failure');
  });

  it('reaches no server', async () => {
    const before = files.received.of('tools/call').length;
    await stage.modern('desk', reader).call('tools/call', CALL);
    assert.equal(files.received.of('tools/call').length, before);
  });
});
