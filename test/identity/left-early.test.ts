/*
 * A client that leaves while it is being found out who it is, because keys of its issuer have to be fetched first.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { KEYS, makeSigner, signed, startIssuer } from '../rig/issuer.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { sseClient } from '../rig/sse-client.ts';

it('leaves nothing open behind it', async () => {
  const signer = await makeSigner('late');
  const issuer = await startIssuer([signer]);
  const files = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const audience = 'https://gateway.example/files';
  const stage = await openStage(
    { files },
    {
      config: {
        auth: { issuers: [{ issuer: issuer.url, audiences: [audience], grants: 'all' }] },
        limits: { streamsPerPrincipalMax: 1 },
      },
    },
  );
  after(() => Promise.all([stage.close(), issuer.close()]));
  issuer.answers.set(KEYS, { ...issuer.answers.get(KEYS), delayMs: 300 });
  const token = await signed(signer, { claims: { iss: issuer.url, aud: audience } });
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const leaving = request(`${stage.gateway.url}/sse/files`, { headers });
  leaving.on('error', () => {}).end();
  while (issuer.countOf(KEYS) === 0) await new Promise(setImmediate);
  leaving.destroy();
  // Waits for the same keys, and comes after the one that left; there is room for one.
  const client = sseClient(`${stage.gateway.url}/sse/files`, { headers });
  after(() => client.close());
  assert.equal((await client.open()).status, 200);
});
