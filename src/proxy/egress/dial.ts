/*
 * The one way out: every connection to a server, an issuer or anything else that is not ours is opened here.
 *
 *   rules.ts  where the gateway may go      open.ts        how a connection is opened: addresses, certificates, proxies
 *   dial.ts   many requests to one origin   fetch-once.ts  one request, to wherever the rules allow
 *
 * A pool of keep-alive HTTP/1.1 connections to one origin, without pipelining, so that a slow answer holds up nobody
 * else's. It follows no redirect, and it has no clock of its own but the one for connecting: how long an answer may
 * take is the caller's to say. HTTP/2 is not offered: one lost or aborted stream must end one call, not the connection
 * under all of them.
 */
import { type Dispatcher, Pool } from 'undici';
import { type OpenOptions, opener } from './open.ts';
import { proxyCredentials } from './tunnel.ts';

export interface DialOptions extends OpenOptions {
  readonly connections: number;
}

/** What requests are put to. Header fields are flat: [name, value, …], with lower-case names. */
export type RequestPool = Pick<Dispatcher, 'dispatch'>;

export interface Dialer {
  readonly pool: RequestPool;
  /** Ends every connection, open or still opening. */
  close(): Promise<void>;
}

export function dial(url: URL, options: DialOptions): Dialer {
  const { proxy } = options;
  // Only https needs a tunnel; a request for http is put to the proxy itself (RFC 9112 §3.2.2).
  const forward = url.protocol === 'http:' && proxy && 'url' in proxy ? proxy.url : undefined;
  const { connect, end } = opener(forward ? { connectTimeoutMs: options.connectTimeoutMs } : options);
  const pool = new Pool(forward?.origin ?? url.origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
  });
  const close = async (): Promise<void> => {
    end();
    await pool.destroy();
  };
  return { pool: forward ? forwarding(pool, url, forward) : pool, close };
}

function forwarding(pool: Pool, { origin, host }: URL, proxy: URL): RequestPool {
  const ours = Object.entries(proxyCredentials(proxy)).flat();
  return {
    dispatch: (options, handler) => {
      const fields = options.headers as string[];
      const named = fields.includes('host') ? [] : ['host', host];
      return pool.dispatch(
        { ...options, path: origin + options.path, headers: [...fields, ...named, ...ours] },
        handler,
      );
    },
  };
}
