/*
 * All that a run found out: what is kept in `results/latest.json` and what the page is made from.
 */
import type { Absence, Name } from './contenders.ts';
import type { CredentialCost } from './credentials.ts';
import type { DecisionCost } from './decisions.ts';
import type { ListCost } from './many-tools.ts';
import type { Measured } from './measure.ts';
import type { SessionCost } from './sessions.ts';
import type { StartUp } from './start-up.ts';

export interface Memory {
  readonly name: Name;
  readonly beforeMb: number;
  readonly afterMb: number;
}

export interface Results {
  readonly conditions: Conditions;
  readonly cells: readonly Measured[];
  readonly memory: readonly Memory[];
  readonly startUps: readonly StartUp[];
  readonly sessions: SessionCost | undefined;
  readonly many: ListCost | undefined;
  readonly credentials: readonly CredentialCost[];
  readonly decisions: readonly DecisionCost[];
  readonly absent: readonly Absence[];
}

export interface Conditions {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly pinned: boolean;
  readonly loadBefore: number;
  /** `JSON.parse` of a 1 KB call: how fast the machine was just then, to compare runs with each other. */
  readonly parseCostUs: number;
}
