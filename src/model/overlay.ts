/*
 * The runtime overlay: what was switched off while the gateway runs, of what the file defines or what is stored. It only
 * ever takes away.
 */

/** `disabled`: as if it were not there. `maintenance`: there, and says so; its calls are refused for now. */
export type ServerSwitch = 'disabled' | 'maintenance';

export interface Overlay {
  /** By the name of the server in the snapshot. */
  readonly servers: ReadonlyMap<string, { readonly state: ServerSwitch; readonly reason: string }>;
  /** `server.tool`, as the server calls it. */
  readonly tools: ReadonlySet<string>;
  /** Ids of principals: every credential of theirs is refused, what they have open ends. `user:{name}` for a stored user. */
  readonly principals: ReadonlySet<string>;
  /** The ids that stand in keys, of the file and of the store. */
  readonly keys: ReadonlySet<string>;
}

export const NO_OVERLAY: Overlay = { servers: new Map(), tools: new Set(), principals: new Set(), keys: new Set() };
