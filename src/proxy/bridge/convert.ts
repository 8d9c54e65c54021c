/*
 * A client that reads questions as results, and a server that asks by requests of its own.
 *
 *   client ── tools/call ───────────────────▶ ── tools/call ─────────────▶ server
 *          ◀── input_required, a sealed state ── ◀── elicitation/create ───
 *                                             (parked)
 *          ── tools/call, answers, state ──▶ ── its answer ─────────────▶
 *          ◀── result ──────────────────────── ◀── result ─────────────────
 *
 * A server may also end the call with an error that says which URLs must be visited first (2025-11-25, -32042). Then nothing
 * is parked: the state says that the call is to be made again once the user has agreed.
 */
import type { Outlet } from '../../model/call.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import { holderOf } from '../../model/principal.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { MAY_ASK } from '../../wire/input-required.ts';
import { inputRequiredMembers, urlRequests } from '../../wire/to-input-required.ts';
import { orInvalid } from '../policy/mapped.ts';
import { ownReply } from '../reply/encode.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import { openingFacts } from '../upstream/fingerprint.ts';
import type { Link } from '../upstream/link.ts';
import type { Answer } from '../upstream/transport.ts';
import { answered, type BridgeParts } from './bridge.ts';
import { givenAnswers, isAccepted } from './given-answers.ts';
import { canBeAsked, checkAskable, checkDeclared, URL_MODE } from './needs.ts';
import { type Outcome, Park } from './park.ts';
import { tooManyRounds } from './parks.ts';
import { OVER, refused, type Waiting } from './states.ts';

export async function convert(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  const state = call.message.params?.requestState;
  if (!MAY_ASK.has(call.message.method)) return plain(call, way, parts, call.outlet);
  if (!state) return begin(call, way, parts, 0);
  const waiting = await parts.states.take(call, state);
  if (waiting.kind === 'parked') return resume(call, parts, waiting);
  if (waiting.kind === 'theirs') throw refused(OVER, 'the server has become older');
  checkAgreed(call, waiting.asked);
  return begin(call, way, parts, waiting.round);
}

/** A call about which its client is never asked. */
async function plain(call: RoutedCall, way: Way, parts: BridgeParts, outlet: Outlet): Promise<Reply> {
  const answer = await way.link.call({ ...call, outlet, beside: () => besideOf(call, way) });
  return replyTo(call, way, parts, { round: 0, outcome: { answer } });
}

async function begin(call: RoutedCall, way: Way, parts: BridgeParts, round: number): Promise<Reply> {
  if (!canBeAsked(call.client.capabilities)) return plain(call, way, parts, deafOutlet(call));
  const park = new Park(parts.parks, call, { way, round });
  const outcome = await park.begin(call, () => besideOf(call, way));
  return replyTo(call, way, parts, { park, round: park.round, outcome });
}

async function resume(
  call: RoutedCall,
  parts: BridgeParts,
  { node, park: id, round }: Waiting & { readonly kind: 'parked' },
): Promise<Reply> {
  if (node !== parts.parks.parts.node) throw refused(RESTARTED, 'of another process');
  const park = parts.parks.of(id);
  if (!park || holderOf(park.principal) !== holderOf(call.principal)) throw refused(OVER, 'no such park');
  const outcome = await park.resume(call, round, (asked) => givenAnswers(call.message, asked));
  return replyTo(call, park.way, parts, { park, round: park.round, outcome });
}

const RESTARTED = 'The gateway was restarted while the call waited: make the call again without requestState.';

/** The way back to a client that can be asked nothing: a server that asks all the same ends the call. */
function deafOutlet({ outlet, client, cancellation }: RoutedCall): Outlet {
  return {
    notify: (message) => outlet.notify(message),
    ask: async (question) => {
      try {
        checkAskable(question, client.capabilities);
      } catch (thrown) {
        cancellation.cancel(toGatewayError(thrown));
      }
      throw new GatewayError('capability_missing');
    },
  };
}

/** Undefined when there is no room for another conversation. */
function besideOf({ principal, client, revision }: RoutedCall, { upstream }: Way): Link | undefined {
  try {
    return upstream.linkFor({ principal, client: openingFacts(client), codec: codecOf(revision) }, true);
  } catch (thrown) {
    if (thrown instanceof GatewayError) return undefined;
    throw thrown;
  }
}

interface Ended {
  readonly park?: Park;
  /** How often the client was asked, this time included. */
  readonly round: number;
  readonly outcome: Outcome;
}

async function replyTo(call: RoutedCall, way: Way, parts: BridgeParts, ended: Ended): Promise<Reply> {
  const { park, round, outcome } = ended;
  if ('asked' in outcome) {
    const { node, limits } = parts.parks.parts;
    const waiting: Waiting = { kind: 'parked', node, park: park?.id ?? '', round };
    return asking(call, way, parts, { requests: outcome.asked, waiting, goodForMs: limits().questionTimeoutMs });
  }
  const urls = orInvalid(() => urlsOf(call, outcome.answer));
  return urls ? askingForUrls(call, way, parts, { urls, round }) : answered(call, way, outcome.answer, parts);
}

function urlsOf(call: RoutedCall, { message }: Answer): readonly string[] | undefined {
  return MAY_ASK.has(call.message.method) ? urlRequests(message) : undefined;
}

async function askingForUrls(
  call: RoutedCall,
  way: Way,
  parts: BridgeParts,
  { urls, round }: { readonly urls: readonly string[]; readonly round: number },
): Promise<Reply> {
  const { questionRoundsMax, questionTimeoutMs } = parts.parks.parts.limits();
  const { questionsPerCallMax } = way.link.options.limits;
  if (urls.length === 0)
    throw new GatewayError('upstream_invalid', { internal: { why: 'URL required, but none named' } });
  checkDeclared(URL_MODE, call.client.capabilities);
  if (urls.length > questionsPerCallMax) throw tooManyQuestions(questionsPerCallMax);
  if (round >= questionRoundsMax) throw tooManyRounds(questionRoundsMax);
  const requests = new Map(urls.map((text, at) => [`q${at + 1}`, text]));
  const waiting: Waiting = { kind: 'again', round: round + 1, asked: urls.length };
  return asking(call, way, parts, { requests, waiting, goodForMs: questionTimeoutMs });
}

function tooManyQuestions(max: number): GatewayError {
  const say = `The server asked more than ${max} questions in one call.`;
  return new GatewayError('upstream_insists', { limit: 'questionsPerCallMax', say });
}

interface Asking {
  readonly requests: ReadonlyMap<string, string>;
  readonly waiting: Waiting;
  readonly goodForMs: number;
}

async function asking(call: RoutedCall, way: Way, parts: BridgeParts, asking: Asking): Promise<Reply> {
  const state = await parts.states.give(call, asking.waiting, asking.goodForMs);
  const { serverInfo } = parts.catalogues.of(way.upstream.name);
  const members = inputRequiredMembers(asking.requests, state);
  return ownReply(call, codecOf(call.revision).ownResult(members, { serverInfo, resultType: 'input_required' }));
}

/** Throws `client_unable` when the user has not agreed to visit a URL without which the server does not go on. */
function checkAgreed(call: RoutedCall, asked: number): void {
  const keys = Array.from({ length: asked }, (_, at) => `q${at + 1}`);
  const answers = givenAnswers(call.message, new Map(keys.map((key) => [key, 'elicitation/create'])));
  for (const answer of answers.values()) if (!isAccepted(answer)) throw notAgreed();
}

function notAgreed(): GatewayError {
  const say = 'The server does not go on before a URL was visited, and the user has not agreed to that.';
  return new GatewayError('client_unable', { say });
}
