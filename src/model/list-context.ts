/*
 * In whose eyes a list was read. A server may show different callers different lists: by the credential that we present for
 * them, by what their clients can do, and, where a caller has a process or a session of its own, by what happened in that.
 */
import type { CacheHint } from './catalogue.ts';

export interface ListContext {
  readonly server: string;
  /** Names the credential presented and its version; `''` is the server's configured one, with which all callers go out. */
  readonly credential: string;
  /** Fingerprint of the client capabilities offered; `''` for none. */
  readonly capabilities: string;
  /** Whose the conversation is; `''` for everybody's. */
  readonly holder: string;
  /** How those clients read questions: a server of two eras is another one in each. Says nothing where none are offered. */
  readonly asks: 'requests' | 'results';
}

/** Names all callers who share a view: one string for each kind of client of one caller. */
export function viewerOf({ credential, capabilities, holder, asks }: Omit<ListContext, 'server'>): string {
  return JSON.stringify([credential, holder, capabilities, capabilities === '' ? '' : asks]);
}

/** Whether a list of this scope that was read in one context may be shown in another (Server › Utilities › Caching). */
export function mayShow(scope: CacheHint['scope'], read: ListContext, shown: ListContext): boolean {
  if (read.server !== shown.server) return false;
  if (scope === 'public') return true;
  if (read.credential !== shown.credential) return false;
  return read.holder === '' || viewerOf(read) === viewerOf(shown);
}
