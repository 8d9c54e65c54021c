/*
 * What can go wrong with an HTTP server, in the words of the error catalogue.
 *
 * The line between `upstream_down` and `upstream_lost` decides whether a call may be repeated, so it is drawn where
 * undici hands the request to a socket: before that nothing was delivered, after that nobody can know.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { errors } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import { EgressError } from '../egress/egress-error.ts';

const SAMPLE_BYTES_MAX = 256;

/** Mistakes in a request that undici refuses to send: a bug or a bad setting of ours, not the server's doing. */
const NOT_SENDABLE: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

export function networkFailure(error: Error, delivered: boolean): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const options = { internal: { error: code, message: error.message }, cause: error };
  if (NOT_SENDABLE.has(code)) return new GatewayError('internal', options);
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new GatewayError('upstream_down', { ...options, limit: 'connectTimeoutMs' });
  if (error instanceof EgressError)
    return new GatewayError('upstream_down', { internal: { why: error.message }, cause: error });
  if (!delivered) return new GatewayError('upstream_down', options);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return new GatewayError('upstream_too_large', options);
  return new GatewayError(isBadHttp(error) ? 'upstream_invalid' : 'upstream_lost', options);
}

/** The parser also complains about a connection that ended too early ("Invalid EOF state"), which is a loss. */
function isBadHttp(error: Error): boolean {
  return error instanceof errors.HTTPParserError && !error.message.includes('EOF');
}

/** A status that is no answer. 404 on a session means the session is gone (MCP 2025-11-25, Session Management). */
export function statusFailure(status: number, headers: IncomingHttpHeaders, hasSession: boolean): GatewayError {
  if (status === 401 || status === 403) {
    const challenge = headers['www-authenticate'];
    return new GatewayError('upstream_auth', {
      internal: { status, ...(challenge ? { challenge: escaped(String(challenge)) } : {}) },
    });
  }
  if (status === 404 && hasSession) return new GatewayError('upstream_session', { internal: { status } });
  if (status >= 200 && status < 300) return invalidAnswer('status is no answer to a request', { status });
  return new GatewayError('upstream_refused', { internal: { status } });
}

export function invalidAnswer(why: string, internal: Readonly<Record<string, unknown>> = {}): GatewayError {
  return new GatewayError('upstream_invalid', { internal: { why, ...internal } });
}

export function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError('upstream_too_large', { internal: { limitBytes } });
}

/** The same failure with the first bytes of what came instead of an answer, for the log. */
export function withSample(failure: GatewayError, bytes: Buffer): GatewayError {
  const sample = escaped(bytes.toString('latin1', 0, SAMPLE_BYTES_MAX));
  return new GatewayError(failure.code, { internal: { ...failure.internal, sample } });
}

/** Printable ASCII only, so that nothing a server says can forge a log line or reach a terminal. */
function escaped(text: string): string {
  const safe = text
    .slice(0, SAMPLE_BYTES_MAX)
    .replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return safe.slice(0, SAMPLE_BYTES_MAX);
}
