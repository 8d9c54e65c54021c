/*
 * What a server of the matrix remembers: what was added to its lists, in files, so that all processes of one server agree
 * as those of a real one do; and whom this process tells of a change.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { Ledger } from './ledger.ts';

export type ListKind = 'tools' | 'prompts' | 'resources';
export type Change = { readonly kind: ListKind } | { readonly uri: string };

export class State {
  readonly ledger: Ledger;
  /** Task → status. */
  readonly tasks = new Map<string, string>();
  readonly #folder: string;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(server: string, folder: string) {
    this.ledger = new Ledger(folder);
    this.#folder = join(folder, server);
  }

  /** The entry that is in the list every other time. */
  added(kind: ListKind, more: JsonObject): JsonObject[] {
    return this.#has(kind) ? [{ name: 'added', ...more }] : [];
  }

  /** Adds the entry, or takes it away, and tells of it; gives whether it is there now. */
  change(kind: ListKind): boolean {
    const there = !this.#has(kind);
    if (there) writeFileSync(this.#fileOf(kind), '');
    else rmSync(this.#fileOf(kind));
    this.#tell({ kind });
    return there;
  }

  touch(uri: string): void {
    this.#tell({ uri });
  }

  /** Gives what ends it. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #has(kind: ListKind): boolean {
    return existsSync(this.#fileOf(kind));
  }

  #fileOf(kind: ListKind): string {
    return `${this.#folder}.${kind}`;
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}
