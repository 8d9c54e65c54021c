/*
 * An issuer of tokens as bad as a test wants it: a real HTTP server with metadata and keys that can be changed, taken away
 * or delayed, and a way to sign whatever one likes.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';

export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  /** As it stands in a key set. */
  readonly jwk: JWK;
}

export async function makeSigner(kid: string, alg = 'ES256', more: Partial<JWK> = {}): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig', ...more } };
}

/** Seconds on the clock of tokens. */
export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export interface Said {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token as `said`, over what a good one has. A claim or header member that is `undefined` is left out. */
export function signed(signer: Signer, { claims = {}, header = {} }: Said = {}): Promise<string> {
  const good = { sub: 'ann', iat: nowSeconds(), exp: nowSeconds() + 300 };
  const head = { alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header };
  return new SignJWT({ ...good, ...claims }).setProtectedHeader(present(head)).sign(signer.privateKey);
}

function present(head: Readonly<Record<string, unknown>>): JWTHeaderParameters {
  return Object.fromEntries(Object.entries(head).filter(([, value]) => value !== undefined)) as JWTHeaderParameters;
}

export interface IssuerAnswer {
  readonly status?: number;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly delayMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunningIssuer {
  /** `http://127.0.0.1:port`, its own name. */
  readonly url: string;
  /** What it answers at a path; a path that is not here is 404. */
  readonly answers: Map<string, IssuerAnswer>;
  /** What it was asked, in order. */
  readonly asked: readonly Asked[];
  countOf(path: string): number;
  close(): Promise<void>;
}

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export const METADATA = '/.well-known/openid-configuration';
export const KEYS = '/keys';

/** Has metadata and the keys of `signers`. */
export async function startIssuer(signers: readonly Signer[] = []): Promise<RunningIssuer> {
  const answers = new Map<string, IssuerAnswer>();
  const asked: Asked[] = [];
  const server = createServer((request, response) => void answer(request, response, answers, asked));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  answers.set(METADATA, { body: { issuer: url, jwks_uri: url + KEYS, introspection_endpoint: `${url}/introspect` } });
  answers.set(KEYS, { body: { keys: signers.map(({ jwk }) => jwk) } });
  return {
    ...{ url, answers, asked },
    countOf: (path) => asked.filter((each) => each.path === path).length,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: ReadonlyMap<string, IssuerAnswer>,
  asked: Asked[],
): Promise<void> {
  const { url: path = '', headers } = request;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  asked.push({ path, authorization: headers.authorization, body: Buffer.concat(chunks).toString() });
  const { status = 200, body, delayMs = 0, headers: more = {} } = answers.get(path) ?? { status: 404 };
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...more });
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
}
