/*
 * What Postgres, or the way to it, says went wrong, as one of our kinds. Its codes: PostgreSQL documentation, appendix A.
 *
 * Words of Postgres may have values of rows in them; of a fault of ours only its code and what it is about are kept.
 */
import { DatabaseError } from 'pg';
import { StoreRefusal, type WorkerLimit } from './refusal.ts';

const UNIQUE = '23505';
const FOREIGN_KEY = '23503';

/** Classes and codes of what may pass, or be put right by an operator. */
const UNAVAILABLE = /^(?:08|28|40|53|57|58|XX001|XX002|25006|25P03|3D000|3F000|42501|42P01|55P03|55006|0A000$)/;

/** The transaction was undone because of others; it may be tried again as it is. */
const UNDONE = new Set(['40001', '40P01']);

/** The statement was ended by its time; its connection is as good as before. */
const ENDED = '57014';

export function postgresRefusal(error: unknown): StoreRefusal {
  if (error instanceof StoreRefusal) return error;
  if (!(error instanceof DatabaseError)) {
    const words = error instanceof Error ? error.message || error.name : String(error);
    return new StoreRefusal('unavailable', `The database cannot be reached: ${words}`, {
      limit: limitOf(words),
      cause: error,
    });
  }
  const { code = '', constraint = '', table = '' } = error;
  if (code === UNIQUE || code === FOREIGN_KEY)
    return new StoreRefusal('conflict', `${code} ${constraint}`, { cause: error });
  if (UNAVAILABLE.test(code))
    return new StoreRefusal('unavailable', `Postgres says: ${error.message} (${code})`, {
      limit: code === ENDED ? 'storeStatementMs' : undefined,
      cause: error,
    });
  return new StoreRefusal('internal', `Postgres ${code} ${table} ${constraint}`.trimEnd(), { cause: error });
}

/** By the words of `pg` and its pool, which have no codes. */
function limitOf(words: string): WorkerLimit | undefined {
  if (/query read timeout/i.test(words)) return 'storeStatementMs';
  return /timeout/i.test(words) ? 'storeWaitMs' : undefined;
}

export function mayRepeat(error: unknown): boolean {
  if (error instanceof DatabaseError) return UNDONE.has(error.code ?? '');
  return false;
}

/** Whether the connection it came from can be used again. */
export function leavesConnection(error: unknown): boolean {
  if (error instanceof StoreRefusal) return true;
  if (!(error instanceof DatabaseError)) return false;
  const { code = '' } = error;
  return code === ENDED || !/^(?:08|57|58|53|25006|XX)/.test(code);
}
