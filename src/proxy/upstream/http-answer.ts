/*
 * Which of the things an HTTP server says is the answer to a request.
 *
 * Pure: bytes and what was asked go in, a message or the reason why it is none comes out.
 */
import type { GatewayError } from '../../model/errors.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { invalidAnswer, withSample } from './http-failures.ts';

const JSON_TYPE = 'application/json';
const EVENTS_TYPE = 'text/event-stream';

export type MediaKind = 'json' | 'events' | 'other';

/** What a content type promises; parameters and case do not matter (RFC 9110 §8.3.1). */
export function mediaKind(contentType: string | string[] | undefined): MediaKind {
  if (contentType === JSON_TYPE) return 'json';
  if (contentType === EVENTS_TYPE) return 'events';
  if (typeof contentType !== 'string') return 'other';
  const semicolon = contentType.indexOf(';');
  const essence = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase();
  if (essence === JSON_TYPE) return 'json';
  return essence === EVENTS_TYPE ? 'events' : 'other';
}

/** Whether a body arrives as it was written. We ask for no encoding, so anything else is the server's mistake. */
export function isPlain(contentEncoding: string | string[] | undefined): boolean {
  return contentEncoding === undefined || contentEncoding === '' || contentEncoding === 'identity';
}

export type Reading =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly failure: GatewayError };

/** Reads one message of a server, whatever kind it is. */
export function readMessage(bytes: Buffer, depthMax: number): Reading {
  const scanned = scanAnswer(bytes, { depthMax });
  if (scanned.ok) return scanned;
  return { ok: false, failure: withSample(invalidAnswer(scanned.why), bytes) };
}

/**
 * Reads a JSON body as the answer to request `id`. With an error status the body must be a JSON-RPC error, whose id may
 * be missing: the server may have refused before it read one (JSON-RPC 2.0 §5; MCP 2026-07-28, Server Validation).
 */
export function readAnswer(bytes: Buffer, id: RequestId, status: number, depthMax: number): Reading {
  const reading = readMessage(bytes, depthMax);
  if (!reading.ok) return reading;
  const { kind, id: answerId } = reading.message;
  if (kind === 'request' || kind === 'notification') return no(`a ${kind} instead of an answer`);
  if (answerId === id && (status === 200 || kind === 'error')) return reading;
  if (answerId === undefined && status !== 200) return reading;
  return no(answerId === id ? 'a result with an error status' : 'an answer with another id');
}

function no(why: string): Reading {
  return { ok: false, failure: invalidAnswer(why) };
}
