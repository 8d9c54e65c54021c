/*
 * Answers `logging/setLevel` (2025-11-25, Logging). The level belongs to the session. An older server learns it with the
 * next call over a link that is not that talkative yet, a newer one with every call; lines below it are held back on the way
 * to the client. Where no server has any lines there is no such method.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { ownReply } from '../reply/encode.ts';
import { mayLog } from '../reply/endpoint-facts.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import { checkedLevel } from '../upstream/log-level.ts';

export function setLevelReply(call: RoutedCall, { views, sessions }: ServeParts): Reply {
  const view = views.seenBy(call);
  if (!view || !mayLog(view, codecOf(call.revision))) {
    throw new GatewayError('method_unknown', { say: 'No server of this endpoint sends log messages.' });
  }
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, 'level')?.value;
  const logLevel = checkedLevel(span && readValue(bytes, span));
  const session = sessions.byId(call.sessionId);
  if (session) session.client = { ...session.client, logLevel };
  return ownReply(call, '{}');
}
