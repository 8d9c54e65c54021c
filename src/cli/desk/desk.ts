/*
 * What every command for work stands on: what was asked, the world, and a signal that says "stop" when the person does.
 *
 * The first Ctrl-C ends in order: the call is cancelled, servers of the command's own are stopped. The second ends at once.
 */
import type { Run } from '../arguments.ts';
import type { CliIo } from '../io.ts';
import { EXIT } from '../usage.ts';
import { report } from './failure.ts';

export interface Desk {
  readonly run: Run;
  readonly io: CliIo;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

export type Work = (desk: Desk) => Promise<number>;

export async function atDesk(work: Work, run: Run, io: CliIo): Promise<number> {
  const first = new AbortController();
  const second = Promise.withResolvers<number>();
  const forget = io.onSignal(() => {
    if (first.signal.aborted) second.resolve(EXIT.cancelled.code);
    first.abort();
  });
  const json = run.values.has('json');
  const done = work({ run, io, json, signal: first.signal }).catch((thrown: unknown) => report(thrown, json, io));
  try {
    return await Promise.race([done, second.promise]);
  } finally {
    forget();
  }
}

/** The text of an option that takes a value. */
export function optionOf({ run }: Pick<Desk, 'run'>, name: string): string | undefined {
  const value = run.values.get(name);
  return typeof value === 'string' ? value : undefined;
}
