/*
 * Answers `subscriptions/listen` (MCP 2026-07-28, Subscriptions): a stream that first says what it will carry, then only
 * that, each message with the id of the listen request, and that ends with an empty result when the gateway ends it.
 *
 * List changes come from the gateway's own catalogue, so every server's reach every client. Resource updates are watched
 * for at the server that has the resource (watch.ts), and tasks at theirs, before the client is told what was agreed to.
 */
import { type Credential, credentialOf } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { viewerOf } from '../../model/list-context.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { META, notificationText } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { readString } from '../../wire/json/members.ts';
import { namedTask } from '../../wire/task-ids.ts';
import { publicUri } from '../policy/naming.ts';
import { type Entitled, stillHolds } from '../policy/pass.ts';
import { idText, ownReply } from '../reply/encode.ts';
import { identityOf } from '../reply/endpoint-facts.ts';
import type { RoutedCall } from '../route/route.ts';
import type { ServeParts } from '../serve.ts';
import { contextOf } from '../upstream/variants.ts';
import type { ChangedKind } from './hub.ts';
import { filterOf, type Watched, watchedTasks } from './listen-filter.ts';
import { taskFor, updateFor } from './update.ts';
import { watch } from './watch.ts';

export async function listenReply(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const view = parts.views.seenBy(call);
  if (!view) throw new GatewayError('endpoint_unknown');
  const filter = filterOf(call, view, parts);
  const leave = parts.streams.enter(call.principal);
  const upstream = new Cancellation();
  const unlisten: (() => void)[] = [leave, () => upstream.cancel(new GatewayError('call_cancelled'))];
  try {
    const stream = new ListenStream(call, (entitled) => stillHolds(parts, call, entitled));
    const watched = [...filter.resources, ...(await watchedTasks(filter, call, view, parts))];
    const agreeing = agreedOf(watched, { call, upstream, stream }, parts);
    stream.acknowledge(filter.kinds, await call.cancellation.race(agreeing));
    const changed = (kind: ChangedKind) => filter.kinds.has(kind) && stream.send(`notifications/${kind}/list_changed`);
    unlisten.push(
      parts.hub.listen({
        endpoint: call.endpoint,
        principal: call.principal,
        viewer: viewerOf(contextOf(call)),
        changed,
      }),
    );
    const told = parts.streams.listed(openedBy(call, parts.wheel.now()));
    await parts.streams.drained(call.cancellation, credentialOf(call), rightTo(watched, call, parts), told);
  } finally {
    for (const stop of unlisten) stop();
  }
  const meta = `"${META}subscriptionId":${idText(call.message)}`;
  return ownReply(call, codecOf(call.revision).ownResult('', { serverInfo: identityOf(view, parts.identity), meta }));
}

function openedBy({ principal, endpoint, door, revision, client }: RoutedCall, nowMs: number) {
  return { principal, endpoint, door, revision, client, openedMs: nowMs, lastUsedMs: nowMs };
}

/**
 * Ends when the endpoint exists for the client no more, or it may not follow any more all that it was told the stream
 * carries: then it asks anew.
 */
function rightTo(watched: readonly Watched[], call: RoutedCall, parts: ServeParts): Credential {
  const { endpoint, principal } = call;
  const holds = () =>
    parts.views.has(endpoint, principal) && watched.every(({ entitled }) => stillHolds(parts, call, entitled));
  return { keep: (ended) => parts.hub.onRenewal(() => holds() || ended()) };
}

/** What the client reads: first what is agreed to, and nothing before that. */
class ListenStream {
  readonly #call: RoutedCall;
  readonly #holds: (entitled: Entitled) => boolean;
  #isOpen = false;

  constructor(call: RoutedCall, holds: (entitled: Entitled) => boolean) {
    this.#call = call;
    this.#holds = holds;
  }

