/*
 * Answers `resources/subscribe` and `unsubscribe` (2025-11-25, Resources › Subscriptions): the session's watch at a server.
 *
 * Updates come back under the name by which the client knows the resource, on the session's GET stream. A session that
 * ends takes its watches with it.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { readString } from '../../wire/json/members.ts';
import { publicUri } from '../policy/naming.ts';
import { stillHolds } from '../policy/pass.ts';
import { ownReply } from '../reply/encode.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import type { Session } from './session.ts';
import { updateFor } from './update.ts';
import { watch } from './watch.ts';

export async function subscribeReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const session = parts.sessions.byId(call.sessionId);
  if (!session || !call.target) throw new GatewayError('resource_unknown');
  const uri = askedUri(call);
  if (session.hasSubscription(uri)) return ownReply(call, '{}');
  const cancellation = new Cancellation();
  const stop = () => cancellation.cancel(new GatewayError('call_cancelled'));
  if (!session.subscribed(uri, stop, parts.limits().subscriptionsPerClientMax)) throw tooManySubscriptions();
  try {
    const agreed = await call.cancellation.race(watchFor(session, call, parts, cancellation));
    if (agreed.length === 0) throw new GatewayError('resource_unknown');
  } catch (thrown) {
    session.unsubscribe(uri);
    throw thrown;
  }
  return ownReply(call, '{}');
}

function watchFor(session: Session, call: RoutedCall, parts: ServeParts, cancellation: Cancellation) {
  const { principal, client, endpointDefinition } = call;
  const { server = '', key = '' } = call.target ?? {};
  const shown = (uri: string) => publicUri(endpointDefinition.naming, server, uri);
  // As who uses the session by now.
  const now = () => ({ ...call, principal: session.principal });
  const holds = (of: string) => stillHolds(parts, now(), { kind: 'resources', server, key: of });
  cancellation.onCancel(parts.hub.onRenewal(() => holds(key) || session.unsubscribe(askedUri(call))));
  return watch({
    ...{ cancellation, wheel: parts.wheel, of: 'resources', uris: [key] },
    upstream: () => parts.upstreams.of(server),
    caller: { principal, client, codec: codecOf(call.revision) },
    onUpdate: (update: Message) => {
      if (holds(updatedUri(update))) session.stream?.send(updateFor(update, { shown, subscriptionId: undefined }));
    },
  });
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

function askedUri({ message }: RoutedCall): string {
  return updatedUri(message);
}

export function updatedUri({ bytes, params }: Message): string {
  return params?.uri ? readString(bytes, params.uri) : '';
}
