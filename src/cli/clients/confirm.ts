/*
 * One question before anything is written: yes or no, or the way out for scripts.
 */
import type { Values } from '../arguments.ts';
import type { CliIo } from '../io.ts';
import { EXIT } from '../usage.ts';

/** Undefined to go on; else the exit code. */
export async function stopped(question: string, values: Values, io: CliIo): Promise<number | undefined> {
  if (values.has('dry-run')) {
    io.out('Nothing was changed.\n');
    return EXIT.ok.code;
  }
  if (values.has('yes')) return undefined;
  const { ask } = io.terminal;
  if (ask === undefined) {
    io.err('gatewright: Nobody is there to be asked. Add --yes to go on, or --dry-run to look only.\n');
    return EXIT.unanswered.code;
  }
  const interrupt = new AbortController();
  const forget = io.onSignal(() => interrupt.abort());
  const answer = await ask(`${question} [y/N] `, interrupt.signal);
  forget();
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? '')) return undefined;
  io.err('Nothing was changed.\n');
  return interrupt.signal.aborted ? EXIT.cancelled.code : EXIT.ok.code;
}
