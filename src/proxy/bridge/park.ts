/*
 * One call at a server that asks by requests, on behalf of a client that comes back with its answers.
 *
 *   request ──▶ the call is sent ──▶ question ──▶ input_required          parked: nobody waits here
 *   request with answers ──▶ they go to the server ──▶ question ──▶ input_required
 *   request with answers ──▶ they go to the server ──▶ result
 *
 * Each of the client's requests is a leg. While there is one it is as if the call were its own: progress goes out on it, and
 * when it ends, the call ends. While there is none the call waits, as long as a client has to answer a question; what
 * the server says meanwhile is kept for the next leg. Each round of questions has a state of its own, and is answered once.
 */
import { randomBytes } from 'node:crypto';
import type { ClientFacts, Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Principal } from '../../model/principal.ts';
import { inputRequestText } from '../../wire/to-input-required.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import { type LinkCall, type Parking, progressTokenOf } from '../upstream/outgoing.ts';
import type { Answer } from '../upstream/transport.ts';
import { checkAskable } from './needs.ts';
import { type Parks, tooManyParked, tooManyRounds } from './parks.ts';
import { refused } from './states.ts';

/** What a leg ends with: the server's answer, or questions for its client. */
export type Outcome = { readonly answer: Answer } | { readonly asked: ReadonlyMap<string, string> };

interface Leg {
  readonly call: RoutedCall;
  readonly progressToken: string | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (reason: GatewayError) => void;
  readonly unlisten: () => void;
}

interface Question {
  readonly message: Message;
  /** As a value of `inputRequests`. */
  readonly text: string;
  readonly answer: (answer: Message) => void;
}

/**
 * Questions that a server puts at once should reach the client together, also from a busy machine. A person answers them, or
 * a model, to whom this is nothing.
 */
const GATHER_MS = 25;

export class Park {
  readonly id = randomBytes(16).toString('base64url');
  readonly parking: Parking;
  readonly principal: Principal;
  /** How often the client was asked. */
  round: number;
  readonly #parks: Parks;
  readonly #cancellation = new Cancellation();
  readonly #questions = new Map<string, Question>();
  #client: ClientFacts;
  #leg: Leg | undefined;
  #wake: () => void = nothing;
  #over: Answer | GatewayError | undefined;
  #isGathering = false;
  #asked = 0;
  readonly way: Way;

  /** `round`: how often the client was asked before, by calls that had to be made again. */
  constructor(parks: Parks, call: RoutedCall, { way, round }: { readonly way: Way; readonly round: number }) {
    this.#parks = parks;
    this.way = way;
    this.#client = call.client;
    this.principal = call.principal;
    this.round = round;
    this.parking = this.#newParking();
  }

  /** Sends the call. The first leg. */
  begin(call: RoutedCall, beside: NonNullable<LinkCall['beside']>): Promise<Outcome> {
    const outcome = this.#enter(call);
    this.way.link.call(this.#sent(call, beside)).then(
      (answer) => this.#ended(answer),
      (thrown) => this.#ended(toGatewayError(thrown)),
    );
    return outcome;
  }

