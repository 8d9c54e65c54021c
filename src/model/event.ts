/*
 * What the data plane tells upwards: plain data, bounded, losses counted. The counters of `ops/` and, later, audit and
 * usage are made from these.
 */
import type { ErrorCode } from './errors.ts';
import type { LimitName } from './limits.ts';

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
