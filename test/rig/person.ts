/*
 * A person with a client of an SDK: keeps what the client must remember, and signs in when the client says so. It knows no
 * address but that of the gateway; everything else its client finds out.
 */
import {
  type OAuthClientInformationFull,
  type OAuthClientMetadata,
  type OAuthTokens,
  StreamableHTTPClientTransport as TransportV2,
  Client as V2,
} from '@modelcontextprotocol/client';
import { Client as V1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as AnyTransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import { browse } from './browser.ts';

export const CALLBACK = 'http://127.0.0.1:9/callback';

/** What both SDKs want of a program that uses them (`OAuthClientProvider`). */
class Wallet {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata: OAuthClientMetadata = {
    client_name: 'a client that knows nothing',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  /** Where the person is to sign in. */
  sentTo: URL | undefined;
  #client: OAuthClientInformationFull | undefined;
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  clientInformation(): OAuthClientInformationFull | undefined {
    return this.#client;
  }

  saveClientInformation(client: unknown): void {
    this.#client = client as OAuthClientInformationFull;
  }

  tokens(): OAuthTokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL): void {
    this.sentTo = url;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }
}

export type Sdk = 'v1' | 'v2';

interface Connected {
  listTools(): Promise<{ tools: readonly { readonly name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

/** Connects at once, and signs in on the way if that is what it takes. */
export async function startPerson(sdk: Sdk, url: string): Promise<Person> {
  const person = new Person(sdk, url);
  await person.connect();
  return person;
}

export class Person {
  readonly wallet = new Wallet();
  /** How often it had to sign in. */
  signIns = 0;
  readonly #make: () => Made;
  #made: Made;

  constructor(sdk: Sdk, url: string) {
    this.#make = () => (sdk === 'v1' ? connectV1 : connectV2)(url, this.wallet);
    this.#made = this.#make();
  }

  /** A client that was turned away is connected anew. */
  async connect(): Promise<void> {
    await this.#signingIn(() => {
      this.#made = this.#make();
      return this.#made.connect();
    });
  }

  toolNames(): Promise<readonly string[]> {
    return this.#signingIn(async () => (await this.#made.client.listTools()).tools.map(({ name }) => name));
  }

  /** The text of the answer. */
  call(name: string, args: Record<string, unknown> = {}): Promise<string> {
    return this.#signingIn(async () => textOf(await this.#made.client.callTool({ name, arguments: args })));
  }

  close(): Promise<void> {
    return this.#made.client.close();
  }

  /** A client throws when somebody must sign in; its person does, and tries again. */
  async #signingIn<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!this.wallet.sentTo) throw error;
      const back = await browse(this.wallet.sentTo, CALLBACK);
      this.wallet.sentTo = undefined;
      this.signIns++;
      await this.#made.finish(back.searchParams);
      return act();
    }
  }
}

interface Made {
  readonly client: Connected;
  readonly connect: () => Promise<void>;
  readonly finish: (back: URLSearchParams) => Promise<void>;
}

function connectV1(url: string, authProvider: Wallet): Made {
  const client = new V1({ name: 'person', version: '1' });
  const transport = new TransportV1(new URL(url), { authProvider });
  return {
    client,
    connect: () => client.connect(transport as AnyTransportV1),
    finish: (back) => transport.finishAuth(back.get('code') ?? ''),
  };
}

function connectV2(url: string, authProvider: Wallet): Made {
  const client = new V2({ name: 'person', version: '1' });
  const transport = new TransportV2(new URL(url), { authProvider });
  return { client, connect: () => client.connect(transport), finish: (back) => transport.finishAuth(back) };
}

function textOf(result: unknown): string {
  const { content = [] } = result as { content?: readonly { readonly text?: string }[] };
  return content.map(({ text = '' }) => text).join('');
}
