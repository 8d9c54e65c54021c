/*
 * One HTTP exchange with a gateway: over its operator's socket on this machine, or at its address.
 */
import { type Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secureRequest } from 'node:https';

/** Where a gateway is reached. */
export type Gate = { readonly socketPath: string } | Address;

export interface Address {
  readonly origin: URL;
  /** Sent with every request: credentials above all. */
  readonly headers: Readonly<Record<string, string>>;
  /** Keeps connections for the requests that follow; of the kind that the origin needs. */
  readonly agent: Agent;
}

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Aborting it drops the connection. */
  readonly signal?: AbortSignal | undefined;
}

/** Larger than any answer a gateway passes on: the largest `answerBytesMax` and room around it. */
export const ANSWER_BYTES_MAX = 272 * 1024 * 1024;

/** A network that swallows what is sent is noticed after this time; how long an answer takes is not for us to say. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Resolves when the head of the answer is there. Rejects with the system's error when nobody listens. */
export function exchange(gate: Gate, { method, path, headers, body, signal }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, path, ...(signal === undefined ? {} : { signal }) };
    const sent = 'origin' in gate ? atAddress(gate, options, headers) : onSocket(gate, options, headers);
    sent.on('response', resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

function onSocket({ socketPath }: { readonly socketPath: string }, options: RequestOptions, headers: object = {}) {
  return request({ ...options, socketPath, agent: false, headers: { host: 'localhost', ...headers } });
}

function atAddress(address: Address, options: RequestOptions, headers: object = {}) {
  const { origin, agent } = address;
  const send = origin.protocol === 'https:' ? secureRequest : request;
  const sent = send(origin, { ...options, agent, headers: { ...address.headers, ...headers } });
  return sent.on('socket', (socket) => {
    if (!socket.connecting) return;
    const late = setTimeout(() => sent.destroy(timedOut()), CONNECT_TIMEOUT_MS);
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(late));
  });
}

function timedOut(): Error {
  return Object.assign(new Error('connect timed out'), { code: 'ETIMEDOUT' });
}

/** The whole body. Rejects when it is larger than anything a gateway sends. */
export async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
