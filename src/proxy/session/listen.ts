/*
 * Answers `subscriptions/listen` (MCP 2026-07-28, Subscriptions): a stream that first says what it will carry, then only
 * that, each message with the id of the listen request, and that ends with an empty result when the gateway ends it.
 *
 * List changes come from the gateway's own catalogue, so every server's reach every client. Resource updates are watched
 * for at the server that has the resource (watch.ts), which is asked before the client is told what was agreed to.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { isShown } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { META, notificationText } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { publicUri } from '../policy/naming.ts';
import { admitUnlisted } from '../policy/unlisted.ts';
import type { View } from '../policy/view.ts';
import { idText, ownReply } from '../reply/encode.ts';
import { endpointFacts, identityOf, spokenTo } from '../reply/endpoint-facts.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import type { ChangedKind } from './hub.ts';
import { tooManySubscriptions } from './subscribe.ts';
import { updateFor } from './update.ts';
import { watch } from './watch.ts';

/** What was asked for, as far as the endpoint has it. */
interface Filter {
  readonly kinds: ReadonlySet<ChangedKind>;
  readonly watched: readonly Watched[];
}

interface Watched {
  /** As the client knows it. */
  readonly uri: string;
  readonly server: string;
  /** As the server knows it. */
  readonly key: string;
}

export async function listenReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const view = parts.views.of(call.endpoint, call.principal);
  if (!view) throw new GatewayError('endpoint_unknown');
  const filter = filterOf(call, view, parts);
  const leave = parts.streams.enter(call.principal);
  const upstream = new Cancellation();
  const unlisten: (() => void)[] = [leave, () => upstream.cancel(new GatewayError('call_cancelled'))];
  try {
    const stream = new ListenStream(call);
    const watched = await call.cancellation.race(agreedUris(call, parts, { filter, upstream, stream }));
    stream.acknowledge(filter.kinds, watched);
    const changed = (kind: ChangedKind) => filter.kinds.has(kind) && stream.send(`notifications/${kind}/list_changed`);
    unlisten.push(parts.hub.listen({ endpoint: call.endpoint, changed }));
    await parts.streams.drained(call.cancellation);
  } finally {
    for (const stop of unlisten) stop();
  }
  const meta = `"${META}subscriptionId":${idText(call.message)}`;
  return ownReply(call, codecOf(call.revision).ownResult('', { serverInfo: identityOf(view, parts.identity), meta }));
}

/** What the client reads: first what is agreed to, and nothing before that. */
class ListenStream {
  readonly #call: RoutedCall;
  #isOpen = false;

  constructor(call: RoutedCall) {
    this.#call = call;
  }

  acknowledge(kinds: ReadonlySet<ChangedKind>, resourceSubscriptions: readonly string[]): void {
    const agreed: Record<string, unknown> = {};
    for (const kind of kinds) agreed[`${kind}ListChanged`] = true;
    if (resourceSubscriptions.length > 0) agreed.resourceSubscriptions = resourceSubscriptions;
    this.send('notifications/subscriptions/acknowledged', `"notifications":${JSON.stringify(agreed)},`);
    this.#isOpen = true;
  }

  send(method: string, members = ''): void {
    const stamp = `"_meta":{"${META}subscriptionId":${this.id}}`;
    this.#call.outlet.notify(Buffer.from(notificationText(method, `{${members}${stamp}}`)));
  }

