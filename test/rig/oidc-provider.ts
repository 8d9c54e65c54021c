/*
 * A real OpenID provider: discovery, registration, code flow with PKCE, resource indicators, introspection, revocation, and
 * keys that can be changed. Its user is signed in by whoever comes to it (`browser.ts`) and grants what the test says.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { errors, type Interaction, Provider } from 'oidc-provider';

export interface OidcOptions {
  /** Scopes that tokens for a resource may have. */
  readonly scopes: readonly string[];
  /** Resources that it makes tokens for: what their URLs begin with. */
  readonly resources: string;
  readonly format?: 'jwt' | 'opaque';
  readonly tokenSeconds?: number;
  /** Further claims of its tokens. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface OidcProvider {
  readonly issuer: string;
  /** Scopes that its user grants when asked. */
  readonly granted: Set<string>;
  /** For who asks it about tokens. */
  readonly introspectionClient: { readonly clientId: string; readonly clientSecret: string };
  /** Changed like everything else with the next token: keys, kind, life. */
  change(options: Partial<OidcOptions>): void;
  /** What it signed before is not to be verified by its key set any more. */
  rotateKeys(): Promise<void>;
  /** How often a path was asked for. */
  countOf(path: string): number;
  close(): Promise<void>;
}

/** May ask about every token, and take it back. */
const ANYBODY = { allowedPolicy: () => true };
const CLIENT = { clientId: 'gate:way', clientSecret: 'nQ7:vX2+kE/9w% rT4 zL8bM1cH5yD0sJ6' };

export async function startOidcProvider(initial: OidcOptions): Promise<OidcProvider> {
  const provider = new RunningProvider(initial);
  await provider.start();
  return provider;
}

class RunningProvider implements OidcProvider {
  issuer = '';
  readonly granted: Set<string>;
  readonly introspectionClient = CLIENT;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #asked: string[] = [];
  #options: OidcOptions;
  #provider: Provider | undefined;

  constructor(options: OidcOptions) {
    this.#options = options;
    this.granted = new Set(options.scopes);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    await this.rotateKeys();
  }

  change(options: Partial<OidcOptions>): void {
    this.#options = { ...this.#options, ...options };
  }

  /** Its keys are given to it when it is made; what it remembers is kept outside of it. */
  async rotateKeys(): Promise<void> {
    const keys = await Promise.all(['RS256', 'ES256'].map(privateJwk));
    this.#provider = quietly(() => new Provider(this.issuer, this.#configuration(keys)));
  }

  countOf(path: string): number {
    return this.#asked.filter((each) => each === path).length;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #configuration(keys: readonly JWK[]): object {
    const options = () => this.#options;
    return {
      jwks: { keys },
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          ...{ redirect_uris: [], response_types: [], grant_types: [] },
        },
      ],
      cookies: { keys: ['a key for cookies of tests'] },
      findAccount: (_context: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
      interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      extraTokenClaims: () => options().claims,
      scopes: ['openid', 'offline_access', ...options().scopes],
      pkce: { required: () => true },
      ttl: { AccessToken: () => options().tokenSeconds ?? 600, Interaction: 600, Session: 600, Grant: 600 },
      features: {
        devInteractions: { enabled: false },
        registration: { enabled: true },
        ...{ introspection: { enabled: true, ...ANYBODY }, revocation: { enabled: true, ...ANYBODY } },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: (_context: unknown, resource: string) => resourceServer(options(), resource),
        },
      },
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.#asked.push(path);
    if (!this.#provider) response.destroy();
    else if (path.startsWith('/interaction/')) await this.#interact(this.#provider, request, response);
    else this.#provider.callback()(request, response);
  }

  /** Ann signs in, and grants what she is willing to. */
  async #interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const details = await provider.interactionDetails(request, response);
    const result =
      details.prompt.name === 'login'
        ? { login: { accountId: 'ann' } }
        : { consent: { grantId: await this.#consent(provider, details) } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }

  #consent(provider: Provider, { params, session, prompt }: Interaction): Promise<string> {
    const grant = new provider.Grant({ clientId: params.client_id, accountId: session?.accountId });
    for (const scope of prompt.details.missingOIDCScope ?? []) grant.addOIDCScope(scope);
    for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
      for (const scope of scopes) {
        if (this.granted.has(scope)) grant.addResourceScope(resource, scope);
        else grant.rejectResourceScope(resource, scope);
      }
    }
    return grant.save();
  }
}

function resourceServer({ resources, scopes, format = 'jwt' }: OidcOptions, resource: string): object {
  if (!resource.startsWith(resources)) throw new errors.InvalidTarget();
  return { scope: scopes.join(' '), audience: resource, accessTokenFormat: format, jwt: { sign: { alg: 'ES256' } } };
}

let madeKeys = 0;

async function privateJwk(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  madeKeys++;
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: `key-${madeKeys}` };
}

/** It says on the console what is meant for who runs it in earnest. */
function quietly<T>(make: () => T): T {
  const { info, warn } = console;
  console.info = () => {};
  console.warn = () => {};
  try {
    return make();
  } finally {
    Object.assign(console, { info, warn });
  }
}