  acknowledge(kinds: ReadonlySet<ChangedKind>, watched: readonly Watched[]): void {
    const agreed: Record<string, unknown> = {};
    for (const kind of kinds) agreed[`${kind}ListChanged`] = true;
    for (const [of, name] of [
      ['resources', 'resourceSubscriptions'],
      ['tasks', 'taskIds'],
    ] as const) {
      const given = watched.filter((each) => each.of === of).map((each) => each.given);
      if (given.length > 0) agreed[name] = given;
    }
    this.send('notifications/subscriptions/acknowledged', `"notifications":${JSON.stringify(agreed)},`);
    this.#isOpen = true;
  }

  send(method: string, members = ''): void {
    const stamp = `"_meta":{"${META}subscriptionId":${this.id}}`;
    this.#call.outlet.notify(Buffer.from(notificationText(method, `{${members}${stamp}}`)));
  }

  /** Whoever reads a resource after the acknowledgement has missed nothing of what came before it. */
  update(update: Message, server: string): void {
    const named = update.params?.uri;
    const key = named ? readString(update.bytes, named) : '';
    if (!this.#isOpen || !this.#holds({ kind: 'resources', server, key })) return;
    const { outlet, endpointDefinition } = this.#call;
    const shown = (uri: string) => publicUri(endpointDefinition.naming, server, uri);
    outlet.notify(updateFor(update, { shown, subscriptionId: this.id }));
  }

  /** `group`: the tasks of one server that are followed here. */
  task(update: Message, group: readonly Watched[]): void {
    const named = namedTask(update);
    const key = named && readString(update.bytes, named);
    const { outlet, endpointDefinition } = this.#call;
    for (const { given, server, entitled } of this.#isOpen ? group.filter((each) => each.key === key) : []) {
      if (!this.#holds(entitled)) continue;
      outlet.notify(
        taskFor(update, { given, mapped: { endpointDefinition, target: { server } }, subscriptionId: this.id }),
      );
    }
  }

  get id(): string {
    return idText(this.#call.message);
  }
}

interface Agreeing {
  readonly call: RoutedCall;
  readonly upstream: Cancellation;
  readonly stream: ListenStream;
}

/**
 * What the servers agree to watch. What a server that is away, or slow, has not refused is agreed to: it is asked again.
 * Rejects when there is no room: no stream is promised where none can be opened.
 */
async function agreedOf(
  watched: readonly Watched[],
  agreeing: Agreeing,
  parts: ServeParts,
): Promise<readonly Watched[]> {
  const groups = Map.groupBy(watched, ({ of, server }) => `${of} ${server}`);
  const refused = await Promise.all([...groups.values()].map((group) => refusedOf(group, agreeing, parts)));
  return watched.filter((each) => !refused.some((one) => one.has(each)));
}

/** `group` is of one server and one kind. */
async function refusedOf(
  group: readonly Watched[],
  { call, upstream, stream }: Agreeing,
  { upstreams, wheel }: ServeParts,
): Promise<ReadonlySet<Watched>> {
  const [{ of, server } = { of: 'resources' as const, server: '' }] = group;
  const agreeing = watch({
    ...{ wheel, of, cancellation: upstream, uris: [...new Set(group.map(({ key }) => key))] },
    upstream: () => upstreams.of(server),
    caller: { principal: call.principal, client: call.client, codec: codecOf(call.revision) },
    onUpdate: of === 'tasks' ? (update) => stream.task(update, group) : (update) => stream.update(update, server),
  });
  const patience = wheel.sleep(AGREE_MS);
  const late = patience.done.then(() => undefined);
  try {
    const agreed = await Promise.race([agreeing, late]);
    return new Set(agreed ? group.filter(({ key }) => !agreed.includes(key)) : []);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'over_limit') throw thrown;
    return new Set();
  } finally {
    patience.wake();
  }
}

/** Clients wait for the acknowledgement, so it does not wait for a slow server. */
const AGREE_MS = 2_000;
