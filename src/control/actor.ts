/*
 * Who acts on the control plane. Made from a verified credential, and from nothing that a request says of itself.
 */

/** What an actor may do; each role has some (`admin/rights.ts`). */
export type Right =
  /** To see what the organisation has, as far as it is theirs or shown to members. */
  | 'read'
  /** To have objects of their own: servers, toolsets, keys. */
  | 'own'
  /** To manage everything of one organisation. */
  | 'manage'
  /** To manage organisations, and everything of each. */
  | 'system';

export interface Actor {
  /** `user:{username}`, `key:{id}`, `local`; `''` for nobody. */
  readonly id: string;
  /** The row of the user; undefined for the local user and for nobody. */
  readonly userId: string | undefined;
  /** The name under which servers are owned. */
  readonly username: string | undefined;
  /** Where they act, and the only one that they see. */
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly rights: ReadonlySet<Right>;
  /** `key`: may make and change no credentials (T29). */
  readonly by: 'session' | 'key' | 'local' | 'nobody';
  readonly sessionId: string | undefined;
  readonly requestId: string;
  readonly address: string;
}
