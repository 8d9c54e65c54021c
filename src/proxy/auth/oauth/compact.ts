/*
 * A JWT as it was presented, read without any check: to know whose key could have signed it, and to refuse at once what no
 * signature could make good. Nothing that is read here is believed (RFC 8725 §3.8 and §3.9 come after it).
 */

export type Claims = Readonly<Record<string, unknown>>;

/** The two JSON objects of a compact JWS (RFC 7515 §7.1). */
export interface Presented {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Claims;
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*$/;

/** Reads the same token twice for the price of once: first whether it is one, and at once after that what it says. */
export function compactReader(): (token: string) => Presented | undefined {
  let last = '';
  let read: Presented | undefined;
  return (token) => {
    if (token !== last) {
      last = token;
      read = readCompact(token);
    }
    return read;
  };
}

export function readCompact(token: string): Presented | undefined {
  const parts = COMPACT.exec(token);
  if (!parts) return undefined;
  const header = objectOf(parts[1]);
  const claims = header && objectOf(parts[2]);
  return header && claims && { header, claims };
}

function objectOf(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