  /** The next leg, with what its client answers. Throws `state_refused` when this round has been answered already. */
  resume(call: RoutedCall, round: number, read: ReadAnswers): Promise<Outcome> {
    if (this.#leg || round !== this.round) throw refused(ANSWERED, 'answered before');
    const answers = read(new Map([...this.#questions].map(([key, { message }]) => [key, message.method])));
    this.#client = call.client;
    this.#wake();
    const outcome = this.#enter(call);
    for (const [key, answer] of answers) this.#take(key, answer);
    if (this.#over) this.#ended(this.#over);
    else if (this.#questions.size > 0) this.#askAgain();
    return outcome;
  }

  /** Ends the call. */
  end(reason: GatewayError): void {
    this.#ended(reason);
    this.#cancellation.cancel(reason);
  }

  #newParking(): Parking {
    const legOf = () => this.#leg;
    const isWaiting = () => this.#leg === undefined && this.#over === undefined;
    return {
      onParked: undefined,
      get isParked() {
        return isWaiting();
      },
      get progressToken() {
        return legOf()?.progressToken;
      },
    };
  }

  #sent(call: RoutedCall, beside: NonNullable<LinkCall['beside']>): LinkCall {
    const outlet: Outlet = {
      notify: (message) => this.#leg?.call.outlet.notify(message),
      ask: (question, cancellation) => this.#ask(question, cancellation),
    };
    // A person's time is not the server's: while one is asked nothing runs but the time of the park.
    const timer = { touch: () => this.#leg?.call.timer.touch(), hold: () => nothing };
    const clientOf = () => this.#client;
    const own = { outlet, timer, cancellation: this.#cancellation, parking: this.parking, beside };
    return {
      ...{ ...call, ...own },
      // Each leg says anew which log lines it wants.
      get client() {
        return clientOf();
      },
    };
  }

  #enter(call: RoutedCall): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const unlisten = call.cancellation.onCancel((reason) => this.end(reason));
    this.#leg = { call, progressToken: progressTokenText(call.message), resolve, reject, unlisten };
    const { reason } = call.cancellation;
    if (reason) this.end(reason);
    return promise;
  }

  #leave(): Leg | undefined {
    const leg = this.#leg;
    leg?.unlisten();
    this.#leg = undefined;
    return leg;
  }

  #ended(how: Answer | GatewayError): void {
    if (this.#over && this.#over !== how) return;
    this.#over = how;
    const leg = this.#leave();
    // Nobody is there to hear it; who comes with the answers does.
    if (!leg) return;
    this.#parks.leave(this);
    if (how instanceof GatewayError) leg.reject(how);
    else leg.resolve({ answer: how });
  }

  /** A question of the server. Rejects when the client cannot be asked, and when the server takes it back. */
  async #ask(message: Message, cancellation: Cancellation): Promise<Message> {
    const refusal = this.#refusalOf(message);
    if (refusal) throw refusal;
    this.#asked += 1;
    const key = `q${this.#asked}`;
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    this.#questions.set(key, { message, text: inputRequestText(message), answer: resolve });
    const unlisten = cancellation.onCancel(reject);
    this.#gather();
    return promise.finally(() => {
      unlisten();
      this.#questions.delete(key);
    });
  }

  /** A client that must not be asked cannot be told more than that: without an answer the call does not go on. */
  #refusalOf(message: Message): GatewayError | undefined {
    try {
      checkAskable(message, this.#client.capabilities);
      return undefined;
    } catch (thrown) {
      const refusal = toGatewayError(thrown);
      this.end(refusal);
      return refusal;
    }
  }

  #take(key: string, answer: Message): void {
    this.#questions.get(key)?.answer(answer);
    this.#questions.delete(key);
  }

  /** What was left unanswered, or has come meanwhile. The leg hears what its client cannot be asked. */
  #askAgain(): void {
    for (const { message } of this.#questions.values()) if (this.#refusalOf(message)) return;
    this.#gather();
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#parks.parts.wheel.soon(GATHER_MS, () => {
      this.#isGathering = false;
      this.#park();
    });
  }

  #park(): void {
    if (!this.#leg || this.#questions.size === 0) return;
    const { questionRoundsMax } = this.#parks.parts.limits();
    if (this.round >= questionRoundsMax) this.end(tooManyRounds(questionRoundsMax));
    else if (!this.#parks.enter(this)) this.end(tooManyParked());
    else {
      this.round += 1;
      this.#wake = this.#parks.await(this.#leg.call, (isLate) => this.#abandoned(isLate));
      this.#leave()?.resolve({ asked: new Map([...this.#questions].map(([key, { text }]) => [key, text])) });
      this.parking.onParked?.();
    }
  }

  /** Nobody comes with the answers any more: not in time, or not with the credential that the call was made with. */
  #abandoned(isLate: boolean): void {
    this.#wake();
    this.#parks.leave(this);
    if (this.#over) return;
    const { emit } = this.#parks.parts;
    if (isLate) emit({ type: 'limit_hit', limit: 'questionTimeoutMs', principal: this.principal.id });
    this.end(new GatewayError('call_cancelled'));
  }
}

/** Gives the answers by the keys of their questions, whose methods it is told. */
type ReadAnswers = (asked: ReadonlyMap<string, string>) => ReadonlyMap<string, Message>;

function nothing(): void {}

function progressTokenText(message: Message): string | undefined {
  const token = progressTokenOf(message);
  return token && message.bytes.toString('utf8', token.start, token.end);
}

const ANSWERED = 'The requestState was used before: what was asked with it has been answered.';
