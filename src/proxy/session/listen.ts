/*
 * Answers `subscriptions/listen` (MCP 2026-07-28, Subscriptions): a stream that first says what it will carry, then only
 * that, each message with the id of the listen request, and that ends with an empty result when the gateway ends it.
 *
 * List changes come from the gateway's own catalogue, so every server's reach every client. Resource updates are listened
 * for at the server that has the resource (upstream/watches.ts).
 */
import { Cancellation } from '../../model/cancellation.ts';
import { isShown } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { META, notificationText, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { publicUri } from '../policy/naming.ts';
import { admitUnlisted } from '../policy/unlisted.ts';
import type { View } from '../policy/view.ts';
import { idText, ownReply } from '../reply/encode.ts';
import { endpointFacts, identityOf } from '../reply/endpoint-facts.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { ChangedKind } from './hub.ts';
import { tooManySubscriptions } from './subscribe.ts';
import { updateFor } from './update.ts';

interface Filter {
  readonly kinds: ReadonlySet<ChangedKind>;
  /** Server → URIs as the server knows them. */
  readonly watched: ReadonlyMap<string, readonly string[]>;
  /** What is acknowledged. */
  readonly agreed: Readonly<Record<string, unknown>>;
}

export async function listenReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const view = parts.views.of(call.endpoint, call.principal);
  if (!view) throw new GatewayError('endpoint_unknown');
  const filter = filterOf(call, view, parts);
  const leave = parts.streams.enter(call.principal);
  const stamp = `"_meta":{"${META}subscriptionId":${idText(call.message)}}`;
  const send = (method: string, members = '') =>
    call.outlet.notify(Buffer.from(notificationText(method, `{${members}${stamp}}`)));
  send('notifications/subscriptions/acknowledged', `"notifications":${JSON.stringify(filter.agreed)},`);
  const unlisten = parts.hub.listen({
    endpoint: call.endpoint,
    changed: (kind) => filter.kinds.has(kind) && send(`notifications/${kind}/list_changed`),
  });
  const upstream = new Cancellation();
  try {
    watchAll(call, parts, filter, upstream);
    await parts.streams.drained(call.cancellation);
  } finally {
    unlisten();
    leave();
    upstream.cancel(new GatewayError('call_cancelled'));
  }
  const meta = `"${META}subscriptionId":${idText(call.message)}`;
  return ownReply(call, codecOf(call.revision).ownResult('', { serverInfo: identityOf(view, parts.identity), meta }));
}

/** What was asked for, as far as this endpoint has it. */
function filterOf(call: RoutedCall, view: View, parts: ServeParts): Filter {
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, 'notifications')?.value;
  if (!span || bytes[span.start] !== 0x7b) {
    throw new GatewayError('params_invalid', { say: 'params.notifications must be an object.' });
  }
  const asked = readValue(bytes, span) as Record<string, unknown>;
  const { capabilities } = endpointFacts(view, codecOf(call.revision), parts);
  const agreed: Record<string, unknown> = {};
  const kinds = new Set<ChangedKind>();
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    const has = (capabilities[kind] as { listChanged?: boolean } | undefined)?.listChanged === true;
    if (asked[`${kind}ListChanged`] !== true || !has) continue;
    kinds.add(kind);
    agreed[`${kind}ListChanged`] = true;
  }
  const { watched, uris } = watchedOf(asked.resourceSubscriptions, call, view, parts);
  if (uris.length > 0) agreed.resourceSubscriptions = uris;
  return { kinds, watched, agreed };
}

function watchedOf(asked: unknown, call: RoutedCall, view: View, parts: ServeParts) {
  const watched = new Map<string, string[]>();
  const uris: string[] = [];
  if (asked === undefined) return { watched, uris };
  if (!Array.isArray(asked) || !asked.every((uri) => typeof uri === 'string')) {
    throw new GatewayError('params_invalid', { say: 'params.notifications.resourceSubscriptions must be URIs.' });
  }
  if (asked.length > parts.limits().subscriptionsPerClientMax) {
    throw tooManySubscriptions();
  }
  for (const uri of asked) {
    const target = (view.lists.resources.names.get(uri) ?? admitUnlisted(view, 'resources', uri, call.principal))
      ?.target;
    if (!target || !canWatch(target.server, call, view)) continue;
    watched.set(target.server, [...(watched.get(target.server) ?? []), target.key]);
    uris.push(uri);
  }
  return { watched, uris };
}

function canWatch(server: string, call: RoutedCall, view: View): boolean {
  const catalogue = view.servers.find(({ definition }) => definition.name === server)?.catalogue;
  if (!catalogue || !isShown(catalogue) || catalogue.revision === undefined) return false;
  if (!sameEra(codecOf(call.revision), codecOf(catalogue.revision))) return false;
  return (catalogue.capabilities.resources as { subscribe?: boolean } | undefined)?.subscribe === true;
}

/** Throws what `linkFor` and `watch` throw: no stream is promised where none can be opened. */
function watchAll(call: RoutedCall, parts: ServeParts, filter: Filter, cancellation: Cancellation): void {
  const caller = { principal: call.principal, client: call.client, codec: codecOf(call.revision) };
  for (const [server, uris] of filter.watched) {
    const shown = (uri: string) => publicUri(call.endpointDefinition.naming, server, uri);
    const listening = { uris, shown, subscriptionId: idText(call.message) };
    const relay = (message: Message) => {
      const update = updateFor(message, listening);
      if (update) call.outlet.notify(update);
    };
    const watch = () => parts.upstreams.of(server)?.linkFor(caller)?.watches.watch(uris, cancellation, relay);
    void rewatch(parts.wheel, cancellation, watch(), async () => {
      const upstream = parts.upstreams.of(server);
      if (!upstream?.linkFor(caller)) await upstream?.ready(cancellation);
      await watch();
    });
  }
}

const REWATCH_MS = 500;
const REWATCH_MAX_MS = 30_000;

/** A stream that its server ends, by a restart above all, is opened again, ever more rarely, until the client goes. */
async function rewatch(
  wheel: TimerWheel,
  cancellation: Cancellation,
  first: Promise<void> | undefined,
  again: () => Promise<void>,
): Promise<void> {
  let openedMs = wheel.now();
  let waitMs = REWATCH_MS;
  await first?.catch(nothing);
  while (!cancellation.cancelled) {
    if (wheel.now() - openedMs > REWATCH_MAX_MS) waitMs = REWATCH_MS;
    const sleep = wheel.sleep(waitMs);
    const unlisten = cancellation.onCancel(sleep.wake);
    await sleep.done;
    unlisten();
    waitMs = Math.min(waitMs * 2, REWATCH_MAX_MS);
    openedMs = wheel.now();
    if (!cancellation.cancelled) await again().catch(nothing);
  }
}

function nothing(): void {}
