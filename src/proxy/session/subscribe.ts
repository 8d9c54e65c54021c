/*
 * Answers `resources/subscribe` and `unsubscribe` (2025-11-25, Resources › Subscriptions): the session's watch on a link.
 *
 * Updates come back under the name by which the client knows the resource, on the session's GET stream. A session that
 * ends takes its watches with it.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { readString } from '../../wire/json/members.ts';
import { splice } from '../../wire/json/splice.ts';
import { publicUri } from '../policy/naming.ts';
import { ownReply } from '../reply/encode.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';

export async function subscribeReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const session = parts.sessions.byId(call.sessionId);
  const { way, target } = call;
  if (!session || !way || !target) throw new GatewayError('resource_unknown');
  const uri = askedUri(call);
  if (session.hasSubscription(uri)) return ownReply(call, '{}');
  const watcher = (update: Message) => session.stream?.send(renamed(call, update));
  const { subscriptions } = way.link;
  const remove = () => {
    subscriptions.remove(target.key, watcher).catch(() => {});
  };
  if (!session.subscribed(uri, remove, parts.limits().subscriptionsPerClientMax)) {
    throw tooManySubscriptions();
  }
  try {
    await subscriptions.add(target.key, watcher);
  } catch (thrown) {
    session.unsubscribe(uri);
    throw thrown;
  }
  return ownReply(call, '{}');
}

export function unsubscribeReply(call: RoutedCall, parts: ServeParts): Reply {
  parts.sessions.byId(call.sessionId)?.unsubscribe(askedUri(call));
  return ownReply(call, '{}');
}

/** Room comes when the client gives something up; nobody knows when. */
export function tooManySubscriptions(): GatewayError {
  const limit = 'subscriptionsPerClientMax';
  return new GatewayError('over_limit', { say: 'Too many subscriptions.', limit, retryAfterSeconds: 10 });
}

function askedUri(call: RoutedCall): string {
  const span = call.message.params?.uri;
  return span ? readString(call.message.bytes, span) : '';
}

/** The update may name a sub-resource, so it is mapped from its own URI. */
function renamed(call: RoutedCall, update: Message): Buffer {
  const span = update.params?.uri;
  if (!span || !call.target) return update.bytes;
  const key = readString(update.bytes, span);
  const shown = publicUri(call.endpointDefinition.naming, call.target.server, key);
  return shown === key ? update.bytes : splice(update.bytes, [{ ...span, put: JSON.stringify(shown) }]);
}
