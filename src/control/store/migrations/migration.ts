/*
 * What a migration is: statements in the words that both databases have, with the few words in which they differ.
 *
 * Forward only, and never changed once it was released: what was wrong is put right by the next one.
 */

/** The words of one database. */
export interface Words {
  /** A whole number of 64 bits. */
  readonly int: string;
  /** Text that is compared by its bytes, so that lists have one order in both databases, and here. */
  readonly text: string;
  /** A primary key that counts up by itself, and never gives a number twice. */
  readonly serial: string;
  /** What stands after the columns of a table. */
  readonly options: string;
}

export interface Migration {
  readonly name: string;
  readonly statements: (words: Words, nowMs: number) => readonly string[];
}

export const SQLITE_WORDS: Words = {
  int: 'integer',
  text: 'text',
  serial: 'integer primary key autoincrement',
  options: ' strict',
};

export const POSTGRES_WORDS: Words = {
  int: 'bigint',
  text: 'text collate "C"',
  serial: 'bigint generated always as identity primary key',
  options: '',
};
