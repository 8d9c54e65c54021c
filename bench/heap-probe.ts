/*
 * Loaded into the gateway with `--import` for one measurement: on SIGUSR2 it collects garbage and says how much is left.
 *
 * The gateway itself knows nothing of it. Needs `--expose-gc`.
 */
import { setImmediate as turn } from 'node:timers/promises';

const COLLECTIONS = 3;

async function collected(): Promise<number> {
  for (let round = 0; round < COLLECTIONS; round += 1) {
    globalThis.gc?.();
    // Finalizers and weak references are served between turns of the loop.
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

process.on('SIGUSR2', () => {
  void collected().then((heapUsed) => process.stderr.write(`heap-probe ${heapUsed}\n`));
});
