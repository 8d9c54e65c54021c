/*
 * Opens the store: the SQL is written here, sent to the worker, and what comes back is rows or an `AdminError`.
 *
 * A write carries its audit and its rows of `changes` in the same transaction. Whoever follows is told when it is durable
 * and before the writer knows, so that the writer finds it in the snapshot as soon as that is `settled`.
 */
import { AdminError, type AdminErrorName } from '../../model/admin-errors.ts';
import { STORE_LIMITS, type StoreLimits } from '../../model/limits-store.ts';
import type { Actor } from '../actor.ts';
import { masked } from '../collect/masked.ts';
import { type Writer, writerOf } from './dialects.ts';
import type { Sent, SentChange } from './engine/engine.ts';
import type { Heard } from './engine/messages.ts';
import { StoreRefusal } from './engine/refusal.ts';
import { newId } from './ids.ts';
import { Line } from './line.ts';
import { changesSince, changesSpan, insertAudit, insertChanges, pruneChanges } from './queries/records.ts';
import type { Audited, Change, Statement, Store, StoreState, Touched, Write } from './store.ts';
import type { Tables } from './tables.ts';

export interface StoreSettings {
  /** One of the two: the path of the SQLite file, or `postgres://…`. */
  readonly target: { readonly file: string } | { readonly url: string };
  /** Wall clock. */
  readonly now: () => number;
  /** As they are at the start; the defaults where left out. */
  readonly limits?: Partial<StoreLimits>;
  readonly onLimit?: ((limit: keyof StoreLimits) => void) | undefined;
  /** For tests: a worker that does more than ours. */
  readonly program?: URL | undefined;
  /** A fault of ours, or of a listener: for the log. */
  readonly onFailure?: ((what: string, error: unknown) => void) | undefined;
}

const CHANGES_MAX = 1000;
/** Own writes between two looks for notes of changes that are not needed any more. */
const WRITES_PER_PRUNING = 100;

/** Throws an `Error` for operators when there is no such database, or it is a later program's. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const store = new WorkerStore(settings);
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function limitsOf(stated: Partial<StoreLimits> = {}): StoreLimits {
  const names = Object.keys(STORE_LIMITS) as (keyof StoreLimits)[];
  return Object.fromEntries(names.map((name) => [name, stated[name] ?? STORE_LIMITS[name].initial])) as StoreLimits;
}

class WorkerStore implements Store {
  readonly kind: 'sqlite' | 'postgres';
  readonly #settings: StoreSettings;
  readonly #writer: Writer;
  readonly #line: Line;
  readonly #listeners = new Set<(touched: readonly Touched[]) => void>();
  readonly #limits: StoreLimits;
  #state: StoreState = { state: 'ready' };
  #written = 0;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    this.kind = 'file' in settings.target ? 'sqlite' : 'postgres';
    this.#writer = writerOf(this.kind);
    this.#limits = limitsOf(settings.limits);
    const follow = {
      everyMs: this.#limits.storeFollowMs,
      span: this.#sent(changesSpan()),
      since: this.#sent(changesSince({ seq: 0, limit: CHANGES_MAX })).sql,
      changesMax: CHANGES_MAX,
      after: undefined,
    };
    this.#line = new Line({
      worker: { target: settings.target, limits: this.#limits, follow },
      program: settings.program,
      now: settings.now,
      onHeard: (changes) => this.#hear(changes),
      onState: (failing) => this.#become(failing),
      onLimit: (limit) => settings.onLimit?.(limit),
    });
  }

  async open(): Promise<void> {
    await this.#line.open();
  }

  async read<Row>(statement: Statement<Row>): Promise<readonly Row[]> {
    const [rows] = await this.readAll<readonly [Row]>([statement]);
    return rows;
  }

  async readAll<Rows extends readonly unknown[]>(
    statements: {
      readonly [At in keyof Rows]: Statement<Rows[At]>;
    },
  ): Promise<{ readonly [At in keyof Rows]: readonly Rows[At][] }> {
    const sent = statements.map((statement) => this.#sent(statement));
    const answers = await this.#line.read(sent).catch((error) => this.#refuse(error, []));
    // Rows are as the statements' types say: the schema is ours, and so are the names of columns.
    return answers as unknown as { readonly [At in keyof Rows]: readonly Rows[At][] };
  }

  async write(actor: Actor, { changes, touched, audit }: Write): Promise<void> {
    const atMs = this.#settings.now();
    const audits = audit.length === 0 ? [] : [this.#sent(insertAudit(audit.map((one) => auditRow(actor, one, atMs))))];
    const told =
      touched.length === 0 ? undefined : this.#sent(insertChanges(touched.map((one) => changeRow(one, atMs))));
    await this.#send(changes, [...changes.map((change) => this.#change(change)), ...audits, ...this.#pruning()], told);
    if (touched.length > 0) this.#tell(touched);
  }

  async note(changes: readonly Change[]): Promise<void> {
    const sent = changes.map((change) => this.#change(change));
    await this.#send(changes, sent, undefined);
  }

  onWritten(listener: (touched: readonly Touched[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  status(): StoreState {
    return this.#state;
  }

  async close(): Promise<void> {
    await this.#line.close();
  }

  /** Now and then a write takes old notes of changes along. */
  #pruning(): Sent[] {
    this.#written = (this.#written + 1) % WRITES_PER_PRUNING;
    return this.#written === 0 ? [this.#sent(pruneChanges(this.#limits.storeChangesMax))] : [];
  }

  async #send(changes: readonly Change[], sent: readonly SentChange[], told: Sent | undefined): Promise<void> {
    if (sent.length === 0 && !told) return;
    await this.#line.write({ changes: sent, told }).catch((error) => this.#refuse(error, changes));
  }

  #change({ statement, rows }: Change): SentChange {
    return { ...this.#sent(statement), rows: rows?.count };
  }

  #sent(statement: Statement): Sent {
    const { sql, parameters } = statement.compile(this.#writer);
    return { sql, parameters: parameters.map(checkedParameter) };
  }

  #refuse(error: unknown, changes: readonly Change[]): never {
    if (!(error instanceof StoreRefusal)) throw error;
    if (error.kind === 'internal') this.#settings.onFailure?.('store', error);
    if (error.kind === 'guard') throw new AdminError(guardOf(changes, error.at), { cause: error });
    throw new AdminError(KINDS[error.kind], { cause: error });
  }

  #become(failing: string | undefined): void {
    this.#state =
      failing === undefined
        ? { state: 'ready' }
        : { state: 'failing', reason: failing, sinceMs: sinceOf(this.#state) ?? this.#settings.now() };
  }

  #hear(changes: readonly Heard[] | 'everything'): void {
    if (changes === 'everything') this.#tell([]);
    else if (changes.length > 0) this.#tell(changes.map(touchedOf));
  }

  /** One listener that throws keeps nobody else from hearing, and undoes nothing. */
  #tell(touched: readonly Touched[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(touched);
      } catch (error) {
        this.#settings.onFailure?.('a listener of the store', error);
      }
    }
  }
}

