/*
 * Loaded into the gateway with `--import` for one measurement: on SIGUSR2 it says how long the event loop was held at
 * most since the last time, in milliseconds.
 *
 * The gateway itself knows nothing of it. Looked at every millisecond, for which a timer fires a millisecond late.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

process.on('SIGUSR2', () => {
  const heldMs = delay.max / 1e6 - RESOLUTION_MS;
  delay.reset();
  process.stderr.write(`loop-probe ${heldMs.toFixed(2)}\n`);
});
