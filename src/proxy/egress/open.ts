/*
 * How one connection is opened: looked up and checked, directly or through a proxy, with the certificates that are valid
 * now; all of it within one time limit, and with a way to end it at every moment.
 */
import { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector, errors } from 'undici';
import type { ClientTls } from '../../model/snapshot.ts';
import { isLiteral } from './addresses.ts';
import { EgressError, refusal } from './egress-error.ts';
import type { HttpProxy } from './proxies.ts';
import { checkedLookup, type Resolve } from './resolve.ts';
import type { Takes } from './rules.ts';
import { TlsFiles } from './tls-files.ts';
import { tunnelThrough } from './tunnel.ts';

/** After this silence TCP asks whether the other side is still there; some streams say nothing for hours. */
const SILENT_MS = 15_000;

export interface OpenOptions {
  readonly connectTimeoutMs: number;
  /** Addresses that may be connected to; any when left out. Nobody can tell behind a proxy. */
  readonly takes?: Takes | undefined;
  readonly resolve?: Resolve | undefined;
  readonly tls?: ClientTls | undefined;
  /** Asked for a tunnel, unless the requests themselves go to it (dial.ts). */
  readonly proxy?: HttpProxy | undefined;
}

export interface Opener {
  readonly connect: buildConnector.connector;
  /** Ends what is still opening. */
  end(): void;
}

type Target = Parameters<buildConnector.connector>[0];

export function opener(options: OpenOptions): Opener {
  const opening = new Set<AbortController>();
  const open = new Opening(options);
  const connect: buildConnector.connector = (target, callback) => {
    const attempt = new AbortController();
    opening.add(attempt);
    const timer = setTimeout(() => attempt.abort(new errors.ConnectTimeoutError()), options.connectTimeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      opening.delete(attempt);
    };
    open.start(target, attempt.signal).then(
      (socket) => {
        settle();
        callback(null, socket);
      },
      (error: Error) => {
        settle();
        callback(attempt.signal.aborted ? attempt.signal.reason : error, null);
      },
    );
  };
  const end = () => {
    for (const attempt of opening) attempt.abort(new errors.ClientDestroyedError());
  };
  return { connect, end };
}

class Opening {
  readonly #options: OpenOptions;
  readonly #files: TlsFiles | undefined;
  readonly #plain: buildConnector.connector;
  #context: SecureContext | undefined;
  #secure: buildConnector.connector;

  constructor(options: OpenOptions) {
    this.#options = options;
    this.#files = options.tls && new TlsFiles(options.tls);
    this.#plain = this.#connector();
    this.#secure = this.#plain;
  }

  async start(target: Target, signal: AbortSignal): Promise<Socket> {
    const { proxy, takes } = this.#options;
    // A literal is connected to without a look-up.
    if (takes && isLiteral(target.hostname) && !takes(target.hostname)) throw refusal('public', target.hostname);
    const connect = target.protocol === 'https:' && this.#files ? await this.#withFiles(this.#files) : this.#plain;
    signal.throwIfAborted();
    if (!proxy) return connected(connect, target, signal);
    if ('unusable' in proxy) throw new EgressError({ kind: 'unreachable' }, `${proxy.unusable}.`);
    const httpSocket = await tunnelThrough({ proxy: proxy.url, target: placeOf(target), connect: this.#plain }, signal);
    return target.protocol === 'https:' ? connected(connect, { ...target, httpSocket }, signal) : httpSocket;
  }

  /** Other certificates make another connector: a TLS session of before would be taken up without looking at them. */
  async #withFiles(files: TlsFiles): Promise<buildConnector.connector> {
    const context = await files.context();
    if (context !== this.#context) this.#secure = this.#connector(context);
    this.#context = context;
    return this.#secure;
  }

  #connector(secureContext?: SecureContext): buildConnector.connector {
    const { takes, resolve } = this.#options;
    return buildConnector({
      // Its own timeout is coarse.
      ...{ allowH2: false, timeout: 0, keepAlive: true, keepAliveInitialDelay: SILENT_MS },
      ...(secureContext && { secureContext }),
      ...(resolve === undefined && takes === undefined ? {} : { lookup: checkedLookup(takes, resolve) }),
    });
  }
}

function connected(connect: buildConnector.connector, target: Target, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The return value is part of what the connector does, though not of its type.
    const opening: unknown = connect(target, (error, socket) => {
      signal.removeEventListener('abort', end);
      if (error) {
        target.httpSocket?.destroy();
        reject(error);
      } else resolve(socket);
    });
    function end(): void {
      if (opening instanceof Socket) opening.destroy(signal.reason);
    }
    signal.addEventListener('abort', end);
  });
}

function placeOf({ hostname, protocol, port }: Target): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return `${host}:${port || (protocol === 'https:' ? '443' : '80')}`;
}
