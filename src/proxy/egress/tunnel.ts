/*
 * A connection through an HTTP proxy, by CONNECT (RFC 9110 §9.3.6): from its answer on, the bytes are the target's.
 *
 * The proxy sees the name and the port of the target; over TLS it sees nothing more. It is the proxy that looks the
 * name up, so here no address can be checked (fetch-once.ts says what follows from that).
 */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { Client } from 'undici';
import { EgressError } from './egress-error.ts';

export interface Tunnel {
  readonly proxy: URL;
  /** `host:port` of the target. */
  readonly target: string;
  /** Opens the connection to the proxy. */
  readonly connect: buildConnector.connector;
}

export async function tunnelThrough({ proxy, target, connect }: Tunnel, signal: AbortSignal): Promise<Socket> {
  const client = new Client(proxy.origin, { connect, allowH2: false, headersTimeout: 0 });
  const headers = { host: target, ...proxyCredentials(proxy) };
  try {
    const { statusCode, socket } = await client.connect({ path: target, headers, signal });
    if (statusCode === 200) return socket as Socket;
    socket.on('error', () => {}).destroy();
    throw new EgressError(
      { kind: 'unreachable' },
      `The proxy ${proxy.origin} refuses ${target} (status ${statusCode}).`,
    );
  } catch (error) {
    // Never as it came: some of undici's errors mean "try again" where they are thrown from here, for ever.
    if (error instanceof EgressError || signal.aborted) throw error;
    throw new EgressError(
      { kind: 'unreachable' },
      `The proxy ${proxy.origin} cannot be used (${codeOf(error)}).`,
      error,
    );
  } finally {
    client.close().catch(() => {});
  }
}

/** What the address of the proxy carries before its host (RFC 7617). */
export function proxyCredentials({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
