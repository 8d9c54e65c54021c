/*
 * Why a command cannot do what it was asked, and the exit code that says so.
 */
import { ConversationLost, RpcFailure } from '../../client/conversation.ts';
import { OperatorRefusal } from '../../client/operator-client.ts';
import type { CliIo } from '../io.ts';
import { jsonLine, plain, plainText } from '../terminal.ts';
import { EXIT } from '../usage.ts';

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;
  /** `lines`: said as it stands, not behind the name of the program. */
  readonly shape: 'line' | 'lines';

  constructor(say: string, exitCode: number = EXIT.failed.code, shape: 'line' | 'lines' = 'line') {
    super(say);
    this.exitCode = exitCode;
    this.shape = shape;
  }
}

/** Says what went wrong and gives the exit code. What nobody expected is thrown on. */
export function report(thrown: unknown, json: boolean, io: CliIo): number {
  const { say, exitCode, code, shape } = told(thrown);
  if (json) io.out(jsonLine({ error: { say, ...(code === undefined ? {} : { code }) } }));
  else if (shape === 'lines') io.err(plainText(say));
  else if (say !== '') io.err(`gatewright: ${plainText(say)}\n`);
  return exitCode;
}

interface Told {
  readonly say: string;
  readonly exitCode: number;
  readonly code?: number | string;
  readonly shape?: 'line' | 'lines';
}

function told(thrown: unknown): Told {
  if (thrown instanceof Failure) return { say: thrown.message, exitCode: thrown.exitCode, shape: thrown.shape };
  if (thrown instanceof RpcFailure) {
    const { message, code } = thrown;
    return { say: `${plain(message)} (${code})`, exitCode: EXIT.failed.code, code };
  }
  if (thrown instanceof OperatorRefusal) return { say: thrown.message, exitCode: codeOf(thrown), code: thrown.code };
  if (thrown instanceof ConversationLost) return { say: thrown.message, exitCode: EXIT.failed.code };
  const { name, code, message } = thrown as NodeJS.ErrnoException;
  if (name === 'AbortError') return { say: 'Cancelled.', exitCode: EXIT.cancelled.code };
  if (name === 'TimeoutError')
    return { say: 'There was no answer in time; the call was cancelled.', exitCode: EXIT.failed.code };
  if (code !== undefined && GONE.has(code))
    return { say: `The gateway is gone (${code}).`, exitCode: EXIT.failed.code };
  if (code !== undefined) return { say: message, exitCode: EXIT.failed.code };
  throw thrown;
}

const GONE: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

function codeOf({ code }: OperatorRefusal): number {
  return code === 'server_unknown' ? EXIT.unknown.code : EXIT.failed.code;
}

/** Of a gateway that did not start: by the database or its key, which stay as they are, or by anything else. */
export function startExitCode(thrown: unknown): number {
  const isOfStore = thrown instanceof Error && ['StoreRefusal', 'VaultError'].includes(thrown.name);
  return isOfStore ? EXIT.store.code : EXIT.failed.code;
}
