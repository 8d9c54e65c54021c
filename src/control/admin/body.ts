/*
 * The body of a request: read up to a limit, and parsed by the one strict reader that the gateway has (two equal keys, half a
 * surrogate pair, a second document … are refused). That reader is the data plane's, so it is handed in.
 */
import type { IncomingMessage } from 'node:http';
import { AdminError, type FieldFault } from '../../model/admin-errors.ts';

/** Why these bytes are not one JSON document with one meaning; undefined when they are. */
export type JsonFault = (bytes: Buffer) => string | undefined;

/** Throws `body_too_large`; also for a length that is told beforehand. */
export async function readWhole(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw new AdminError('body_too_large');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new AdminError('body_too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Throws `parameter_wrong` with the reason. */
export function parsedBody(bytes: Buffer, jsonFault: JsonFault): unknown {
  const fault = bytes.length === 0 ? 'empty' : jsonFault(bytes);
  if (fault !== undefined) throw wrong({ field: 'body', say: `Must be one JSON document: ${fault}.` });
  const parsed: unknown = JSON.parse(bytes.toString());
  if (hasPrototypeKey(parsed)) throw wrong({ field: 'body', say: '"__proto__" is no name of a field.' });
  return parsed;
}

function wrong(fault: FieldFault): AdminError {
  return new AdminError('parameter_wrong', { faults: [fault] });
}

/** Where objects are copied, such a key would become the prototype. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
