/*
 * The main thread's end of the line to the store's worker: what was asked and not yet answered, each with its end.
 *
 * A worker that dies takes what was asked with it (`unavailable`), and another one is started after a wait that grows;
 * until it is ready everything is `unavailable` at once. No queue without an end: beyond `requestsMax` likewise.
 *
 * A write that took longer than its asker waited, and happens after all, is told as `everything`: nobody else tells of it.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreLimits } from '../../model/limits-store.ts';
import type { Sent } from './engine/engine.ts';
import type { FromWorker, Heard, ToWorker, WorkerSettings } from './engine/messages.ts';
import { type Refused, StoreRefusal } from './engine/refusal.ts';

export interface LineSettings {
  readonly worker: Omit<WorkerSettings, 'nowMs'>;
  /** Another program than ours in the worker. */
  readonly program?: URL | undefined;
  readonly now: () => number;
  readonly onHeard: (changes: readonly Heard[] | 'everything') => void;
  readonly onState: (failing: string | undefined) => void;
  readonly onLimit: (limit: keyof StoreLimits) => void;
}

type Row = Record<string, unknown>;

interface Waiting {
  readonly resolve: (answers: Row[][]) => void;
  readonly reject: (error: StoreRefusal) => void;
  readonly answers: Row[][];
  /** A write of which others are to hear. */
  readonly isTold: boolean;
  columns: readonly string[];
  sweeps: number;
}

/** A request without its number. */
type Request = { readonly [Kind in ToWorker as Kind['do']]: Omit<Kind, 'id'> }[ToWorker['do']];

const RESTART_MS = { first: 500, last: 30_000 };
const SWEEPS_PER_ANSWER = 4;

export class Line {
  readonly #settings: LineSettings;
  readonly #waiting = new Map<number, Waiting>();
  /** Writes that nobody waits for any more. */
  readonly #late = new Set<number>();
  readonly #sweep: NodeJS.Timeout;
  #worker: Worker | undefined;
  #ready = false;
  #closed = false;
  #heardTo: number | undefined;
  #lastId = 0;
  #restartMs = RESTART_MS.first;
  #restart: NodeJS.Timeout | undefined;

  constructor(settings: LineSettings) {
    this.#settings = settings;
    this.#sweep = setInterval(() => this.#endOverdue(), settings.worker.limits.storeAnswerMs / SWEEPS_PER_ANSWER);
    this.#sweep.unref();
  }

