/*
 * Tokens of a real provider that are good no more, or not here: for another resource, over, taken back, on the deny list,
 * signed with a key that is gone. And keys that change while the gateway runs.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage, type Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import { type OidcOptions, type OidcProvider, startOidcProvider } from '../rig/oidc-provider.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { revoke, signIn } from '../rig/sign-in.ts';

interface Scene {
  readonly provider: OidcProvider;
  readonly stage: Stage;
  /** Signs in for an endpoint. */
  token(endpoint?: string): Promise<string>;
  /** Calls a tool at an endpoint with a token. */
  call(token: string, endpoint?: string): Promise<{ status: number; challenge: string; said: unknown }>;
}

const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});

async function openScene(
  entry: (provider: OidcProvider) => object = () => ({}),
  options: Partial<OidcOptions> = {},
  more: (provider: OidcProvider) => Promise<object> = async () => ({}),
): Promise<Scene> {
  const provider = await startOidcProvider({ scopes: ['use'], resources: 'http://127.0.0.1', ...options });
  closers.push(() => provider.close());
  const files = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const auth = { issuers: [{ issuer: provider.issuer, grants: 'all', ...entry(provider) }], ...(await more(provider)) };
  const stage = await openStage({ files }, { config: { auth, endpoints: { desk: { servers: ['files'] } } } });
  closers.unshift(() => stage.close());
  return {
    ...{ provider, stage },
    token: (endpoint = 'files') => signIn({ issuer: provider.issuer, resource: stage.url(endpoint), scope: 'use' }),
    call: async (token, endpoint = 'files') => {
      const client = stage.modern(endpoint, { headers: { authorization: `Bearer ${token}` } });
      const { status, stream, answer } = await client.call('tools/call', { name: 'echo', arguments: {} });
      return {
        status,
        challenge: String(stream.headers['www-authenticate'] ?? ''),
        said: at(answer, 'error', 'message'),
      };
    },
  };
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const REFUSED = 'Authentication is required.';

/** The way in is told with every refusal, and that the token was no good. */
function assertRefused(scene: Scene, got: Awaited<ReturnType<Scene['call']>>, endpoint = 'files'): void {
  const metadata = `${scene.stage.gateway.url}/.well-known/oauth-protected-resource/mcp/${endpoint}`;
  assert.deepEqual(got, {
    status: 401,
    challenge: `Bearer error="invalid_token", resource_metadata="${metadata}"`,
    said: REFUSED,
  });
}

describe('a token of a real provider', async () => {
  const scene = await openScene();

  it('is good for its resource and for no other', async () => {
    const token = await scene.token('files');
    assert.equal((await scene.call(token, 'files')).status, 200);
    assertRefused(scene, await scene.call(token, 'desk'), 'desk');
    assert.equal((await scene.call(await scene.token('desk'), 'files')).status, 401);
  });

  it('is good after the provider has changed its keys, and the gateway was not told', async () => {
    const old = await scene.token();
    assert.equal((await scene.call(old)).status, 200);
    await scene.provider.rotateKeys();
    const token = await scene.token();
    assert.equal((await scene.call(token)).status, 200);
  });

  it('is refused when it is over', async () => {
    const strict = await openScene(() => ({ leewaySeconds: 0 }), { tokenSeconds: 2 });
    const token = await strict.token();
    assert.equal((await strict.call(token)).status, 200);
    const untilMs = Number(claimsOf(token).exp) * 1000;
    await new Promise((resolve) => setTimeout(resolve, untilMs - Date.now() + 50));
    assertRefused(strict, await strict.call(token));
  });
});

describe('a gateway that starts before its issuer', () => {
  it('serves, and takes tokens once the issuer is there', async () => {
    const scene = await openScene();
    const { provider, stage } = scene;
    assert.equal((await fetch(`${stage.gateway.url}/ready`)).status, 200);
    const nobody = await openStage({}, { config: { auth: { issuers: [{ issuer: 'http://127.0.0.1:1' }] } } });
    closers.unshift(() => nobody.close());
    assert.equal((await fetch(`${nobody.gateway.url}/ready`)).status, 200);
    assert.equal(
      (await nobody.modern('', { headers: { authorization: `Bearer ${await scene.token()}` } }).call('tools/list'))
        .status,
      401,
    );
    assert.ok(provider.countOf('/jwks') <= 2);
  });
});

describe('a token that says nothing itself', async () => {
  const entry = ({ introspectionClient }: OidcProvider) => ({
    introspection: { ...introspectionClient, cacheSeconds: 1 },
  });
  const scene = await openScene(entry, { format: 'opaque' });
  const INTROSPECTION = '/token/introspection';

  it('is asked about, and once for several calls', async () => {
    const token = await scene.token();
    const before = scene.provider.countOf(INTROSPECTION);
    for (let calls = 0; calls < 5; calls++) assert.equal((await scene.call(token)).status, 200);
    assert.ok(scene.provider.countOf(INTROSPECTION) - before < 5);
  });

  it('is refused once it was taken back and the answer before that is old', async () => {
    const token = await scene.token();
    assert.equal((await scene.call(token)).status, 200);
    assert.equal(await revoke(scene.provider.issuer, token, scene.provider.introspectionClient), 200);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    assertRefused(scene, await scene.call(token));
  });

  it('is refused at another resource', async () => {
    assertRefused(scene, await scene.call(await scene.token('desk')));
  });
});

describe('a signed token', () => {
  it('is refused when its subject is on the deny list', async () => {
    const scene = await openScene(undefined, {}, async () => ({ deny: { subjects: ['ann'] } }));
    assertRefused(scene, await scene.call(await scene.token()));
  });

  it('is refused when its id is', async () => {
    const resource = 'http://127.0.0.1/desk';
    const take = ({ issuer }: OidcProvider) => signIn({ issuer, resource, scope: 'use' });
    let stolen = '';
    const scene = await openScene(
      () => ({ audiences: [resource] }),
      {},
      async (provider) => {
        stolen = await take(provider);
        return { deny: { tokenIds: [claimsOf(stolen).jti] } };
      },
    );
    assertRefused(scene, await scene.call(stolen));
    assert.equal((await scene.call(await take(scene.provider))).status, 200, 'another one of the same subject');
  });
});
