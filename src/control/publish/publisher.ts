/*
 * From what the file says and what is stored to the one snapshot that the data plane goes by. What the file defines wins a
 * clash of names and is read-only; the overlay holds for both. One rebuild at a time, and of what was touched only.
 */
import type { EndpointDefinition, ServerDefinition, Snapshot } from '../../model/snapshot.ts';

/** Where an object was defined. */
export type Origin = 'file' | 'store';

export interface Known<Definition> {
  /** The id of its row; `file.{kind}.{name}` for what the file defines. */
  readonly id: string;
  readonly origin: Origin;
  readonly organisation: string;
  /** As it is called in its organisation; in the snapshot that may be `{organisation}--{name}`. */
  readonly name: string;
  readonly definition: Definition;
}

/** A stored object that is not in the snapshot, and why. */
export interface Unpublished {
  readonly kind: 'server' | 'endpoint' | 'policy' | 'role' | 'user' | 'key' | 'mapping';
  readonly id: string;
  readonly organisation: string;
  readonly name: string;
  /** `name_conflict` when the file has one of that name; otherwise words for operators. */
  readonly why: string;
}

export interface Publisher {
  readonly snapshot: () => Snapshot;
  /**
   * Resolves when everything that was written before now is in the snapshot. Throws `AdminError` `unavailable` when that could
   * not be: it is stored, and tried again, and nobody is told that it holds.
   */
  settled(): Promise<void>;
  servers(): ReadonlyMap<string, Known<ServerDefinition>>;
  endpoints(): ReadonlyMap<string, Known<EndpointDefinition>>;
  unpublished(): readonly Unpublished[];
  /** When the store was last read without a fault; what health shows as the age of the snapshot. Wall clock. */
  readAtMs(): number;
}
