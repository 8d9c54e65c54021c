/*
 * What everything that talks to one HTTP server shares: the connections, the address, the header fields, the limits.
 */

import type { Limits } from '../../model/limits.ts';
import type { RequestPool } from '../egress/dial.ts';
import type { OutboundHeaders } from './http-headers.ts';
import type { TransportEvents } from './transport.ts';

export type HttpLimits = Pick<
  Limits,
  'answerBytesMax' | 'jsonDepthMax' | 'connectTimeoutMs' | 'callTimeoutMs' | 'reconnectMaxMs'
>;

export interface HttpLine {
  readonly pool: RequestPool;
  /** For what stays open. */
  readonly longPool: RequestPool;
  readonly path: string;
  readonly headers: OutboundHeaders;
  readonly limits: HttpLimits;
  readonly events: TransportEvents;
  /** Whoever waits on a timer has no socket whose end would end it when the transport closes. */
  readonly waiting: Set<{ close(): void }>;
}

/** Silence before a dropped event stream is asked for again, unless its `retry` field says otherwise. */
export const RETRY_INITIAL_MS = 1_000;
/** A server may ask for less; asking more often than this is a busy loop. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 30_000;

export function boundedRetryMs(asked: number): number {
  return Math.min(Math.max(asked, RETRY_MIN_MS), RETRY_MAX_MS);
}
