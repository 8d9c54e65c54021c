/*
 * What SQLite says went wrong, as one of our kinds. Its result codes: sqlite.org/rescode.html.
 */
import { StoreRefusal } from './refusal.ts';

const PRIMARY = 0xff;
const FOREIGN_KEY = 787;
const PRIMARY_KEY = 1555;
const UNIQUE = 2067;
const BUSY = 5;

/** Primary codes of what may pass, or be put right by an operator. */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  5: 'is locked by another program',
  6: 'is locked',
  7: 'has no memory',
  8: 'is read-only',
  10: 'cannot be read or written',
  11: 'is damaged',
  13: 'has no room: the disk is full',
  14: 'cannot be opened',
  15: 'is locked',
  23: 'may not be used',
  26: 'is not a database',
};

export function sqliteRefusal(error: unknown, database = 'The database'): StoreRefusal {
  if (error instanceof StoreRefusal) return error;
  const code = codeOf(error);
  if (code === UNIQUE || code === PRIMARY_KEY || code === FOREIGN_KEY) {
    return new StoreRefusal('conflict', messageOf(error), { cause: error });
  }
  const why = UNAVAILABLE[code & PRIMARY];
  if (why) {
    const limit = (code & PRIMARY) === BUSY ? 'storeStatementMs' : undefined;
    return new StoreRefusal('unavailable', `${database} ${why} (SQLite ${code}).`, { limit, cause: error });
  }
  return new StoreRefusal('internal', `SQLite ${code}: ${messageOf(error)}`, { cause: error });
}

function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : -1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
