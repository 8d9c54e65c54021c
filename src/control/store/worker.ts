/*
 * The store's worker: the one thread that has the database. It is given SQL as text, and answers with rows as lists.
 *
 * The driver is loaded here, and only the one that is needed.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Batch, Engine } from './engine/engine.ts';
import { Follow } from './engine/follow.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './engine/messages.ts';
import { Pieces } from './engine/pieces.ts';
import { type Refused, StoreRefusal } from './engine/refusal.ts';

async function serve(port: NonNullable<typeof parentPort>, settings: WorkerSettings): Promise<void> {
  const say = (message: FromWorker) => port.postMessage(message);
  try {
    const engine = await openEngine(settings);
    const follow = new Follow(engine, settings.follow, {
      heard: (changes, to) => say({ say: 'heard', changes, to }),
      state: (failing) => say({ say: 'state', failing }),
    });
    const to = await follow.start();
    const desk = new Desk(engine, follow, say);
    port.on('message', (message: ToWorker) => {
      void desk.take(message).then(() => message.do === 'close' && port.close());
    });
    say({ say: 'ready', to });
  } catch (error) {
    say({ say: 'not_ready', refused: refusedOf(error) });
    port.close();
  }
}

async function openEngine({ target, nowMs, limits }: WorkerSettings): Promise<Engine> {
  if ('file' in target) {
    const { openSqlite } = await import('./engine/sqlite.ts');
    return openSqlite(target.file, nowMs, limits);
  }
  const { openPostgres } = await import('./engine/postgres.ts');
  return openPostgres(target.url, nowMs, limits);
}

class Desk {
  readonly #engine: Engine;
  readonly #follow: Follow;
  readonly #say: (message: FromWorker) => void;
  readonly #pieces = new Pieces();
  readonly #running = new Set<Promise<void>>();

  constructor(engine: Engine, follow: Follow, say: (message: FromWorker) => void) {
    this.#engine = engine;
    this.#follow = follow;
    this.#say = say;
  }

  take(message: ToWorker): Promise<void> {
    const taken = this.#take(message).finally(() => this.#running.delete(taken));
    if (message.do !== 'close') this.#running.add(taken);
    return taken;
  }

  async #take(message: ToWorker): Promise<void> {
    try {
      this.#say(await this.#answer(message));
    } catch (error) {
      this.#say({ say: 'refused', id: message.id, refused: refusedOf(error) });
    }
  }

  async #answer(message: ToWorker): Promise<FromWorker> {
    const { id } = message;
    if (message.do === 'read') return this.#pieces.first(id, await this.#engine.read(message.statements));
    if (message.do === 'more') return this.#pieces.next(id) ?? { say: 'done', id };
    if (message.do === 'write') await this.#write(message.batch);
    else if (message.do === 'drop') this.#pieces.drop(id);
    else await this.#close();
    return { say: 'done', id };
  }

  async #write(batch: Batch): Promise<void> {
    let seqs: readonly number[] = [];
    try {
      await this.#engine.write(batch, (told) => {
        this.#follow.uncertain(seqs);
        seqs = told;
        this.#follow.own(seqs);
      });
      this.#follow.outcome(undefined);
    } catch (error) {
      this.#follow.uncertain(seqs);
      const refused = refusedOf(error);
      if (refused.kind === 'unavailable') this.#follow.outcome(refused.internal);
      throw error;
    }
  }

  /** What is under way is finished and answered. */
  async #close(): Promise<void> {
    await Promise.all(this.#running);
    await this.#follow.stop();
    await this.#engine.close();
  }
}

function refusedOf(error: unknown): Refused {
  if (error instanceof StoreRefusal) {
    const { kind, internal, at, limit } = error;
    return { kind, internal, at, limit };
  }
  return { kind: 'internal', internal: error instanceof Error ? error.message : String(error) };
}

if (parentPort) await serve(parentPort, workerData as WorkerSettings);