  /** Resolves when the worker has the database and its schema is ours. */
  open(): Promise<void> {
    const { worker: settings, now } = this.#settings;
    const follow = { ...settings.follow, after: this.#heardTo };
    const worker = new Worker(this.#settings.program ?? workerFile(), {
      workerData: { ...settings, follow, nowMs: now() } satisfies WorkerSettings,
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.say === 'ready') resolve(this.#opened(message.to));
        else if (message.say === 'not_ready') reject(asRefusal(message.refused));
        else this.#take(message);
      });
      worker.on('error', (error) => {
        reject(gone(`failed: ${error instanceof Error ? error.message : 'it does not say why'}`));
        this.#lost(worker, error);
      });
      worker.on('exit', () => {
        reject(gone('ended before it was ready'));
        this.#lost(worker, undefined);
      });
    });
  }

  async read(statements: readonly Sent[]): Promise<Row[][]> {
    const answers = await this.#ask({ do: 'read', statements });
    return statements.map((_, at) => answers[at] ?? []);
  }

  async write(batch: Extract<ToWorker, { do: 'write' }>['batch']): Promise<void> {
    await this.#ask({ do: 'write', batch });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const asked = this.#ready ? this.#ask({ do: 'close' }).catch(() => undefined) : undefined;
    this.#closed = true;
    clearTimeout(this.#restart);
    await asked;
    clearInterval(this.#sweep);
    await this.#worker?.terminate();
    this.#endAll(gone('was closed'));
  }

  #opened(to: number): void {
    this.#heardTo = to;
    this.#ready = true;
    this.#restartMs = RESTART_MS.first;
  }

  #ask(request: Request): Promise<Row[][]> {
    if (!this.#ready || this.#closed || !this.#worker) return Promise.reject(gone('is not there'));
    if (
      request.do !== 'close' &&
      this.#waiting.size + this.#late.size >= this.#settings.worker.limits.storeRequestsMax
    ) {
      this.#settings.onLimit('storeRequestsMax');
      return Promise.reject(
        new StoreRefusal('unavailable', 'Too many requests wait for the store (storeRequestsMax).'),
      );
    }
    const id = ++this.#lastId;
    this.#send({ id, ...request } as ToWorker);
    const isTold = request.do === 'write' && request.batch.told !== undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, answers: [], isTold, columns: [], sweeps: 0 });
    });
  }

  #take(message: Exclude<FromWorker, { say: 'ready' | 'not_ready' }>): void {
    if (message.say === 'state') this.#settings.onState(message.failing);
    else if (message.say === 'heard') this.#hear(message);
    else if (message.say === 'rows') this.#takeRows(message, this.#waiting.get(message.id));
    else this.#finish(message);
  }

  #hear({ changes, to }: Extract<FromWorker, { say: 'heard' }>): void {
    this.#heardTo = to;
    this.#settings.onHeard(changes);
  }

  #finish(message: Extract<FromWorker, { say: 'done' | 'refused' }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#late.delete(message.id) && message.say === 'done') this.#settings.onHeard('everything');
    if (message.say === 'done') waiting?.resolve(waiting.answers);
    else {
      if (message.refused.limit) this.#settings.onLimit(message.refused.limit);
      waiting?.reject(asRefusal(message.refused));
    }
  }

  #takeRows(message: Extract<FromWorker, { say: 'rows' }>, waiting: Waiting | undefined): void {
    const { id, at, columns, rows, done } = message;
    if (!waiting) {
      if (!done) this.#send({ id, do: 'drop' });
      return;
    }
    waiting.sweeps = 0;
    waiting.columns = columns ?? waiting.columns;
    addRows(waiting.answers, at, { columns: waiting.columns, rows });
    if (!done) {
      this.#send({ id, do: 'more' });
      return;
    }
    this.#waiting.delete(id);
    waiting.resolve(waiting.answers);
  }

  #send(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #endOverdue(): void {
    for (const [id, waiting] of this.#waiting) {
      waiting.sweeps += 1;
      if (waiting.sweeps <= SWEEPS_PER_ANSWER) continue;
      this.#waiting.delete(id);
      if (waiting.isTold) this.#late.add(id);
      this.#settings.onLimit('storeAnswerMs');
      waiting.reject(new StoreRefusal('unavailable', 'The store did not answer in time (storeAnswerMs).'));
    }
  }

  #lost(worker: Worker, error: unknown): void {
    if (this.#closed || !this.#ready || worker !== this.#worker) return;
    this.#ready = false;
    const why = gone(error instanceof Error ? `failed: ${error.message}` : 'ended');
    this.#settings.onState(why.internal);
    this.#endAll(why);
    this.#startAgain();
  }

  #startAgain(): void {
    this.#restart = setTimeout(() => {
      this.open().then(
        () => this.#settings.onState(undefined),
        (error: Error) => {
          this.#settings.onState(error.message);
          if (!this.#closed) this.#startAgain();
        },
      );
    }, this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MS.last);
  }

  #endAll(error: StoreRefusal): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    // The next worker finds them among the changes.
    this.#late.clear();
  }
}

/** The same way from `src/` and from `dist/`. */
function workerFile(): URL {
  return new URL(`worker${extname(import.meta.url)}`, import.meta.url);
}

function addRows(
  answers: Row[][],
  at: number,
  { columns, rows }: { columns: readonly string[]; rows: readonly (readonly unknown[])[] },
): void {
  let answer = answers[at];
  if (!answer) {
    answer = [];
    answers[at] = answer;
  }
  for (const values of rows) {
    const row: Row = {};
    for (let column = 0; column < columns.length; column += 1) row[columns[column] ?? ''] = values[column];
    answer.push(row);
  }
}

function asRefusal({ kind, internal, ...options }: Refused): StoreRefusal {
  return new StoreRefusal(kind, internal, options);
}

function gone(what: string): StoreRefusal {
  return new StoreRefusal('unavailable', `The thread of the store ${what}.`);
}
