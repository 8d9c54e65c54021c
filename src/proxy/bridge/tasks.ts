/*
 * Tasks of servers behind the gateway (io.modelcontextprotocol/tasks): a client knows each by an id of ours, in which the
 * server's own is sealed together with whose task it is.
 *
 * An id opens only for the principal and at the endpoint that it was given to; to anyone else it is the id of no task. It
 * is given once, when the task begins: whatever names the task later names it to a client by the id which that client uses.
 */
import type { PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { holderOf } from '../../model/principal.ts';
import type { Reply } from '../../model/reply.ts';
import { readString } from '../../wire/json/members.ts';
import type { Edit } from '../../wire/json/splice.ts';
import { namedTask, resultTask, TASKS } from '../../wire/task-ids.ts';
import { orInvalid } from '../policy/mapped.ts';
import { hasExtension } from '../reply/extensions.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import type { Answer } from '../upstream/transport.ts';
import { answered, type BridgeParts } from './bridge.ts';
import type { KeyRing } from './key-ring.ts';
import { seal, unseal } from './seal.ts';

/** How long an id is good, whatever its server says about the task. */
export const TASK_IDS_KEPT_MS = 30 * 24 * 60 * 60 * 1000;

export interface Task {
  readonly server: string;
  /** The tool that began it, as the server knows it. */
  readonly tool: string;
  /** As the server knows it. */
  readonly id: string;
}

type Holder = Pick<PermittedCall, 'principal' | 'endpoint'>;

export class Tasks {
  readonly #ring: KeyRing;

  constructor(ring: KeyRing) {
    this.#ring = ring;
  }

  /** The id under which `holder` knows this task. */
  give(holder: Holder, { server, tool, id }: Task): Promise<string> {
    return seal(this.#ring, JSON.stringify([server, tool, id]), placeOf(holder));
  }

  /** Undefined for what is no task of this holder. */
  async take(holder: Holder, given: string): Promise<Task | undefined> {
    const words = await unseal(this.#ring, given, placeOf(holder));
    if (words === undefined) return undefined;
    const [server, tool, id] = JSON.parse(words) as [string, string, string];
    return { server, tool, id };
  }
}

function placeOf({ principal, endpoint }: Holder): string {
  return JSON.stringify(['task', holderOf(principal), endpoint]);
}

/** `tasks/get`, `tasks/update`, `tasks/cancel`: the id was opened when the call was admitted (permit.ts). */
export async function aboutTask(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  const { method, bytes } = call.message;
  if (!way.link.codec.requests.has(method)) throw taskUnknown('the server has become older');
  const answer = await way.link.call(call);
  const [given, named] = [namedTask(call.message), resultTask(answer.message)];
  if (!named || !given) return answered(call, way, answer, parts);
  checkSame(answer.message, named, call.target?.key);
  return answered(call, way, answer, parts, [{ ...named, put: bytes.toString('utf8', given.start, given.end) }]);
}

/** The answer to a call is a task: its client gets an id for it, if it can follow one. */
export async function begunTask(call: RoutedCall, way: Way, answer: Answer, parts: BridgeParts): Promise<Reply> {
  const { message } = answer;
  const { target } = call;
  const named = resultTask(message);
  if (!named || !target || call.message.method !== 'tools/call') {
    throw new GatewayError('upstream_invalid', { internal: { why: 'a task where there can be none, or without id' } });
  }
  if (!hasExtension(call.client.capabilities, TASKS)) throw new GatewayError('upstream_invalid', { say: UNABLE });
  const id = orInvalid(() => readString(message.bytes, named));
  const given = await parts.tasks.give(call, { server: target.server, tool: target.key, id });
  return answered(call, way, answer, parts, [{ ...named, put: `"${given}"` } satisfies Edit]);
}

export function taskUnknown(why: string): GatewayError {
  return new GatewayError('task_unknown', { internal: { why } });
}

function checkSame({ bytes }: Message, named: Span, id: string | undefined): void {
  if (orInvalid(() => readString(bytes, named)) === id) return;
  throw new GatewayError('upstream_invalid', { internal: { why: 'the answer is about another task' } });
}

const UNABLE = `The server answered with a task, but the client did not declare ${TASKS}.`;
