/*
 * Chooses the live conversation that a call goes over, and waits for its server while that is starting.
 *
 * Every method crosses protocol eras, so nothing is refused here for that. A server
 * always learns what this client can do, in the way of its own era: with each request, or once, when the conversation that
 * is kept for such clients is opened.
 */
import type { MeteredCall, Target } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { type Codec, opensSession } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { grow, type Layer } from '../layer.ts';
import { refuseMaintained } from '../policy/switched.ts';
import { openingFacts } from '../upstream/fingerprint.ts';
import { checkParamHeaders, makeParamHeaders } from '../upstream/header-params.ts';
import type { Link } from '../upstream/link.ts';
import type { Caller } from '../upstream/links.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

export interface Way {
  readonly upstream: Upstream;
  readonly link: Link;
}

export type RoutedCall = MeteredCall & {
  readonly serverHeaders: readonly string[];
  /** Undefined for what the gateway answers itself. */
  readonly way: Way | undefined;
};

export interface RouteParts {
  readonly snapshot: () => Snapshot;
  readonly upstreams: Upstreams;
  /** What the call names, now that the lists of its server are known. Throws when that is nothing. */
  readonly readmit: (call: MeteredCall) => Target;
}

const NONE: readonly string[] = [];

export const route =
  (parts: RouteParts): Layer<MeteredCall, RoutedCall> =>
  (next) =>
    function routeLayer(call) {
      if (!call.target) return next(grow(call, { way: undefined, serverHeaders: NONE }));
      refuseMaintained(parts.snapshot().overlay, call.target.server);
      const upstream = parts.upstreams.of(call.target.server);
      if (!upstream) throw new GatewayError('upstream_down', { internal: { server: call.target.server } });
      const known = upstream.reachable && upstream.speaks(codecOf(call.revision)) !== undefined;
      const way = known ? wayOf(upstream, call) : undefined;
      if (way?.link.handshake) return next(routed(call, way, call.target));
      upstream.arriving += 1;
      return arrive(parts, upstream, call, call.target)
        .finally(() => {
          upstream.arriving -= 1;
        })
        .then((arrived) => next(arrived));
    };

/** The slow road: the server, its process or the client's conversation with it is still to be opened. */
async function arrive(parts: RouteParts, upstream: Upstream, call: MeteredCall, named: Target): Promise<RoutedCall> {
  let target = named;
  const ready = async () => {
    await upstream.ready(call.cancellation);
    target = parts.readmit(call);
    // Counted and waited for as a call to one server, it does not end up at another.
    if (target.server !== named.server) throw new GatewayError('upstream_down', { internal: { ...named } });
  };
  if (!upstream.reachable) await ready();
  const codec = codecOf(call.revision);
  const { principal, client, cancellation } = call;
  if (upstream.speaks(codec) === undefined) await cancellation.race(upstream.meet({ principal, client, codec }));
  let way = wayOf(upstream, call);
  if (!way) {
    await ready();
    way = wayOf(upstream, call);
  }
  if (!way) throw new GatewayError('upstream_lost', { internal: { server: upstream.name } });
  await cancellation.race(way.link.open());
  return routed(call, way, target);
}

/** Undefined when the gateway's own process is needed and not there. */
function wayOf(upstream: Upstream, call: MeteredCall): Way | undefined {
  const { principal, client, revision } = call;
  const link = upstream.linkFor(facing(upstream, { principal, client, codec: codecOf(revision) }));
  return link && { upstream, link };
}

/** The caller as this server gets to know it: one of the other era is told at the opening what its client can do. */
export function facing(upstream: Pick<Upstream, 'speaks'>, caller: Caller): Caller {
  if (upstream.speaks(caller.codec) !== false || opensSession(caller.codec)) return caller;
  return { ...caller, client: openingFacts(caller.client) };
}

function routed(call: MeteredCall, way: Way, target: Target): RoutedCall {
  const client = codecOf(call.revision);
  const server = way.link.codec;
  return grow(call, { way, target, serverHeaders: mirrored(call, target, client, server) });
}

/** `Mcp-Param-*`: the client's are compared with the body and passed on; for a client that sends none they are made. */
function mirrored(call: MeteredCall, target: Target, client: Codec, server: Codec): readonly string[] {
  const given = client.mirrorsParams ? call.paramHeaders : undefined;
  if (given && target.headerParams.length > 0) checkParamHeaders(target.headerParams, call.message, given);
  if (!server.mirrorsParams) return NONE;
  return given ?? makeParamHeaders(target.headerParams, call.message);
}
