/*
 * What a client carries between a question and its answer: a `requestState` that says to us what waits for it, and is good
 * for nothing else.
 *
 * It is sealed, and bound to the principal, the endpoint and the server; inside stand the digest of the request and the
 * time until which it is good. Three kinds of thing wait:
 *
 *   parked    a call at an older server, in this process      again     the call is to be made once more
 *   theirs    nothing here: a newer server's own state is inside, as it wrote it
 *
 * A state that does not fit is refused before anything reaches a server (2026-07-28, MRTR › Server Requirements).
 */
import type { MeteredCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Span } from '../../model/message.ts';
import { holderOf } from '../../model/principal.ts';
import { readString } from '../../wire/json/members.ts';
import type { KeyRing } from './key-ring.ts';
import { requestDigest } from './request-digest.ts';
import { seal, unseal } from './seal.ts';

export type Waiting =
  /** `node` is the process that has it; each question round of a parked call has a state of its own. */
  | { readonly kind: 'parked'; readonly node: string; readonly park: string; readonly round: number }
  /** So many entries were asked for, as `q1`, `q2` … */
  | { readonly kind: 'again'; readonly round: number; readonly asked: number }
  /** JSON text. */
  | { readonly kind: 'theirs'; readonly state: string };

export interface StatesParts {
  readonly ring: KeyRing;
  /** Milliseconds since 1970: what was sealed outlives the process and its clock. */
  readonly now: () => number;
}

export class States {
  readonly #parts: StatesParts;

  constructor(parts: StatesParts) {
    this.#parts = parts;
  }

  /** A state for this call and its retries. */
  give(call: MeteredCall, waiting: Waiting, goodForMs: number): Promise<string> {
    const { ring, now } = this.#parts;
    const words = { digest: requestDigest(call.message), until: now() + goodForMs, waiting };
    return seal(ring, JSON.stringify(words), placeOf(call));
  }

  /** What the state at `span` waits for. Throws `state_refused`. */
  async take(call: MeteredCall, span: Span): Promise<Waiting> {
    const { bytes } = call.message;
    if (bytes[span.start] !== 0x22) throw new GatewayError('params_invalid', { say: NO_TEXT });
    const { ring, now } = this.#parts;
    const words = await unseal(ring, readString(bytes, span), placeOf(call));
    if (words === undefined) throw refused(FOREIGN, 'not opened');
    const { digest, until, waiting } = JSON.parse(words) as Words;
    if (until <= now()) throw refused(EXPIRED, 'expired');
    if (digest !== requestDigest(call.message)) throw refused(FOREIGN, 'another request');
    return waiting;
  }
}

interface Words {
  readonly digest: string;
  readonly until: number;
  readonly waiting: Waiting;
}

/** The server is the one that the retry leads to, so that no state reaches another. */
function placeOf({ principal, endpoint, target }: MeteredCall): string {
  return JSON.stringify([holderOf(principal), endpoint, target?.server ?? null]);
}

export function refused(say: string, why: string): GatewayError {
  return new GatewayError('state_refused', { say, internal: { why } });
}

const NO_TEXT = 'params.requestState must be a string.';
/** One word for what was changed, invented, stolen or moved: a stranger learns nothing from the difference. */
const FOREIGN =
  'The requestState does not belong to this request: send it back as it was given, to the same endpoint, with the same params.';
/** What the state belongs to is over for a reason that is no secret of anybody. */
export const OVER = 'The call that this requestState belongs to is over: make the call again without it.';
const EXPIRED = 'The requestState has expired: make the call again without it.';