  /** Whoever reads a resource after the acknowledgement has missed nothing of what came before it. */
  update(update: Message, shown: (uri: string) => string): void {
    if (this.#isOpen) this.#call.outlet.notify(updateFor(update, { shown, subscriptionId: this.id }));
  }

  get id(): string {
    return idText(this.#call.message);
  }
}

function filterOf(call: RoutedCall, view: View, parts: ServeParts): Filter {
  const { bytes, params } = call.message;
  const span = params && memberOf(bytes, params.self, 'notifications')?.value;
  if (!span || bytes[span.start] !== 0x7b) {
    throw new GatewayError('params_invalid', { say: 'params.notifications must be an object.' });
  }
  const asked = readValue(bytes, span) as Record<string, unknown>;
  const { capabilities } = endpointFacts(view, { codec: codecOf(call.revision), capabilities: '{}' }, parts);
  const kinds = new Set<ChangedKind>();
  for (const kind of ['tools', 'prompts', 'resources'] as const) {
    const has = (capabilities[kind] as { listChanged?: boolean } | undefined)?.listChanged === true;
    if (asked[`${kind}ListChanged`] === true && has) kinds.add(kind);
  }
  return { kinds, watched: watchedOf(asked.resourceSubscriptions, call, view, parts) };
}

function watchedOf(asked: unknown, call: RoutedCall, view: View, parts: ServeParts): readonly Watched[] {
  if (asked === undefined) return [];
  if (!Array.isArray(asked) || !asked.every((uri) => typeof uri === 'string')) {
    throw new GatewayError('params_invalid', { say: 'params.notifications.resourceSubscriptions must be URIs.' });
  }
  if (asked.length > parts.limits().subscriptionsPerClientMax) throw tooManySubscriptions();
  const { names } = view.lists.resources;
  return [...new Set<string>(asked)].flatMap((uri) => {
    const { target } = names.get(uri) ?? admitUnlisted(view, 'resources', uri, call.principal) ?? {};
    return target && canWatch(target.server, call, view) ? [{ uri, server: target.server, key: target.key }] : [];
  });
}

function canWatch(server: string, call: RoutedCall, view: View): boolean {
  const visible = view.servers.find(({ definition }) => definition.name === server);
  if (!visible || !isShown(visible.catalogue) || visible.catalogue.revision === undefined) return false;
  const { capabilities } = spokenTo(visible, codecOf(call.revision));
  return (capabilities.resources as { subscribe?: boolean } | undefined)?.subscribe === true;
}

interface Agreeing {
  readonly filter: Filter;
  readonly upstream: Cancellation;
  readonly stream: ListenStream;
}

/**
 * What the servers agree to watch, as the client asked for it. What a server that is away, or slow, has not refused is
 * agreed to: it is asked again. Rejects when there is no room: no stream is promised where none can be opened.
 */
async function agreedUris(call: RoutedCall, parts: ServeParts, listen: Agreeing): Promise<readonly string[]> {
  const { watched } = listen.filter;
  const refused = await Promise.all(
    [...new Set(watched.map(({ server }) => server))].map((server) => refusedBy(server, call, parts, listen)),
  );
  return watched.filter((each) => !refused.some((one) => one.has(each))).map(({ uri }) => uri);
}

async function refusedBy(
  server: string,
  call: RoutedCall,
  { upstreams, wheel }: ServeParts,
  { filter, upstream, stream }: Agreeing,
): Promise<ReadonlySet<Watched>> {
  const shown = (uri: string) => publicUri(call.endpointDefinition.naming, server, uri);
  const watched = filter.watched.filter((each) => each.server === server);
  const agreeing = watch({
    ...{ wheel, cancellation: upstream, uris: [...new Set(watched.map(({ key }) => key))] },
    upstream: () => upstreams.of(server),
    caller: { principal: call.principal, client: call.client, codec: codecOf(call.revision) },
    onUpdate: (update) => stream.update(update, shown),
  });
  const patience = wheel.sleep(AGREE_MS);
  const late = patience.done.then(() => undefined);
  try {
    const agreed = await Promise.race([agreeing, late]);
    return new Set(agreed ? watched.filter(({ key }) => !agreed.includes(key)) : []);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'over_limit') throw thrown;
    return new Set();
  } finally {
    patience.wake();
  }
}

/** Clients wait for the acknowledgement, so it does not wait for a slow server. */
const AGREE_MS = 2_000;
