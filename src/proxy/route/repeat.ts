/*
 * Makes a call once more, where that can do no harm:
 *
 *   not delivered   nobody was there, or what was there refused it before it did anything      always
 *   lost            the connection ended before the answer; the server may have done it all    where the operator allowed it
 *
 * What the operator allows (`repeatCalls: idempotent`) are reads, and tools of which the server says that they change
 * nothing or that twice is like once. Such a call waits until the server is back, no longer than its own time. One of which
 * its client has heard already (progress, a log line, a question), or that answers a question, is not made again: the client
 * would hear it twice, and an answer holds for one question. Never is a call made a third time.
 */
import type { ClientFacts, MeteredCall, Outlet, Target } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Reply } from '../../model/reply.ts';
import type { Repeats } from '../../model/snapshot.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import { grow, type Handler, type Layer } from '../layer.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { RoutedCall } from './route.ts';

export interface RepeatParts {
  readonly upstreams: Upstreams;
  readonly catalogues: Catalogues;
  readonly emit: Emit;
  /** What the call names, as the lists are now. Throws when that is nothing. */
  readonly readmit: (call: MeteredCall) => Target;
}

export const repeat =
  (parts: RepeatParts): Layer<MeteredCall, MeteredCall> =>
  (next) =>
    function repeatLayer(call) {
      const upstream = call.target && parts.upstreams.of(call.target.server);
      if (!upstream) return next(call);
      const first = firstTry(call, upstream.definition.repeatCalls);
      return next(call).catch((thrown: unknown) => again(parts, { call, first, upstream, thrown }, next));
    };

/** A call as it was before it was made, for the rings further in change it. */
interface FirstTry {
  readonly client: ClientFacts;
  readonly target: Target | undefined;
  readonly outlet: Outlet;
  readonly cancellation: Cancellation;
  readonly allowed: Repeats;
  /** The client has heard something of this call. */
  heard: boolean;
}

function firstTry(call: MeteredCall, allowed: Repeats): FirstTry {
  const { client, target, outlet, cancellation } = call;
  const first = { client, target, outlet, cancellation, allowed, heard: false };
  if (allowed === 'never') return first;
  const own = new Cancellation();
  // What ends the link ends this try; what ends the call ends both, whoever says so to which of them.
  cancellation.onCancel((reason) => own.cancel(reason));
  own.onCancel((reason) => reason.code !== 'upstream_lost' && cancellation.cancel(reason));
  grow(call, { cancellation: own, outlet: overheard(outlet, first) });
  return first;
}

function overheard(outlet: Outlet, first: FirstTry): Outlet {
  const { ask } = outlet;
  return {
    notify: (message) => {
      first.heard = true;
      outlet.notify(message);
    },
    ask:
      ask &&
      ((question, cancellation) => {
        first.heard = true;
        return ask.call(outlet, question, cancellation);
      }),
  };
}

interface Failed {
  readonly call: MeteredCall;
  readonly first: FirstTry;
  readonly upstream: Upstream;
  readonly thrown: unknown;
}

async function again(parts: RepeatParts, failed: Failed, next: Handler<MeteredCall>): Promise<Reply> {
  const { call, first, upstream, thrown } = failed;
  const { client, target, outlet, cancellation } = first;
  const { code } = toGatewayError(thrown);
  const wasMade = (call as Partial<RoutedCall>).way !== undefined;
  const undelivered = wasMade && code === 'upstream_down';
  const lost = wasMade && code === 'upstream_lost' && mayRepeat(parts, failed);
  grow(call, { client, target, outlet, cancellation, way: undefined });
  if (cancellation.cancelled || !(undelivered || lost)) throw thrown;
  if (lost) await upstream.healing.back(cancellation);
  else {
    await upstream.healing.looked(cancellation);
    await upstream.ready(cancellation);
  }
  const found = parts.readmit(call);
  // Another server has it now, or the tool is another one.
  if (found.server !== target?.server || (lost && !mayRepeat(parts, failed))) throw thrown;
  parts.emit({
    type: 'oddity',
    server: upstream.name,
    what: 'call made again',
    internal: { method: call.message.method, why: code },
  });
  return next(grow(call, { target: found }));
}

const READS: ReadonlySet<string> = new Set(['resources/read', 'prompts/get', 'completion/complete']);

function mayRepeat({ catalogues }: RepeatParts, { call, first }: Failed): boolean {
  if (first.allowed === 'never' || first.heard || answersQuestion(call)) return false;
  if (call.message.method !== 'tools/call') return READS.has(call.message.method);
  const { server = '', key = '' } = first.target ?? {};
  const entry = catalogues.of(server).lists.tools.byKey.get(key);
  const span = entry && memberOf(entry.bytes, { start: 0, end: entry.bytes.length }, 'annotations')?.value;
  const said: unknown = entry && span ? readValue(entry.bytes, span) : undefined;
  const hints = typeof said === 'object' && said !== null ? (said as Readonly<Record<string, unknown>>) : {};
  return hints.readOnlyHint === true || hints.idempotentHint === true;
}

/** 2026-07-28, Multi Round-Trip Requests: what the client was asked for comes back with the call. */
function answersQuestion({ message: { bytes, params } }: MeteredCall): boolean {
  return ['inputResponses', 'requestState'].some((key) => params && memberOf(bytes, params.self, key));
}
