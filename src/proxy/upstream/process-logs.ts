/*
 * What the processes of one server said on stderr: of each that runs, and of the last that ended, because that is the one
 * people ask about. For the operator only: it may hold secrets.
 */

/** One process; what it said is read when somebody asks, for its last words may come after its end. */
export interface Process {
  readonly pid: number | undefined;
  /** The end of what it wrote to stderr (stdio-tail.ts). */
  stderrTail(): string;
}

export class ProcessLogs {
  readonly #running = new Set<Process>();
  /** Oldest first: the last that said something, and the last, unless that is the same. */
  #ended: readonly Process[] = [];

  get running(): number {
    return this.#running.size;
  }

  started(process: Process): void {
    this.#running.add(process);
  }

  ended(process: Process): void {
    if (!this.#running.delete(process)) return;
    const talker = this.#ended.findLast((each) => each.stderrTail() !== '');
    this.#ended = talker ? [talker, process] : [process];
  }

  /** Newest last; with more than one process, each under a line that says which. */
  text(): string {
    const last = this.#ended.findLast((each) => each.stderrTail() !== '');
    const parts = [...(last ? [{ process: last, head: `process ${last.pid}, ended` }] : [])];
    for (const process of this.#running) parts.push({ process, head: `process ${process.pid}` });
    const said = parts.filter(({ process }) => process.stderrTail() !== '');
    if (parts.length === 1) return said[0]?.process.stderrTail() ?? '';
    return said.map(({ process, head }) => `[${head}]\n${endedLine(process.stderrTail())}`).join('');
  }
}

function endedLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
