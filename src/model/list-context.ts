/*
 * In whose eyes a list was read. A server may show different callers different lists: by the credential that we present for
 * them, by what their clients can do, and, where a caller has a process or a session of its own, by what happened in that.
 */
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

/** Names all callers who share a view: one string for each kind of client of one caller. Only the last part may hold any text. */
export function viewerOf({ credential, capabilities, holder, asks }: Omit<ListContext, 'server'>): string {
  return `${capabilities === '' ? '' : asks}\n${capabilities}\n${credential}\n${holder}`;
}
