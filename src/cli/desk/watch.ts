/*
 * A call while it runs: progress and log messages on stderr, questions to the person, an end when there is no answer.
 */
import type { Hooks, LogMessage, Progress, Question, Result } from '../../client/conversation.ts';
import type { ServerReport } from '../../model/operator.ts';
import { plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { type Desk, optionOf } from './desk.ts';
import { Failure } from './failure.ts';
import { askForm } from './form.ts';
import { StatusLine } from './status-line.ts';

export async function watched(
  desk: Desk,
  what: string,
  server: ServerReport,
  ask: (hooks: Hooks) => Promise<Result>,
): Promise<Result> {
  const signal = AbortSignal.any([desk.signal, ...timeoutOf(desk)]);
  const line = new StatusLine(desk.io);
  const showing = {
    onProgress: (progress: Progress) => line.show(`${what}: ${progressWords(progress)}`),
    onLog: (log: LogMessage) => {
      line.clear();
      desk.io.err(`${logWords(log)}\n`);
    },
  };
  const hooks = desk.run.values.has('quiet') ? {} : showing;
  try {
    return await ask({ ...hooks, onQuestion: questioner(desk, server, line, signal), signal });
  } catch (thrown) {
    // Node says of every aborted request only that it was aborted; the signal knows whether a person or a clock did it.
    signal.throwIfAborted();
    throw thrown;
  } finally {
    line.end();
  }
}

/** Undefined when nobody can be asked. */
function questioner({ io }: Desk, { name }: ServerReport, line: StatusLine, signal: AbortSignal): Hooks['onQuestion'] {
  const { ask } = io.terminal;
  if (!ask) return undefined;
  return (question: Question) => {
    line.clear();
    return askForm({ io, server: name, ask: (text) => ask(text, signal) }, question);
  };
}

/** Seconds, as people say them. Throws `Failure`. */
function timeoutOf(desk: Desk): readonly AbortSignal[] {
  const text = optionOf(desk, 'timeout');
  if (text === undefined) return [];
  const seconds = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds <= 0 || seconds > SECONDS_MAX)
    throw new Failure(`--timeout must be a number of seconds above 0, up to ${SECONDS_MAX}.`, EXIT.usage.code);
  return [AbortSignal.timeout(Math.ceil(seconds * 1000))];
}
const SECONDS_MAX = 86_400;

function progressWords({ progress, total, message }: Progress): string {
  const share = total !== undefined && total > 0 ? `${progress}/${total}` : String(progress);
  return message === undefined ? share : `${share} ${message}`;
}

function logWords({ level, logger, data }: LogMessage): string {
  const said = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  return `[${plain(level)}]${logger === undefined ? '' : ` ${plain(logger)}:`} ${plain(said)}`;
}
