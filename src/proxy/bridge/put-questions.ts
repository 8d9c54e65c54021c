/*
 * Puts what a server asks for in one round to the client, all of it at once, and gives the answers.
 *
 * A client is asked nothing that it has not said it can answer; then it is asked nothing at all of that round. When one
 * question is in vain the others are withdrawn, for the call cannot go on.
 */
import { randomUUID } from 'node:crypto';
import type { MeteredCall } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Input, InputRequest } from '../../wire/input-required.ts';
import { isText, memberOf } from '../../wire/json/members.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { insertMembers, splice } from '../../wire/json/splice.ts';
import { orInvalid } from '../policy/mapped.ts';
import { questionFor } from '../upstream/asking.ts';
import { cannotBeAsked, capabilityFor, isDeclared, noAnswer, refusedBy } from './unable.ts';

const DEPTH_MAX = 1024;

type Ask = NonNullable<MeteredCall['outlet']['ask']>;

/** `call.client` says what the client can do in the words of the server's revision. Throws `client_unable`. */
export async function putQuestions(call: MeteredCall, requests: readonly InputRequest[]): Promise<Input['responses']> {
  const questions = requests.map(({ question }) => orInvalid(() => asRequest(call, question)));
  const { ask } = call.outlet;
  if (!ask) return [];
  const round = new Cancellation();
  const unlisten = call.cancellation.onCancel((reason) => round.cancel(reason));
  const release = call.timer.hold();
  try {
    const answers = await Promise.all(questions.map((question) => answerTo(question, ask, round)));
    return requests.map(({ key }, at) => [key, answers[at] ?? '']);
  } catch (thrown) {
    round.cancel(new GatewayError('call_cancelled'));
    throw thrown;
  } finally {
    unlisten();
    release();
  }
}

/** The question as this client reads it. Throws `client_unable` when it cannot be asked. */
function asRequest(call: MeteredCall, question: Message): Message {
  const needed = capabilityFor(question);
  if (!isDeclared(call.client.capabilities, needed)) throw cannotBeAsked(question, needed);
  return questionFor(call, withElicitationId(question));
}

/** URL mode began in 2025-11-25 with an id, which later revisions do without (2025-11-25, Elicitation › URL Mode). */
function withElicitationId(question: Message): Message {
  const { bytes, method, params } = question;
  const mode = params && method === 'elicitation/create' && memberOf(bytes, params.self, 'mode')?.value;
  if (!params || !mode || !isText(bytes, mode, 'url') || memberOf(bytes, params.self, 'elicitationId')) return question;
  const edit = insertMembers(bytes, params.self, `"elicitationId":"${randomUUID()}"`);
  const scan = scanAnswer(splice(bytes, [edit]), { depthMax: DEPTH_MAX });
  if (!scan.ok) throw new SyntaxError(scan.why);
  return scan.message;
}

/** JSON text of the bare result. */
async function answerTo(question: Message, ask: Ask, round: Cancellation): Promise<string> {
  const answer = await ask(question, round).catch((thrown) => {
    throw round.reason ?? noAnswer(question, `it was not answered: ${toGatewayError(thrown).message}`);
  });
  if (answer.kind !== 'result' || !answer.outcome) throw refusedBy(question, answer);
  return answer.bytes.toString('utf8', answer.outcome.start, answer.outcome.end);
}
