/*
 * What anybody is told: that the gateway runs, and how many of its servers do. And its counters, where the listener is on
 * loopback and nothing that forwards stands between.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { asSwitched, servedIn } from '../policy/switched.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import { CREDENTIAL_FIELDS } from './facts.ts';
import { writeReply } from './http-outlet.ts';
import type { Arrival } from './listener.ts';

export interface ToldHealth {
  readonly servers: Health;
  /** Undefined where nothing is stored. */
  readonly kept: KeptHealth | undefined;
}

export interface Health {
  readonly total: number;
  readonly ready: number;
}

/** How what people decided comes here; no word of where it is kept, or why it fails. */
export interface KeptHealth {
  readonly store: 'ready' | 'failing';
  /** Since the store was last read without a fault. */
  readonly snapshotAgeMs: number;
}

/** A server that is at rest starts with the first call. */
export function healthOf(snapshot: Snapshot, catalogues: Pick<Catalogues, 'of'>): Health {
  const states = [...servedIn(snapshot).keys()].map((name) => asSwitched(catalogues.of(name), snapshot.overlay).state);
  return { total: states.length, ready: states.filter((state) => state === 'ready' || state === 'idle').length };
}

/** @param extra Header fields of every answer to this request. */
export function probe(
  arrival: Arrival,
  isDraining: boolean,
  word: 'live' | 'ready',
  extra: readonly string[],
): undefined {
  const isOff = isDraining && word === 'ready';
  return tell(arrival, isOff ? 503 : 200, { status: isOff ? 'draining' : word }, extra);
}

export function pong(arrival: Arrival, extra: readonly string[]): undefined {
  return tell(arrival, 200, { message: 'pong' }, extra);
}

/** 200 also while the store fails: calls go on by the last snapshot. */
export function health(arrival: Arrival, told: ToldHealth, extra: readonly string[]): undefined {
  const { servers, kept } = told;
  return tell(arrival, 200, { status: 'healthy', servers, ...kept }, extra);
}

function tell({ response }: Arrival, status: number, said: object, extra: readonly string[]): undefined {
  const body = Buffer.from(JSON.stringify(said));
  writeReply(response, { status, body, headers: ['cache-control', 'no-store'] }, extra);
  return undefined;
}

/** What an endpoint says of itself; undefined where there is nothing to say. */
export function described({ response }: Arrival, document: Buffer | undefined, extra: readonly string[]): undefined {
  if (!document) throw new GatewayError('path_unknown');
  writeReply(response, { status: 200, body: document, headers: ['cache-control', 'no-cache'] }, extra);
  return undefined;
}

export function scrape({ response }: Pick<Arrival, 'response'>, text: string, extra: readonly string[]): undefined {
  response.writeHead(200, ['content-type', 'text/plain; version=0.0.4; charset=utf-8', ...extra]);
  response.end(text);
  return undefined;
}

const LOOPBACK = /^(?:::ffff:)?127\.|^::1$/;
const LOOPBACK_HOST = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/i;
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Whether nobody but this machine can have come in here. */
export function isLoopbackListener({ localAddress = '' }: Pick<Socket, 'localAddress'>): boolean {
  return LOOPBACK.test(localAddress);
}

/** Somebody on this machine who shows no credential. A proxy on this machine asks for others, as far as can be seen. */
export function isOnLoopback({ headers, socket, url }: IncomingMessage): boolean {
  if (!isLoopbackListener(socket) || !LOOPBACK.test(socket.remoteAddress ?? '')) return false;
  if (!LOOPBACK_HOST.test(headers.host ?? '') || FORWARDED.some((name) => name in headers)) return false;
  // A credential that is shown is judged, and a wrong one is nobody's.
  return !url?.includes('?') && ![...CREDENTIAL_FIELDS].some((name) => name in headers);
}
