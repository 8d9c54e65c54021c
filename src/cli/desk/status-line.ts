/*
 * What is going on, on stderr: one line that is written over on a terminal, and now and then a line of its own elsewhere.
 */
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';
import { cut } from './table.ts';

/** Where lines stay, no more than one in this time. */
const PAUSE_MS = 1_000;
const CLEAR_LINE = '\r\u001b[K';

export class StatusLine {
  readonly #io: CliIo;
  #isShown = false;
  #pause: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(io: CliIo) {
    this.#io = io;
  }

  show(text: string): void {
    const { errColumns } = this.#io.terminal;
    if (this.#isOver) return;
    if (errColumns !== undefined) {
      this.#io.err(`${CLEAR_LINE}${cut(plain(text), errColumns - 1)}`);
      this.#isShown = true;
    } else if (this.#pause === undefined) {
      this.#io.err(`${plain(text)}\n`);
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
      }, PAUSE_MS).unref();
    }
  }

  /** Makes room for a line that stays. */
  clear(): void {
    if (this.#isShown) this.#io.err(CLEAR_LINE);
    this.#isShown = false;
  }

  end(): void {
    this.clear();
    this.#isOver = true;
    clearTimeout(this.#pause);
  }
}
