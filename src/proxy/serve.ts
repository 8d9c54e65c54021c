/*
 * The heart of the onion: who answers which method. What is not in this table goes to the server that the call is about.
 */
import { setImmediate } from 'node:timers/promises';
import { type CacheHint, type EntryKind, isShown } from '../model/catalogue.ts';
import { GatewayError } from '../model/errors.ts';
import type { Emit } from '../model/event.ts';
import type { Limits } from '../model/limits.ts';
import type { Reply } from '../model/reply.ts';
import { codecOf } from '../wire/codecs.ts';
import { type BridgeParts, carry } from './bridge/bridge.ts';
import type { Handler } from './layer.ts';
import type { Streams } from './limit/streams.ts';
import { aboutOf } from './policy/pass.ts';
import type { View, Views } from './policy/view.ts';
import { discoverReply } from './reply/discover.ts';
import { ownReply } from './reply/encode.ts';
import { identityOf } from './reply/endpoint-facts.ts';
import { LISTED, listReply } from './reply/list.ts';
import { facing, type RoutedCall } from './route/route.ts';
import type { Hub } from './session/hub.ts';
import { initializeReply } from './session/initialize.ts';
import { listenReply } from './session/listen.ts';
import type { Sessions } from './session/sessions.ts';
import { setLevelReply } from './session/set-level.ts';
import { subscribeReply, unsubscribeReply } from './session/subscribe.ts';
import { isMetAnew } from './upstream/doubts.ts';
import { type Said, UNKNOWN_HINT } from './upstream/freshness.ts';
import type { Upstreams } from './upstream/upstreams.ts';

export interface ServeParts extends BridgeParts {
  readonly views: Views;
  readonly upstreams: Upstreams;
  readonly sessions: Sessions;
  readonly hub: Hub;
  readonly streams: Streams;
  readonly limits: () => Limits;
  readonly emit: Emit;
  /** JSON text of the gateway's own `Implementation` object. */
  readonly identity: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Answerer = (call: RoutedCall, parts: ServeParts) => Reply | Promise<Reply>;

const OWN: ReadonlyMap<string, Answerer> = new Map<string, Answerer>([
  ['initialize', initializeReply],
  [
    'server/discover',
    async (call, parts) =>
      discoverReply(call, await settledView(call, parts), { ...parts, hintOf: hintsOf(parts, 'about') }),
  ],
  ['ping', (call) => ownReply(call, '{}')],
  ['logging/setLevel', setLevelReply],
  ['resources/subscribe', subscribeReply],
  ['resources/unsubscribe', unsubscribeReply],
  ['subscriptions/listen', listenReply],
]);

export const serve = (parts: ServeParts): Handler<RoutedCall> =>
  function serveCall(call) {
    const own = OWN.get(call.message.method) ?? (call.way ? forward : list);
    return Promise.resolve(own(call, parts));
  };

async function list(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const kind = LISTED.get(call.message.method);
  if (!kind) throw new GatewayError('method_unknown');
  const view = await decidedView(call, parts, kind);
  const hintOf = hintsOf(parts, kind);
  return listReply(call, view, kind, {
    ...{ serverInfo: identityOf(view, parts.identity), nowMs: parts.wheel.now(), hintOf },
    about: () => aboutOf(call, parts.now()),
  });
}

const DECIDED_AT_ONCE_MAX = 1_000;

/** A caller with new rights may be decided about ten thousand times, and nobody else waits for all of that. */
async function decidedView(call: RoutedCall, parts: ServeParts, kind: EntryKind): Promise<View> {
  const view = await freshView(call, parts, kind);
  let [decided, waited] = [0, false];
  for (const share of view.lists[kind].undecided) {
    decided += share.usable.length;
    if (decided < DECIDED_AT_ONCE_MAX) continue;
    [decided, waited] = [0, true];
    await setImmediate();
  }
  return waited ? viewOf(call, parts) : view;
}

/** The caller's view, in which nothing is older than it may be. */
async function freshView(call: RoutedCall, parts: ServeParts, kind: EntryKind): Promise<View> {
  const view = await settledView(call, parts);
  const due = view.servers.flatMap(({ definition }) => dueOf(call, parts, view, definition.name, kind));
  if (due.length === 0) return view;
  // Each server has its own time to answer in, and that begins now.
  call.timer.touch();
  await call.cancellation.race(Promise.all(due));
  // A server that was found gone a moment ago has told its state by then.
  await setImmediate();
  return viewOf(call, parts);
}

/** What must be waited for before this server's list may be shown to this caller. */
function dueOf(call: RoutedCall, parts: ServeParts, view: View, server: string, kind: EntryKind): Promise<void>[] {
  const upstream = parts.upstreams.of(server);
  if (!upstream) return [];
  const { principal, client, revision } = call;
  const caller = facing(upstream, { principal, client, codec: codecOf(revision) });
  const alone = view.endpoint.naming === 'transparent';
  return [upstream.offers.due(kind), upstream.offers.dueFor(caller, alone)].filter((due) => due !== undefined);
}

function hintsOf(parts: ServeParts, what: Said): (server: string) => CacheHint {
  return (server) => parts.upstreams.of(server)?.offers.hintOf(what) ?? UNKNOWN_HINT;
}

async function forward(call: RoutedCall, parts: ServeParts): Promise<Reply> {
  const { way } = call;
  if (!way) throw new GatewayError('method_unknown');
  try {
    return await carry(call, way, parts);
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code === 'upstream_down' && !isMetAnew(thrown))
      way.upstream.healing.failed(way.link, thrown.message);
    throw thrown;
  }
}

/** The caller's view; on a server's own endpoint once that server could be reached, for it speaks for nobody else. */
export async function settledView(call: RoutedCall, parts: ServeParts): Promise<View> {
  const view = viewOf(call, parts);
  const [only] = view.servers;
  if (view.endpoint.naming !== 'transparent' || !only || isShown(only.catalogue)) return view;
  if (only.catalogue.state === 'maintenance') throw new GatewayError('upstream_maintenance');
  await parts.upstreams.of(only.definition.name)?.ready(call.cancellation);
  return viewOf(call, parts);
}

function viewOf(call: RoutedCall, parts: ServeParts): View {
  const view = parts.views.seenBy(call);
  if (!view) throw new GatewayError('endpoint_unknown');
  return view;
}
