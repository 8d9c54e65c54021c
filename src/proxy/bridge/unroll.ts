/*
 * A client that reads questions as requests, and a server that asks by results.
 *
 *   client ── tools/call ─────────▶ ── tools/call ──────────────────────────────▶ server
 *          ◀── elicitation/create ──◀── input_required, inputRequests, state ────
 *          ── its answer ─────────▶ ── tools/call, inputResponses, state ───────▶
 *          ◀── result ──────────────◀── result ──────────────────────────────────
 *
 * The client's call stays open for as long as the server asks. To the server each round is a call of its own, so between
 * them nothing of it runs and nothing has to be cancelled. Rounds are counted; those that ask for nothing but patience
 * are paced; the time of whoever answers is the client's (questionTimeoutMs) and not that of the call.
 */
import type { ClientFacts } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { errorCodeOf } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import {
  type Input,
  type InputRequired,
  isInputRequired,
  MAY_ASK,
  readInputRequired,
  withInput,
} from '../../wire/input-required.ts';
import { restated } from '../../wire/restated.ts';
import { orInvalid } from '../policy/mapped.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import type { Answer } from '../upstream/transport.ts';
import { answered, type BridgeParts } from './bridge.ts';
import { callServer } from './mirrored-anew.ts';
import { putQuestions } from './put-questions.ts';
import { rising } from './rising.ts';
import { lacksCapability } from './unable.ts';

/** Between two rounds in which nobody is asked. */
const PACE_MS = 250;
const CAPABILITY_MISSING = -32021;

export async function unroll(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  const told = { ...call, client: clientOf(call), outlet: rising(call.outlet) };
  let message = withInput(call.message);
  let asked = 0;
  for (let round = 1; ; round++) {
    const answer = await makeRound({ ...told, message }, way, parts, round);
    if (isRefused(answer.message)) throw lacksCapability(answer.message);
    if (!isInputRequired(answer.message)) return answered(call, way, answer, parts);
    const missing = whatIsMissing(call, answer.message);
    asked += missing.requests.length;
    checkPatience(way, { round, asked });
    const responses = await inputFor(told, missing, parts);
    checkLength(way, responses);
    // To the server each round is a call of its own, and a person may have taken hours.
    parts.recheck(call);
    message = withInput(call.message, { responses, state: missing.state });
  }
}

/**
 * The server was there a round ago. Then a call that could not be delivered is not made again from the beginning: the client
 * would be asked once more what it has answered.
 */
async function makeRound(call: RoutedCall, way: Way, parts: BridgeParts, round: number): Promise<Answer> {
  try {
    return await callServer(call, way, parts);
  } catch (thrown) {
    if (round === 1 || !(thrown instanceof GatewayError) || thrown.code !== 'upstream_down') throw thrown;
    way.upstream.healing.failed(way.link, thrown.message);
    throw new GatewayError('upstream_lost', { internal: thrown.internal, cause: thrown });
  }
}

/** The server will not do it for a client that can do no more than this one (Capabilities). */
function isRefused(answer: Message): boolean {
  return answer.kind === 'error' && errorCodeOf(answer) === CAPABILITY_MISSING;
}

/** What the client said once is said with each request; a session keeps it, so it is put into words once. */
const restatements = new WeakMap<ClientFacts, { readonly asked: boolean; readonly facts: ClientFacts }>();

function clientOf({ client, revision, outlet }: RoutedCall): ClientFacts {
  const asked = outlet.ask !== undefined;
  const known = restatements.get(client);
  if (known?.asked === asked) return known.facts;
  const facts = { ...client, capabilities: restated(client.capabilities, codecOf(revision), asked) };
  restatements.set(client, { asked, facts });
  return facts;
}

function whatIsMissing(call: RoutedCall, answer: Message): InputRequired {
  const { method } = call.message;
  if (!MAY_ASK.has(method)) throw new GatewayError('upstream_invalid', { internal: { why: `${method} asks` } });
  return orInvalid(() => readInputRequired(answer));
}

function checkPatience({ link }: Way, { round, asked }: { round: number; asked: number }): void {
  const { questionRoundsMax, questionsPerCallMax } = link.options.limits;
  if (round > questionRoundsMax) {
    const say = `The server still asked for more after ${questionRoundsMax} rounds of answers.`;
    throw new GatewayError('upstream_insists', { limit: 'questionRoundsMax', say });
  }
  if (asked > questionsPerCallMax) {
    const say = `The server asked more than ${questionsPerCallMax} questions in one call.`;
    throw new GatewayError('upstream_insists', { limit: 'questionsPerCallMax', say });
  }
}

async function inputFor(call: RoutedCall, { requests }: InputRequired, { wheel }: BridgeParts) {
  if (requests.length > 0) return putQuestions(call, requests);
  const pause = wheel.sleep(PACE_MS);
  await call.cancellation.race(pause.done).finally(pause.wake);
  return [];
}

/** Together the answers are no more than a client of the server's revision may send at once. */
function checkLength({ link }: Way, responses: Input['responses']): void {
  const length = responses.reduce((sum, [, result]) => sum + result.length, 0);
  if (length <= link.options.limits.bodyBytesMax) return;
  throw new GatewayError('client_unable', { limit: 'bodyBytesMax', say: 'The answers of the client are too large.' });
}
