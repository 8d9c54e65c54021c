/*
 * Carries a call to its server and the answer back, with the questions that a server asks on the way.
 *
 * A server asks either by a request of its own while the call is open, or by a result that says what is missing, after
 * which the call is made once more. Where both sides ask alike nothing is to be done but pass it on; else one form is turned
 * into the other:
 *
 *   client reads results,  server sends requests ──▶ convert.ts   the call is parked until the client comes back
 *   client reads requests, server sends results  ──▶ unroll.ts    the call is made again with the client's answers
 */
import type { MeteredCall, Target } from '../../model/call.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { Edit } from '../../wire/json/splice.ts';
import { TASK_METHODS } from '../../wire/task-ids.ts';
import { encodeAnswer } from '../reply/encode.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import type { Answer } from '../upstream/transport.ts';
import { convert } from './convert.ts';
import type { Parks } from './parks.ts';
import type { States } from './states.ts';
import { aboutTask, type Tasks } from './tasks.ts';
import { unroll } from './unroll.ts';
import { wrapped } from './wrapped.ts';

export interface BridgeParts {
  readonly parks: Parks;
  readonly states: States;
  readonly tasks: Tasks;
  readonly catalogues: Catalogues;
  readonly wheel: TimerWheel;
  /** What a call names, as the lists are now. Throws when that is nothing. */
  readonly readmit: (call: MeteredCall) => Target;
  /** Throws when the call could not begin any more. */
  readonly recheck: (call: MeteredCall) => void;
}

export function carry(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  const client = codecOf(call.revision);
  if (TASK_METHODS.has(call.message.method)) return aboutTask(call, way, parts);
  if (client.asks === way.link.codec.asks)
    return client.asks === 'results' ? wrapped(call, way, parts) : straight(call, way, parts);
  return client.asks === 'results' ? convert(call, way, parts) : unroll(call, way, parts);
}

async function straight(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  return answered(call, way, await way.link.call(call), parts);
}

/** The server's answer as the client gets it. */
export function answered(
  call: RoutedCall,
  way: Way,
  answer: Answer,
  parts: BridgeParts,
  edits?: readonly Edit[],
): Reply {
  return encodeAnswer(call, answer, way.link.codec, parts.catalogues.of(way.upstream.name).serverInfo, edits);
}
