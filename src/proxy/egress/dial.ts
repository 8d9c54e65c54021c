/*
 * The one way out: every connection to a server, an issuer or anything else that is not ours is opened here.
 *
 * A pool of keep-alive HTTP/1.1 connections to one origin, without pipelining, so that a slow answer holds up nobody
 * else's. It follows no redirect, and it has no clock of its own but the one for connecting: how long an answer may
 * take is the caller's to say. HTTP/2 is not offered: one lost or aborted stream must end one call, not the connection
 * under all of them. Where addresses are to be checked (rules.ts), a name is looked up once per connection, every
 * answer is checked, and the connection goes to what was checked; what is asked for there keeps the name.
 */
import { Socket } from 'node:net';
import { buildConnector, errors, Pool } from 'undici';
import { isLiteral } from './addresses.ts';
import { refusal } from './egress-error.ts';
import { checkedLookup, type Resolve } from './resolve.ts';
import type { Takes } from './rules.ts';

/** After this silence TCP asks whether the other side is still there; some streams say nothing for hours. */
const SILENT_MS = 15_000;

export interface DialOptions {
  readonly connectTimeoutMs: number;
  readonly connections: number;
  /** Certificates (PEM) to trust instead of the well-known ones. */
  readonly ca?: string;
  /** Addresses that may be connected to; any when left out. */
  readonly takes?: Takes | undefined;
  readonly resolve?: Resolve | undefined;
}

export interface Dialer {
  readonly pool: Pool;
  /** Ends every connection, open or still opening. */
  close(): Promise<void>;
}

export function dial(url: URL, options: DialOptions): Dialer {
  const opening = new Set<Socket>();
  const pool = new Pool(url.origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connector(options, opening),
  });
  const close = async (): Promise<void> => {
    for (const socket of opening) socket.destroy(new errors.ClientDestroyedError());
    await pool.destroy();
  };
  return { pool, close };
}

/** undici's connector, with an exact timeout (its own is coarse) and with the sockets that are still opening in reach. */
function connector(options: DialOptions, opening: Set<Socket>): buildConnector.connector {
  const { ca, takes, resolve } = options;
  const base = buildConnector({
    ...{ allowH2: false, timeout: 0, keepAlive: true, keepAliveInitialDelay: SILENT_MS },
    ...(ca === undefined ? {} : { ca }),
    ...(resolve === undefined && takes === undefined ? {} : { lookup: checkedLookup(takes, resolve) }),
  });
  return (target, callback) => {
    // A literal is connected to without a look-up.
    if (takes && isLiteral(target.hostname) && !takes(target.hostname)) {
      callback(refusal('public', target.hostname), null);
      return;
    }
    // The return value is part of what the connector does, though not of its type.
    const socket: unknown = base(target, callback);
    if (socket instanceof Socket) watch(socket, target.protocol, options.connectTimeoutMs, opening);
  };
}

function watch(socket: Socket, protocol: string, connectTimeoutMs: number, opening: Set<Socket>): void {
  const timer = setTimeout(() => socket.destroy(new errors.ConnectTimeoutError()), connectTimeoutMs);
  const settle = (): void => {
    clearTimeout(timer);
    opening.delete(socket);
  };
  opening.add(socket);
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', settle).once('close', settle);
}
