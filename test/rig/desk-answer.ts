/*
 * Asking the admin API over HTTP, as tests do: one line for the request, and the envelope with everything about the answer.
 */

export interface Sent {
  readonly body?: unknown;
  /** The version that is named in If-Match. */
  readonly ifMatch?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Told<Data = Anything> {
  readonly status: number;
  readonly code: number;
  /** The name of the error. */
  readonly error: string | undefined;
  readonly message: string;
  readonly data: Data;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
  readonly headers: Headers;
  /** As it came. */
  readonly text: string;
}

/** Whose members may be taken for whatever a test goes on to check; `ask<{…}>` says more. */
export type Anything = Readonly<Record<string, never>>;

/** @param what `GET /api/v1/servers?limit=1` */
export async function askOver<Data = Anything>(
  base: string,
  token: string,
  what: string,
  sent: Sent = {},
): Promise<Told<Data>> {
  const [method = '', path = ''] = what.split(' ');
  const { body, ifMatch, headers = {} } = sent;
  const response = await fetch(`${base}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': `"${ifMatch}"` }),
      ...headers,
    },
  });
  const text = await response.text();
  const { code, error, message, data, errors = [] } = JSON.parse(text) as Told<Data>;
  return { status: response.status, headers: response.headers, code, error, message, data, errors, text };
}
