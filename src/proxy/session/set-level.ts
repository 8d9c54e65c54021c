/*
 * Answers `logging/setLevel` (2025-11-25, Logging). The level belongs to the session; it reaches a server with the next
 * call over a link that is not that talkative yet, and lines below it are held back on the way to the client.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Reply } from '../../model/reply.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { ownReply } from '../reply/encode.ts';
import type { RoutedCall } from '../route/route.ts';
import { LOG_LEVELS } from '../upstream/log-level.ts';
import type { Sessions } from './sessions.ts';

export function setLevelReply(call: RoutedCall, sessions: Sessions): Reply {
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, 'level')?.value;
  const level = span && readValue(bytes, span);
  if (typeof level !== 'string' || !(LOG_LEVELS as readonly string[]).includes(level)) {
    throw new GatewayError('params_invalid', { say: `params.level must be one of ${LOG_LEVELS.join(', ')}.` });
  }
  const session = sessions.byId(call.sessionId);
  if (session) session.client = { ...session.client, logLevel: level };
  return ownReply(call, '{}');
}
