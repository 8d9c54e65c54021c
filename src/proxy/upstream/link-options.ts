/*
 * What a link is made of, and what it tells those who made it.
 */
import type { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { ConversationOptions } from './conversation.ts';
import type { IncomingEvents } from './link-incoming.ts';

export interface LinkEvents extends IncomingEvents {
  /** The conversation is open; told again when it was opened anew. */
  readonly onOpened: () => void;
  readonly onReopened: () => void;
  /** The server forgot it and wants no other one. */
  readonly onNotReopened: (error: GatewayError) => Promise<void>;
  /** What the server does does not fit; tells whether it turned out to be another server, which has been met anew. */
  readonly onDoubt: (refusesVersion: boolean) => Promise<boolean>;
  /** A result says that it is from this server (JSON text); looked at now and then. */
  readonly onIdentity: (serverInfo: string) => void;
  /** It ended by itself. */
  readonly onLost: (reason: string) => void;
}

export interface LinkOptions extends ConversationOptions {
  readonly server: string;
  /** Whether clients of several principals speak over it. */
  readonly shared: boolean;
  readonly limits: Limits;
  readonly wheel: TimerWheel;
  readonly events: LinkEvents;
}
