/*
 * Calls that their clients give up, by saying so or by going away.
 *
 * They come last: a server that obeys a cancellation says no more of the call, so for a while nobody can be sure whom a
 * question on a pipe is for, and none is put to other clients.
 */
import type { EraClient } from '../client.ts';
import type { Cell, Feature } from '../feature.ts';

const group = 'ends';

/** Starts a call that hangs, does that to it when the server has it, and waits until the server sees it cancelled. */
async function cancelled(
  cell: Cell,
  over: AbortSignal,
  client: EraClient,
  end: () => unknown,
  signal?: AbortSignal,
): Promise<void> {
  const key = cell.mark();
  void cell.tool('hold', { key }, signal === undefined ? {} : { signal }, client).catch(() => {});
  try {
    await cell.ledger.until(key, 'running', over);
    await end();
    await cell.ledger.until(key, 'cancelled', over);
  } finally {
    cell.ledger.release(key);
  }
}

export const ENDS: readonly Feature[] = [
  {
    name: 'cancel',
    says: 'a call that the client cancels is cancelled at the server',
    group,
    run: async (cell, over) => {
      const stop = new AbortController();
      await cancelled(cell, over, cell.it, () => stop.abort(), stop.signal);
    },
  },
  {
    name: 'vanish',
    says: 'the calls of a client that vanishes are cancelled at the server',
    group,
    withOther: true,
    run: (cell, over) => cancelled(cell, over, cell.other, () => cell.other.vanish()),
  },
];
