/*
 * Reads a request's body, never more of it than the limit.
 */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../model/errors.ts';

/** Rejects with `body_too_large`, `target_refused` (trailers), `call_cancelled` (the client went away). */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const declared = request.headers['content-length'];
  if (declared !== undefined && Number(declared) > bytesMax) return Promise.reject(new GatewayError('body_too_large'));
  return new Promise((resolve, reject) => {
    let only: Buffer | undefined;
    let more: Buffer[] | undefined;
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) {
        request.removeAllListeners('data');
        request.resume();
        reject(new GatewayError('body_too_large'));
      } else if (!only) only = chunk;
      else if (more) more.push(chunk);
      else more = [only, chunk];
    });
    request.on('end', () => {
      // A field after the body could contradict one before it (RFC 9110 §6.5.1).
      if (request.rawTrailers.length > 0)
        reject(new GatewayError('target_refused', { say: 'Trailer fields are not accepted.' }));
      else resolve(more ? Buffer.concat(more, size) : (only ?? EMPTY));
    });
    request.on('error', () => reject(new GatewayError('call_cancelled')));
  });
}
const EMPTY = Buffer.alloc(0);
