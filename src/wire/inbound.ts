/*
 * Which revision a client's request speaks. The body decides, never the connection (MCP 2026-07-28, Versioning ›
 * Backward Compatibility):
 *
 *   `_meta` names a version                       → a request that describes itself
 *   header names such a revision, not initialize  → one that forgot to: its envelope is incomplete
 *   anything else                                 → a request of a session
 *
 * On stdio there are no header fields, and the body alone says it.
 */
import { GatewayError } from '../model/errors.ts';
import type { Message } from '../model/message.ts';
import { isRevision, type Revision } from '../model/revision.ts';
import { META, REQUEST_META } from './codec.ts';
import { SELF_DESCRIBING, SESSIONFUL } from './codecs.ts';
import { type Member, membersOf, readString } from './json/members.ts';

/** The header fields that say something about the message. Lower-case names, as node:http gives them. */
export type InboundHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A request that describes itself: its revision, and the members of its `_meta`, read once. */
export interface SelfDescribed {
  readonly revision: Revision;
  readonly meta: readonly Member[];
}

/** Undefined for a message of a session. Throws when the message is certainly neither. */
export function selfDescribed(message: Message, headers: InboundHeaders): SelfDescribed | undefined {
  const header = headers['mcp-protocol-version'];
  const meta = metaOf(message);
  const stated = statedVersion(message.bytes, meta);
  if (stated === undefined) {
    const claims = typeof header === 'string' && isRevision(header) && SELF_DESCRIBING.includes(header);
    if (!claims || message.method === 'initialize') return undefined;
    if (message.kind === 'notification') return { revision: header, meta };
    throw new GatewayError('meta_incomplete', { say: `params._meta must have ${META}protocolVersion.` });
  }
  if (header !== stated) {
    throw new GatewayError('header_mismatch', {
      say: 'Header MCP-Protocol-Version is missing or does not match the body.',
    });
  }
  return { revision: served(stated), meta };
}

/** The same where a message comes without a head. */
export function describedInBody(message: Message): SelfDescribed | undefined {
  const meta = metaOf(message);
  const stated = statedVersion(message.bytes, meta);
  return stated === undefined ? undefined : { revision: served(stated), meta };
}

/** The version that a request which describes itself names, be it served or not. */
export function statedInBody(message: Message): string | undefined {
  return statedVersion(message.bytes, metaOf(message));
}

function metaOf({ bytes, params }: Message): readonly Member[] {
  return params?.meta ? membersOf(bytes, params.meta, REQUEST_META) : [];
}

function served(stated: string): Revision {
  if (isRevision(stated) && SELF_DESCRIBING.includes(stated)) return stated;
  throw new GatewayError('version_unsupported', { data: { supported: SELF_DESCRIBING, requested: stated } });
}

function statedVersion(bytes: Buffer, meta: readonly Member[]): string | undefined {
  const span = meta.find(({ key }) => key === VERSION_KEY)?.value;
  if (!span) return undefined;
  if (bytes[span.start] === 0x22) return readString(bytes, span);
  throw new GatewayError('meta_incomplete', { say: `${VERSION_KEY} must be a string.` });
}
const VERSION_KEY = `${META}protocolVersion`;

/** A session's later requests may name their revision (2025-06-18, Protocol Version Header); one not served is refused. */
export function checkSessionVersion(headers: InboundHeaders): void {
  const header = headers['mcp-protocol-version'];
  if (header === undefined) return;
  if (typeof header === 'string' && isRevision(header) && SESSIONFUL.includes(header)) return;
  throw new GatewayError('version_header', {
    say: `The MCP-Protocol-Version header names a revision not served in a session; served are ${SESSIONFUL.join(', ')}.`,
  });
}
