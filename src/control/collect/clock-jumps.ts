/*
 * Notices that the wall clock was set, or that the machine slept: from then on times in the audit do not tell how long
 * something took, and may go backwards. Order is by `seq`, and the jump itself becomes a row.
 *
 * Asked whenever something was written, so a gateway in which nothing happens watches nothing.
 */
import type { Audited } from '../store/store.ts';

/** More than a clock is slewed by between two looks of a gateway that is in use. */
const JUMP_MIN_MS = 2_000;

export interface ClockParts {
  /** Wall clock. */
  readonly now: () => number;
  /** Never set. */
  readonly clock: () => number;
  readonly onJump: (row: Audited) => void;
}

/** Gives what has to be called now and then. */
export function watchClock({ now, clock, onJump }: ClockParts): () => void {
  let offsetMs = now() - clock();
  return () => {
    const wasMs = offsetMs;
    offsetMs = now() - clock();
    const byMs = Math.round(offsetMs - wasMs);
    if (Math.abs(byMs) >= JUMP_MIN_MS) onJump(jump(byMs));
  };
}

function jump(byMs: number): Audited {
  const reason = `The wall clock went ${byMs} ms further than the time that passed. Go by seq, not by time, around here.`;
  const nothing = { kind: '', targetId: '', targetName: '', before: undefined, after: undefined };
  return { action: 'clock.jump', outcome: 'done', reason, ...nothing };
}
