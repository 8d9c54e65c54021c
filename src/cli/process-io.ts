/*
 * The real process as a `CliIo`.
 */
import type { CliIo } from './io.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function processIo(): CliIo {
  // Whoever reads our output may stop reading (`gatewright --help | head -1`): not a failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    onSignal: (listener) => {
      for (const signal of SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
    // Loaded when needed, so that `--help` and `check` stay quick.
    startGateway: async (config, options) => (await import('../main.ts')).startGateway(config, options),
  };
}
