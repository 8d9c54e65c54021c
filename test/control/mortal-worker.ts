/*
 * The store's worker, and it dies when it is asked for the server called `die`.
 */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', (message: unknown) => {
  if (JSON.stringify(message).includes('"die"')) process.exit(1);
});

await import('../../src/control/store/worker.ts');
