/*
 * Waits for the last calls at a server that nobody is led to any more.
 */
import type { Emit } from '../../model/event.ts';
import type { TimerWheel } from '../timer-wheel.ts';

/** Also the least time: a call that has just been led here is not on its way yet. */
const POLL_MS = 50;

/** Resolves when no call is under way, or time is over. */
export async function idle(
  upstream: { readonly busy: boolean },
  { wheel, emit }: { readonly wheel: Pick<TimerWheel, 'now' | 'sleep'>; readonly emit: Emit },
  withinMs: number,
): Promise<void> {
  const dueMs = wheel.now() + withinMs;
  do await wheel.sleep(POLL_MS).done;
  while (upstream.busy && wheel.now() < dueMs);
  if (upstream.busy) emit({ type: 'limit_hit', limit: 'retireTimeoutMs', principal: '' });
}
