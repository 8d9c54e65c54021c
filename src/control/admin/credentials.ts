/*
 * Who somebody is by what they show: the token of a session, or an API key. Handed in by who keeps them.
 */

/** By a good credential; what they may do is worked out from the roles. */
export interface Known {
  readonly by: 'session' | 'key';
  /** `user:{username}` or `key:{id}`. */
  readonly id: string;
  readonly userId: string | undefined;
  readonly username: string;
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly sessionId: string | undefined;
  /** May do nothing but change the password. */
  readonly mustChangePassword: boolean;
  /** What a key may do of the admin API; a session may do all that its user may. */
  readonly api: readonly ('read' | 'write')[];
}

export interface Credentials {
  /** Undefined for a token that is not good, for whatever reason. May throw `AdminError` `unavailable`. */
  session(token: string): Promise<Known | undefined> | Known | undefined;
  /** The same for the text of a key. */
  key(text: string): Promise<Known | undefined> | Known | undefined;
}

/** RFC 6750 §2.1; nothing else is looked at: no cookie, no query. */
export function bearerOf(field: string | undefined): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/=-]{1,8192})$/i.exec(field ?? '')?.[1];
}

const KEY = /^gwk_/;

export function knownBy(credentials: Credentials, field: string | undefined): Promise<Known | undefined> {
  const shown = bearerOf(field);
  if (shown === undefined) return Promise.resolve(undefined);
  return Promise.resolve(KEY.test(shown) ? credentials.key(shown) : credentials.session(shown));
}
