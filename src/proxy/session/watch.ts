/*
 * A caller's watch on resources or tasks of one server: kept until it is cancelled, whatever becomes of the conversation with the
 * server meanwhile, and however that server is told what is watched.
 *
 * What was agreed to and lost is asked for anew soon, however often that happens. Where it is not agreed to, it is asked for
 * ever more rarely, but again when the server is back: a call that finds the server must not find it unwatched.
 */
import type { Cancellation } from '../../model/cancellation.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { facing } from '../route/route.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Link } from '../upstream/link.ts';
import type { Caller } from '../upstream/links.ts';
import type { Openings } from '../upstream/openings.ts';
import type { Upstream } from '../upstream/upstream.ts';

type Watchable = Pick<Upstream, 'linkFor' | 'knownLink' | 'ready' | 'reachable' | 'speaks' | 'meet'> & {
  readonly healing: { readonly openings: Openings };
};

export interface Watch {
  /** Undefined when there is no such server any more. */
  readonly upstream: () => Watchable | undefined;
  readonly caller: Caller;
  readonly of: 'resources' | 'tasks';
  /** URIs, or ids of tasks, as the server knows them. */
  readonly uris: readonly string[];
  readonly onUpdate: (update: Message) => void;
  readonly cancellation: Cancellation;
  readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>;
}

/** Also how long a server that comes and goes is left alone at least. */
const RETRY_MS = 500;
const RETRY_MAX_MS = 30_000;

/**
 * Gives the URIs that the server agrees to tell of, and from then on keeps those watched. Rejects when the server cannot
 * be asked now: it is asked again nevertheless, until the watch is cancelled.
 */
export function watch(wanted: Watch): Promise<readonly string[]> {
  const first = Promise.withResolvers<readonly string[]>();
  first.promise.catch(() => {});
  void keep(wanted, first);
  return first.promise;
}

type First = PromiseWithResolvers<readonly string[]>;

async function keep(wanted: Watch, first: First): Promise<void> {
  const { cancellation } = wanted;
  // What was agreed to at first is asked for again, even when it was refused meanwhile: a server may be on its way up.
  let agreed: readonly string[] | undefined;
  let waitMs = RETRY_MS;
  const onAgreed = (uris: readonly string[]) => {
    agreed ??= uris;
    first.resolve(uris);
    if (uris.length === 0) throw new GatewayError('resource_unknown');
    waitMs = RETRY_MS;
  };
  while (!cancellation.cancelled && agreed?.length !== 0) {
    try {
      await once({ ...wanted, uris: agreed ?? wanted.uris }, await linkOf(wanted), onAgreed);
    } catch (thrown) {
      first.reject(thrown);
    }
    await rest(wanted, waitMs);
    waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
  }
}

/** Waits for the server, and for what it speaks to this client, which a restart may have changed. */
async function linkOf({ upstream, caller, cancellation }: Watch): Promise<Link> {
  const found = upstream();
  if (!found) throw new GatewayError('upstream_down');
  if (!found.reachable) await found.ready(cancellation);
  if (found.speaks(caller.codec) === undefined) await cancellation.race(found.meet(caller));
  const known = linkNow(found, caller);
  // The gateway's own conversation is needed and rests.
  if (!known) await found.ready(cancellation);
  const link = known ?? linkNow(found, caller);
  if (!link) throw new GatewayError('upstream_down');
  return link;
}

function linkNow(found: Watchable, caller: Caller): Link | undefined {
  return found.linkFor(facing(found, caller));
}

/** Until the link ends, the watch is cancelled, or the server cannot be asked. */
async function once(
  { of, uris, onUpdate, cancellation }: Pick<Watch, 'of' | 'uris' | 'onUpdate' | 'cancellation'>,
  link: Pick<Link, 'watched'>,
  onAgreed: (uris: readonly string[]) => void,
): Promise<void> {
  const dropped = Promise.withResolvers<void>();
  const watcher = { updated: onUpdate, dropped: dropped.resolve };
  const subscriptions = link.watched[of];
  try {
    const told = Promise.allSettled(uris.map((uri) => subscriptions.add(uri, watcher)));
    const outcomes = await cancellation.race(told);
    const failed = outcomes.map(failureOf).find((failure) => failure && failure.code !== 'resource_unknown');
    if (failed) throw failed;
    onAgreed(uris.filter((_, at) => outcomes[at]?.status === 'fulfilled'));
    await cancellation.race(dropped.promise);
  } finally {
    for (const uri of uris) subscriptions.remove(uri, watcher).catch(() => {});
  }
}

function failureOf(outcome: PromiseSettledResult<void>): GatewayError | undefined {
  return outcome.status === 'rejected' ? toGatewayError(outcome.reason) : undefined;
}

/** Until it is time, or the conversation over which it is watched can begin. */
async function rest({ upstream, caller, wheel, cancellation }: Watch, ms: number): Promise<void> {
  const found = upstream();
  const enough = wheel.sleep(ms);
  const unlisten = [
    cancellation.onCancel(enough.wake),
    found?.healing.openings.listen((link, isOwn) => {
      if (isOwn || link === found.knownLink(facing(found, caller))) enough.wake();
    }),
  ];
  const least = wheel.sleep(RETRY_MS);
  unlisten.push(cancellation.onCancel(least.wake));
  await Promise.all([enough.done, least.done]);
  for (const stop of unlisten) stop?.();
}
