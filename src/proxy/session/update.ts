/*
 * A server's `notifications/resources/updated` as the client of a listen stream gets it (MCP 2026-07-28, Subscriptions):
 * under the client's name for the resource and with the client's own subscription id.
 *
 * The server's message carries the id of our stream, which is nobody's business; and it may be about something that was
 * never asked for, or about nothing. Then the client gets none.
 */
import type { Message, Span } from '../../model/message.ts';
import { META } from '../../wire/codec.ts';
import { memberOf, readString } from '../../wire/json/members.ts';
import { type Edit, replaceMembers, splice } from '../../wire/json/splice.ts';
import { isWithin } from '../upstream/subscriptions.ts';

export interface Listening {
  /** URIs as the server knows them. */
  readonly uris: readonly string[];
  readonly shown: (uri: string) => string;
  /** JSON text. */
  readonly subscriptionId: string;
}

const ID = `${META}subscriptionId`;
const QUOTE = 0x22;
const BRACE_OPEN = 0x7b;

/** Undefined when it is none of this client's. Throws SyntaxError when it cannot be read. */
export function updateFor(message: Message, { uris, shown, subscriptionId }: Listening): Buffer | undefined {
  const { bytes, method, params } = message;
  const span = params?.uri;
  if (method !== 'notifications/resources/updated' || !params || !span || bytes[span.start] !== QUOTE) return undefined;
  const uri = readString(bytes, span);
  if (!uris.some((watched) => isWithin(uri, watched))) return undefined;
  const renamed = { ...span, put: JSON.stringify(shown(uri)) };
  return splice(
    bytes,
    [renamed, ...stamped(bytes, params.self, `"${ID}":${subscriptionId}`)].sort((a, b) => a.start - b.start),
  );
}

function stamped(bytes: Buffer, params: Span, stamp: string): Edit[] {
  const meta = memberOf(bytes, params, '_meta')?.value;
  if (meta && bytes[meta.start] === BRACE_OPEN) return replaceMembers(bytes, meta, [ID], stamp);
  return replaceMembers(bytes, params, ['_meta'], `"_meta":{${stamp}}`);
}
