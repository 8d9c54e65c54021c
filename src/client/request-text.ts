/*
 * The text of a request, put together from members that are JSON text already: what a person typed as JSON goes out as it
 * was typed, big numbers included.
 */

export function requestText(
  id: number,
  method: string,
  params: Readonly<Record<string, string>>,
  meta: Readonly<Record<string, unknown>>,
): string {
  const members = Object.entries({ ...params, _meta: JSON.stringify(meta) });
  const text = members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',');
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":{${text}}}`;
}

/** Header fields of every POST to an endpoint. */
export const POST_HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
} as const;

/** Servers may ask a person to fill in a form, and nothing else. An empty object means forms (Client › Elicitation). */
export function capabilities(canAsk: boolean): Readonly<Record<string, object>> {
  return canAsk ? { elicitation: {} } : {};
}
