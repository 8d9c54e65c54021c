/*
 * What the routes of the admin API are made from. They know the data plane as what it tells operators, and as the snapshot.
 */
import type { Limits } from '../../model/limits.ts';
import type { Operator } from '../../model/operator.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Store } from '../store/store.ts';
import type { Vault } from '../vault.ts';

export interface AdminParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly publisher: Publisher;
  readonly operator: Operator;
  readonly limits: () => Limits;
  /** Wall clock. */
  readonly now: () => number;
  /** Of faults that nobody else is told. */
  readonly onFailure: (what: string, error: unknown) => void;
}