const KINDS = {
  conflict: 'conflict',
  unavailable: 'unavailable',
  newer_schema: 'unavailable',
  internal: 'internal',
} as const satisfies Record<Exclude<StoreRefusal['kind'], 'guard'>, AdminErrorName>;

function guardOf(changes: readonly Change[], at: number | undefined): AdminErrorName {
  return (at === undefined ? undefined : changes[at]?.rows?.as) ?? 'internal';
}

function sinceOf(state: StoreState): number | undefined {
  return state.state === 'failing' ? state.sinceMs : undefined;
}

/** What both databases take, and take alike: Postgres has no NUL in text, and neither keeps half a character. */
function checkedParameter(value: unknown): string | number | null {
  if (value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value !== 'string')
    throw new TypeError(`A ${typeof value} is not stored: text, whole numbers and null are.`);
  if (value.includes('\0') || !value.isWellFormed()) {
    const say = 'Text may have neither the character NUL nor half a surrogate pair in it.';
    throw new AdminError('parameter_wrong', { faults: [{ field: 'body', say }], say });
  }
  return value;
}

function auditRow(actor: Actor, { before, after, ...audited }: Audited, atMs: number) {
  return {
    ...audited,
    id: newId('adminAudit'),
    organisation: actor.organisation,
    atMs,
    requestId: actor.requestId,
    address: actor.address,
    actor: actor.id,
    beforeJson: jsonOf(before),
    afterJson: jsonOf(after),
  };
}

function jsonOf(value: unknown): string | null {
  // Whoever makes a write masks it; whoever forgets leaves no secret here for all that.
  return value === undefined || value === null ? null : JSON.stringify(masked(value));
}

function changeRow({ kind, id, organisation }: Touched, atMs: number) {
  return { kind, targetId: id, organisation, atMs };
}

function touchedOf({ kind, targetId, organisation }: Heard): Touched {
  // Only `changeRow` writes them, here or in another process of this schema.
  return { kind: kind as keyof Tables, id: targetId, organisation };
}
