/*
 * What the data plane tells upwards: plain data, bounded, losses counted. The counters of `ops/` and, later, audit and
 * usage are made from these.
 */
import type { ErrorCode } from './errors.ts';
import type { LimitName } from './limits.ts';

/** Why a credential was refused. A stranger hears none of these; a counter and the log do. */
export type RefusedWhy =
  /** Not readable as a credential, or too long. */
  | 'malformed'
  /** Two different ones at once. */
  | 'ambiguous'
  /** Nobody's. */
  | 'unknown'
  | 'expired'
  /** Good, and on the deny list. */
  | 'denied'
  /** Good, and not for this endpoint. */
  | 'not_here'
  | 'signature'
  | 'issuer'
  | 'audience'
  /** A claim is missing or cannot be believed. */
  | 'claims'
  /** Whoever was asked about it says that it does not hold. */
  | 'inactive'
  /** It could not be found out. */
  | 'failed';

export type Event =
  | {
      readonly type: 'call';
      /** The id that the client was told; `''` where there are no requests. */
      readonly requestId: string;
      readonly method: string;
      readonly endpoint: string;
      readonly server: string;
      readonly principal: string;
      readonly rule: string;
      readonly outcome: 'ok' | ErrorCode;
      readonly durationMs: number;
    }
  | { readonly type: 'limit_hit'; readonly limit: LimitName; readonly principal: string }
  /** A credential was refused, or its bearer let wait (`slowed`) because too many were. */
  | {
      readonly type: 'credential_refused';
      readonly why: RefusedWhy;
      readonly address: string;
      readonly slowed: boolean;
    }
  /** What somebody had open was ended, because the credential that it was opened with does not hold any more. */
  | { readonly type: 'credential_ended'; readonly why: 'expired' | 'revoked'; readonly principal: string }
  /** A key of the store was used; told at most once a minute of each, and not of each at all when there are too many. */
  | { readonly type: 'credential_used'; readonly key: string; readonly atMs: number }
  | { readonly type: 'server_state'; readonly server: string; readonly state: string; readonly reason: string }
  | {
      readonly type: 'oddity';
      readonly server: string;
      readonly what: string;
      readonly internal: object;
      readonly times?: number;
    };

/** Takes an event and never throws or waits. */
export type Emit = (event: Event) => void;
