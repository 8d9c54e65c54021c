/*
 * What operators are told of a gateway that runs: what its servers offer, how they are, who has something open, and whether
 * an address answers as a server before anybody relies on it. Plain data; for the operator, and for nobody else.
 */

import type { DoorName } from './call.ts';
import type { EntryKind, ServerState } from './catalogue.ts';
import type { ServerSwitch } from './overlay.ts';

/** One organisation's part; everything when it is undefined. */
export interface LiveFilter {
  readonly organisation?: string | undefined;
}

export interface ToolReport {
  /** As the server calls it. */
  readonly name: string;
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** The whole entry as the server wrote it, parsed: `inputSchema`, `annotations` and whatever else it says. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** The kill switch holds it. */
  readonly killed: boolean;
}

export interface ToolsReport {
  readonly server: string;
  /** Of the lists as they are: 0 for a server that was never reached. */
  readonly version: number;
  readonly tools: readonly ToolReport[];
}

/** What somebody has open: a session of an older client, or a listen stream of a newer one, which has no session. */
export interface SessionReport {
  /** A name for operators alone; the client's own id of its session is told to nobody. */
  readonly id: string;
  readonly kind: 'session' | 'stream';
  readonly principal: string;
  readonly user: string | undefined;
  readonly organisation: string;
  /** `''` is the default one. */
  readonly endpoint: string;
  readonly door: DoorName;
  readonly revision: string;
  /** What the client says it is, as far as it says it; never to be trusted. */
  readonly client: { readonly name: string; readonly version: string } | undefined;
  /** Wall clock. */
  readonly openedAtMs: number;
  readonly usedAtMs: number;
  /** Open streams. */
  readonly streams: number;
  readonly callsInFlight: number;
}

export interface SessionsReport {
  /** The newest first. */
  readonly sessions: readonly SessionReport[];
  /** How many there are, of which no more are told than were asked for. */
  readonly total: number;
}

export interface SessionsFilter extends LiveFilter {
  /** Id of a principal. */
  readonly principal?: string | undefined;
  readonly endpoint?: string | undefined;
  /** At most 1000, which is the default, too. */
  readonly limit?: number | undefined;
}

export interface UpstreamReport {
  readonly server: string;
  readonly organisation: string;
  readonly owner: string | undefined;
  readonly transport: 'stdio' | 'http' | 'sse';
  /** The switch of the overlay, where there is one, before what the server itself is. */
  readonly state: ServerState | ServerSwitch;
  /** Why it is not `ready`; `''` otherwise. */
  readonly reason: string;
  /** Wall clock: since when the server itself is so, the switch aside. */
  readonly sinceMs: number;
  readonly revision: string | undefined;
  readonly callsInFlight: number;
  /** Conversations that are open, the gateway's own among them. */
  readonly conversations: number;
  readonly processes: number;
  readonly counts: Readonly<Record<EntryKind, number>>;
}

/**
 * Why a server could not be tried. `refused`: by the rules for addresses, before there was a connection. `unreachable`: no
 * more is told, whether a port is closed, silent or no HTTP, so that nobody scans a network with it.
 */
export type TrialFailure = 'refused' | 'unreachable' | 'credentials' | 'invalid' | 'cancelled';

export type Trial =
  | {
      readonly ok: true;
      readonly transport: 'stdio' | 'http' | 'sse';
      readonly revision: string;
      /** The `Implementation` object of the server. */
      readonly serverInfo: Readonly<Record<string, unknown>>;
      readonly counts: Readonly<Record<EntryKind, number>>;
      readonly durationMs: number;
    }
  | { readonly ok: false; readonly reason: TrialFailure; readonly say: string };
