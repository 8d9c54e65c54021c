/*
 * The whole way of OAuth with a real provider: clients of both SDKs that know nothing but the gateway's URL find the
 * provider, register, have a person sign in, call tools, and come back for more scopes when a call needs them.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { startOidcProvider } from '../rig/oidc-provider.ts';
import { startPerson } from '../rig/person.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const SCOPES = ['files:read', 'files:write'];
const provider = await startOidcProvider({ scopes: SCOPES, resources: 'http://127.0.0.1' });
const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
const stage = await openStage(
  { files: up },
  {
    config: {
      endpoints: { desk: { servers: ['files'], scopesSupported: SCOPES } },
      auth: { issuers: [{ issuer: provider.issuer }] },
      access: {
        permissions: { 'files:echo': ['files:read'], 'files:roots': ['files:read'], 'files:fail': ['files:write'] },
      },
    },
  },
);
after(async () => {
  await stage.close();
  await provider.close();
});

const metadataOf = (path: string) => fetch(`${stage.gateway.url}/.well-known/oauth-protected-resource${path}`);

for (const sdk of ['v1', 'v2'] as const) {
  describe(`a client of SDK ${sdk} that knows the gateway’s URL alone`, () => {
    it('finds the provider, has its person sign in, calls a tool, and gets more scopes when a call needs them', async () => {
      provider.granted.clear();
      provider.granted.add('files:read');
      const person = await startPerson(sdk, stage.url('desk'));
      assert.equal(person.signIns, 1);
      const names = await person.toolNames();
      assert.deepEqual([...names].sort(), ['files__echo', 'files__fail', 'files__roots']);
      assert.match(await person.call('files__echo', { said: 'hello' }), /hello/);
      assert.equal(person.wallet.tokens()?.scope, 'files:read');
      provider.granted.add('files:write');
      assert.match(await person.call('files__fail'), /./);
      assert.equal(person.signIns, 2);
      assert.deepEqual(person.wallet.tokens()?.scope?.split(' ').sort(), SCOPES);
      await person.close();
    });
  });
}

describe('metadata of a resource', () => {
  it('is there for every endpoint, and the one without a path is that of /mcp', async () => {
    for (const [path, resource] of [
      ['', '/mcp'],
      ['/mcp', '/mcp'],
      ['/mcp/desk', '/mcp/desk'],
      ['/mcp/files', '/mcp/files'],
    ] as const) {
      const response = await metadataOf(path);
      const said = (await response.json()) as Record<string, unknown>;
      assert.equal(said.resource, stage.gateway.url + resource);
      assert.deepEqual(said.authorization_servers, [provider.issuer]);
    }
    assert.deepEqual(
      ((await (await metadataOf('/mcp/desk')).json()) as Record<string, unknown>).scopes_supported,
      SCOPES,
    );
  });
  it('is not there for an endpoint that is not', async () => assert.equal((await metadataOf('/mcp/none')).status, 404));
});
