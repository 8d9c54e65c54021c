/*
 * Loaded into the gateway with `--import` for one measurement: on SIGUSR2 it says how long the event loop was held at
 * most since the last time, in milliseconds.
 *
 * The gateway itself knows nothing of it. What counts is the processor time of the main thread from one turn of the loop
 * to the next: on a machine that others use too, the clock would also show how long they had it.
 */
const LOOK_EVERY_MS = 1;

let before = cpuMs();
let heldMs = 0;

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function look(): void {
  const now = cpuMs();
  heldMs = Math.max(heldMs, now - before);
  before = now;
}

setInterval(look, LOOK_EVERY_MS).unref();

process.on('SIGUSR2', () => {
  look();
  process.stderr.write(`loop-probe ${heldMs.toFixed(2)}\n`);
  heldMs = 0;
});
