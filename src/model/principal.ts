/*
 * Who asks. Comes from a verified credential and from nothing else (invariant I4).
 */
export interface Principal {
  /** Unique and stable; part of every cache, pool and session key. */
  readonly id: string;
  readonly kind: 'local' | 'token';
}

/** The user of a loopback gateway without configured authentication. */
export const LOCAL_USER: Principal = { id: 'local', kind: 'local' };
