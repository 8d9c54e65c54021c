/*
 * Who says what in which revision, where a message comes without a head: the request's own words, else those of the session
 * that was opened on the same stream.
 */
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Revision } from '../../model/revision.ts';
import { SESSIONFUL } from '../../wire/codecs.ts';
import { describedInBody, statedInBody } from '../../wire/inbound.ts';
import { readEnvelope } from '../../wire/rev2026-07-28/inbound.ts';
import type { Session } from '../session/session.ts';

export interface Told extends Pick<Call, 'message' | 'revision' | 'client'> {
  readonly session: Session | undefined;
}

const NO_FACTS: Call['client'] = { capabilities: '{}', fingerprint: '', info: undefined, logLevel: undefined };

/** Throws `version_unsupported`, `meta_incomplete`, `session_missing`. */
export function toldOn(session: Session | undefined, message: Message): Told {
  const described = describedInBody(message);
  if (described) {
    const client = readEnvelope(message.bytes, described.meta);
    return { message, revision: described.revision, client, session: undefined };
  }
  if (session) return ofSession(session, message);
  // Before the session there may be pings (2025-11-25, Lifecycle › Initialization).
  if (message.method !== 'initialize' && message.method !== 'ping') {
    throw new GatewayError('session_missing', {
      say: 'Send initialize first, or say in params._meta which protocol version the request speaks.',
    });
  }
  return { message, revision: SESSIONFUL[0] as Revision, client: NO_FACTS, session: undefined };
}

/** The same where a session must be: HTTP+SSE ended long before requests described themselves. */
export function toldInSession(session: Session | undefined, message: Message): Told {
  const requested = statedInBody(message);
  if (requested === undefined) return toldOn(session, message);
  throw new GatewayError('version_unsupported', {
    say: 'Requests that describe themselves are not served over HTTP+SSE: send them to /mcp, or initialize here.',
    data: { supported: SESSIONFUL, requested },
  });
}

export function ofSession(session: Session, message: Message): Told {
  return { message, revision: session.revision, client: session.client, session };
}
