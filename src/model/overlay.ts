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
  /**
   * Whose every credential is refused, and what they have open ends: `killedAs` writes them. `user:{name}` is a stored user,
   * with all keys of theirs. Ask by `isKilled`.
   */
  readonly principals: ReadonlySet<string>;
  /** The ids that stand in keys, of the file and of the store. */
  readonly keys: ReadonlySet<string>;
}

export const NO_OVERLAY: Overlay = { servers: new Map(), tools: new Set(), principals: new Set(), keys: new Set() };

/**
 * How a principal stands in `Overlay.principals`: of one organisation, because who manages that one takes nothing away in
 * another; of all where no organisation is named.
 */
export function killedAs(id: string, organisation: string | undefined): string {
  return organisation === undefined ? id : JSON.stringify([organisation, id]);
}

/** `ids`: all by which the credential's holder is known: its principal, and the user whose it is. */
export function isKilled({ principals }: Overlay, organisation: string, ids: readonly string[]): boolean {
  if (principals.size === 0) return false;
  return ids.some((id) => principals.has(id) || principals.has(killedAs(id, organisation)));
}
