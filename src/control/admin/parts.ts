/*
 * What the routes of the admin API are made from. They know the data plane as what it tells operators, and as the snapshot.
 */
import type { ConditionFault } from '../../config/access-rules.ts';
import type { Config } from '../../config/config.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import type { Operator } from '../../model/operator.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Store } from '../store/store.ts';
import type { Vault } from '../vault.ts';
import type { Logins } from './people/logins.ts';

export interface AdminParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly publisher: Publisher;
  readonly operator: Operator;
  /** Who logs in, and who somebody is by what they show (`openLogins`); its `credentials` are those of the application. */
  readonly logins: Logins;
  /** What the configuration file says, as the snapshot was made of it: its objects are shown, and read-only. */
  readonly file: () => Config;
  /** Judges conditions as it does for the file. */
  readonly conditionFault: ConditionFault;
  readonly limits: () => Limits;
  /** A limit was hit. */
  readonly onLimit: (limit: LimitName) => void;
  /** Events that wait to be written down, and those that could not be. */
  readonly written?: () => { readonly waiting: number; readonly lost: number };
  /** Wall clock. */
  readonly now: () => number;
  /** Of faults that nobody else is told. */
  readonly onFailure: (what: string, error: unknown) => void;
}
