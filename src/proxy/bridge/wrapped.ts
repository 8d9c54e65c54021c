/*
 * Client and server both carry questions in results; the state that the server gives with them travels sealed.
 *
 * The client gets ours for the server's and brings ours back. Only then, and only for the same request of the same principal
 * at the same endpoint, the server gets its own again, byte for byte. So no client can try one user's state, or one that it
 * made up, on a server that trusts what comes back.
 */
import type { Reply } from '../../model/reply.ts';
import { MAY_ASK } from '../../wire/input-required.ts';
import { readString } from '../../wire/json/members.ts';
import { isTask } from '../../wire/task-ids.ts';
import { stateSpan } from '../../wire/to-input-required.ts';
import { grow } from '../layer.ts';
import { orInvalid } from '../policy/mapped.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import type { Answer } from '../upstream/transport.ts';
import { answered, type BridgeParts } from './bridge.ts';
import { callServer } from './mirrored-anew.ts';
import { OVER, refused } from './states.ts';
import { begunTask } from './tasks.ts';

export async function wrapped(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  const state = call.message.params?.requestState;
  if (!MAY_ASK.has(call.message.method)) return answered(call, way, await way.link.call(call), parts);
  if (!state) return sealedAnswer(call, way, await callServer(call, way, parts), parts);
  const waiting = await parts.states.take(call, state);
  if (waiting.kind !== 'theirs') throw refused(OVER, 'the server has become newer');
  const sent = grow(call, { serverState: waiting.state });
  return sealedAnswer(call, way, await way.link.call(sent), parts);
}

function sealedAnswer(call: RoutedCall, way: Way, answer: Answer, parts: BridgeParts): Reply | Promise<Reply> {
  const { message } = answer;
  if (isTask(message)) return begunTask(call, way, answer, parts);
  const span = stateSpan(message);
  if (!span) return answered(call, way, answer, parts);
  orInvalid(() => readString(message.bytes, span));
  const state = message.bytes.toString('utf8', span.start, span.end);
  const goodForMs = parts.parks.parts.limits().requestStateTimeMs;
  return parts.states
    .give(call, { kind: 'theirs', state }, goodForMs)
    .then((ours) => answered(call, way, answer, parts, [{ ...span, put: `"${ours}"` }]));
}
