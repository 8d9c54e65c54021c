/*
 * Long answers, cut: what of them was sent, and what waits for the main thread to ask for more.
 */
import { camelCase } from '../camel-case.ts';
import type { Rows } from './engine.ts';
import type { FromWorker } from './messages.ts';

/** About a millisecond of the main thread for the widest rows. */
const ROWS_PER_PIECE = 200;

export class Pieces {
  readonly #waiting = new Map<number, Iterator<FromWorker>>();

  /** The first piece. */
  first(id: number, answers: readonly Rows[]): FromWorker {
    const pieces = piecesOf(id, answers);
    this.#waiting.set(id, pieces);
    return this.next(id) ?? { say: 'done', id };
  }

  drop(id: number): void {
    this.#waiting.delete(id);
  }

  next(id: number): FromWorker | undefined {
    const { value, done } = this.#waiting.get(id)?.next() ?? { value: undefined, done: true };
    if (done || (value.say === 'rows' && value.done)) this.#waiting.delete(id);
    return done ? undefined : value;
  }
}

function* piecesOf(id: number, answers: readonly Rows[]): Generator<FromWorker> {
  for (const [at, { columns, rows }] of answers.entries()) {
    const last = at === answers.length - 1;
    for (let from = 0; from === 0 || from < rows.length; from += ROWS_PER_PIECE) {
      yield {
        say: 'rows',
        id,
        at,
        columns: from === 0 ? columns.map(camelCase) : undefined,
        rows: rows.slice(from, from + ROWS_PER_PIECE),
        done: last && from + ROWS_PER_PIECE >= rows.length,
      };
    }
  }
}
