/*
 * Where a page of a list ends: the value that it is sorted by, and the id. The next page begins after that, whatever was
 * added or deleted meanwhile.
 *
 * A cursor is opaque. It gives nobody anything (the query is held to the actor's organisation all the same), and what was
 * not made here for this order is `parameter_wrong` rather than a page from somewhere.
 */
import { createHash } from 'node:crypto';
import { AdminError } from '../../model/admin-errors.ts';

export interface Sort<Field extends string = string> {
  readonly field: Field;
  readonly descending: boolean;
}

export interface Position {
  readonly value: string | number;
  readonly id: string;
}

const SUM_BYTES = 9;
const CURSOR_LENGTH_MAX = 2048;

export function cursorOf(sort: Sort, { value, id }: Position): string {
  const text = JSON.stringify([nameOf(sort), value, id]);
  return Buffer.concat([sumOf(text), Buffer.from(text)]).toString('base64url');
}

/** Throws `parameter_wrong`. */
export function positionOf(sort: Sort, cursor: string): Position {
  const bytes = Buffer.from(cursor.slice(0, CURSOR_LENGTH_MAX), 'base64url');
  const text = bytes.subarray(SUM_BYTES).toString();
  if (cursor.length > CURSOR_LENGTH_MAX || !sumOf(text).equals(bytes.subarray(0, SUM_BYTES))) throw wrong();
  const [name, value, id] = partsOf(text);
  const isPlace = (typeof value === 'string' || Number.isSafeInteger(value)) && typeof id === 'string';
  if (name !== nameOf(sort) || !isPlace) throw wrong();
  return { value: value as Position['value'], id };
}

/** Anybody can work out the sum, so what it stands before is still anybody's. */
function partsOf(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(text);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** The order of the database, here: that of bytes, then of the id. */
export function comparing({ descending }: Sort): (a: Position, b: Position) => number {
  return (a, b) => (comparedValues(a.value, b.value) || comparedValues(a.id, b.id)) * (descending ? -1 : 1);
}

function comparedValues(a: string | number, b: string | number): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

function nameOf({ field, descending }: Sort): string {
  return `${descending ? '-' : ''}${field}`;
}

function sumOf(text: string): Buffer {
  return createHash('sha256').update(`cursor ${text}`).digest().subarray(0, SUM_BYTES);
}

function wrong(): AdminError {
  const say = 'It is not a cursor of this list in this order. Take "nextCursor" of the page before, or leave it out.';
  return new AdminError('parameter_wrong', { faults: [{ field: 'query.cursor', say }] });
}
