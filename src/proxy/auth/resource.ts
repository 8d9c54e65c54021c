/*
 * The URL under which an endpoint is known to those who make tokens for it: the audience of a token (RFC 8707 §2), and
 * `resource` in its metadata (RFC 9728 §1.2).
 *
 * It is made of what people decided and never of the Host field of a request (security vectors A-T11): a stranger must not
 * be able to choose for whom a token was made. `/sse` is another way to the same endpoint and has the same URL.
 */

/** The path below which every endpoint has its resource URL. */
const ENDPOINTS = '/mcp';

/** @param endpoint `''` for the default one. */
export function resourcePath(endpoint: string): string {
  return endpoint === '' ? ENDPOINTS : `${ENDPOINTS}/${endpoint}`;
}

/** @param base As `baseUrl` gives it. */
export function resourceUrl(base: string, endpoint: string): string {
  return base + resourcePath(endpoint);
}

/**
 * What all resource URLs begin with, without a slash at its end.
 * @param listener `http(s)://host:port` of the listener, for where no public URL was given.
 */
export function baseUrl(publicUrl: string | undefined, listener: string): string {
  if (publicUrl === undefined) return listener;
  const { origin, pathname } = new URL(publicUrl);
  return origin + pathname.replace(/\/+$/, '');
}
