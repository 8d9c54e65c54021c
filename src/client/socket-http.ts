/*
 * One HTTP exchange with a gateway over its operator's socket.
 */
import { type IncomingMessage, request } from 'node:http';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborting it drops the connection. */
  readonly signal?: AbortSignal | undefined;
}

/** Larger than any answer a gateway passes on: the largest `answerBytesMax` and room around it. */
export const ANSWER_BYTES_MAX = 272 * 1024 * 1024;

/** Resolves when the head of the answer is there. Rejects with the system's error when nobody listens. */
export function exchange(socketPath: string, { method, path, headers, body, signal }: Exchange) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const fields = { host: 'localhost', ...headers };
    const sent = request(
      { socketPath, method, path, headers: fields, agent: false, ...(signal === undefined ? {} : { signal }) },
      resolve,
    );
    sent.on('error', reject);
    sent.end(body);
  });
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
