/*
 * The real process as a `CliIo`.
 */
import { createInterface } from 'node:readline';
import type { CliIo, Terminal } from './io.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export function processIo(): CliIo {
  // Whoever reads our output may stop reading (`gatewright --help | head -1`): not a failure.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outBytes: (bytes) => void process.stdout.write(bytes),
    readInput,
    pipes: () => ({ input: process.stdin, output: process.stdout }),
    program: ownWords(process.execPath, process.argv[1] ?? ''),
    terminal: processTerminal(),
    now: Date.now,
    env: process.env,
    onSignal: (listener) => {
      for (const signal of SIGNALS) process.on(signal, listener);
      return () => {
        for (const signal of SIGNALS) process.off(signal, listener);
      };
    },
    onHangup,
    // Loaded when needed, so that `--help` and `check` stay quick.
    conditions: async () => (await import('../main.ts')).conditionFault,
    startGateway: async (config, options) => (await import('../main.ts')).startGateway(config, options),
    openSecrets: async (config, dataDir) => (await import('../main.ts')).openSecrets(config, dataDir),
    resetPassword: async (config, dataDir, user) => (await import('../main.ts')).resetPassword(config, dataDir, user),
    explainByFile: async (config, dataDir) => (await import('../main.ts')).explainByFile(config, dataDir),
  };
}

function onHangup(listener: () => void): () => void {
  // Under a terminal it says that the terminal is gone, and on Windows that the console is.
  if (process.stdin.isTTY || process.platform === 'win32') return () => undefined;
  process.on('SIGHUP', listener);
  return () => process.off('SIGHUP', listener);
}

/** By absolute paths, for a desktop program has not the PATH of a shell; npx keeps what it fetched for a while only. */
function ownWords(node: string, script: string): readonly string[] {
  return /[\\/]_npx[\\/]/.test(script) ? ['npx', '-y', 'gatewright'] : [node, script];
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    outColumns: stdout.isTTY ? stdout.columns || 80 : undefined,
    errColumns: stderr.isTTY ? stderr.columns || 80 : undefined,
    ask: stdin.isTTY && stderr.isTTY ? ask : undefined,
  };
}

/** The terminal stays in the mode it is in, so that Ctrl-C is a signal here as everywhere. */
function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    const answer = (line: string | undefined) => {
      signal.removeEventListener('abort', stop);
      lines.removeAllListeners();
      lines.close();
      process.stdin.pause();
      resolve(line);
    };
    const stop = () => answer(undefined);
    signal.addEventListener('abort', stop, { once: true });
    lines.once('line', answer);
    lines.once('close', stop);
  });
}
