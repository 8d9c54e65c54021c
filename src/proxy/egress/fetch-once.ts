/*
 * One request that the gateway makes on its own account: keys, metadata, introspection.
 *
 * A connection of its own that ends with the answer; time and bytes are capped, a redirect is an error, and so is a
 * body in a coding that was not asked for, which could grow beyond its cap when undone.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors } from 'undici';
import type { EgressRule } from '../../model/snapshot.ts';
import { hostOf, isLiteral } from './addresses.ts';
import { type Dialer, dial } from './dial.ts';
import { EgressError, type FetchFailure, refusal } from './egress-error.ts';
import type { ProxyOf } from './proxies.ts';
import type { Resolve } from './resolve.ts';
import { passageTo } from './rules.ts';
import { withHost } from './way-to.ts';

export interface FetchRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it, from the look-up of the name to the last byte. */
  readonly timeoutMs: number;
  readonly bytesMax: number;
  /** Origins of addresses that are written in the local file; they are trusted as they stand. */
  readonly trustedOrigins: readonly string[];
}

export interface Fetched {
  readonly status: number;
  /** Names in lower case; what came several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Rejects with an EgressError. */
export type Fetch = (request: FetchRequest) => Promise<Fetched>;

export interface FetchParts {
  /** Those of the snapshot that is valid now. */
  readonly rules: () => readonly EgressRule[];
  readonly resolve?: Resolve;
  readonly proxyOf?: ProxyOf;
}

export function fetchOnce({ rules, resolve, proxyOf }: FetchParts): Fetch {
  return async (request) => {
    const { url, takes } = passageTo(request.url, request.trustedOrigins, rules());
    const target = withHost(url, hostOf(url));
    const proxy = proxyOf?.(target);
    // Behind a proxy a name may be anything: it takes the operator's word for it, not that of whoever runs the name.
    if (proxy && takes && !isLiteral(hostOf(url))) throw refusal('proxy', url.origin);
    const how = { connectTimeoutMs: request.timeoutMs, connections: 1, takes: proxy ? undefined : takes };
    const dialer = dial(target, { ...how, resolve, proxy });
    try {
      return await new OneAnswer(request, target, dialer, takes === undefined).answer;
    } finally {
      await dialer.close();
    }
  };
}

class OneAnswer implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Fetched>;
  readonly #bytesMax: number;
  readonly #where: string;
  readonly #isTrusted: boolean;
  readonly #settled = Promise.withResolvers<Fetched>();
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};

  constructor(request: FetchRequest, target: URL, dialer: Dialer, isTrusted: boolean) {
    this.answer = this.#settled.promise;
    this.#bytesMax = request.bytesMax;
    this.#where = target.origin;
    this.#isTrusted = isTrusted;
    const { method = 'GET', body = null, timeoutMs } = request;
    const path = target.pathname + target.search;
    const over = AbortSignal.timeout(timeoutMs);
    over.addEventListener('abort', () => this.#fail('timeout', `did not answer within ${timeoutMs} ms`));
    dialer.pool.dispatch({ path, method, body, headers: fieldsOf(request) }, this);
  }

  /** Its presence tells undici which of its two kinds of handlers this is. */
  onRequestStart(): void {}

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx: the real answer follows.
    if (status < 200) return;
    this.#status = status;
    this.#headers = joined(headers);
    const coding = this.#headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
    if (status >= 300 && status < 400) this.#fail('redirect', `sent to another address (status ${status})`, controller);
    else if (coding !== 'identity') this.#fail('coding', 'answered in a content coding', controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#bytesMax) this.#chunks.push(chunk);
    else this.#fail('too_large', `answered with more than ${this.#bytesMax} bytes`, controller);
  }

  onResponseEnd(): void {
    this.#settled.resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (error instanceof EgressError) this.#settled.reject(error);
    else if (this.#status === 0 && !(error instanceof errors.HTTPParserError))
      this.#fail('unreachable', `cannot be reached${this.#isTrusted ? ` (${reasonOf(error)})` : ''}`, undefined, error);
    else this.#fail('invalid', 'did not answer in whole and valid HTTP', undefined, error);
  }

  #fail(kind: FetchFailure, what: string, controller?: Dispatcher.DispatchController, cause?: Error): void {
    const error = new EgressError({ kind }, `${this.#where} ${what}.`, cause);
    this.#settled.reject(error);
    controller?.abort(error);
  }
}

/** Told of addresses in the local file alone: whoever names another one is not told what is behind it. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function fieldsOf({ headers = {} }: FetchRequest): string[] {
  const ours = ['user-agent', 'gatewright', 'accept-encoding', 'identity'];
  return [...ours, ...Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value])];
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]);
  return Object.fromEntries(entries);
}
