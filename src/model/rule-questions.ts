/*
 * What may be asked about rules before and after they hold: what a change of policies would change, which limit rules mean a
 * call, what somebody may list. Answered by the data plane, because it decides and nobody else does; the control plane asks.
 *
 * Every question is asked for one organisation: of principals that act in it, about servers that it has or that are shared.
 */
import type { PolicyDefinition } from './access.ts';
import type { EntryKind } from './catalogue.ts';
import type {
  ExplainedAnswer,
  ExplainedReason,
  ExplainQuestion,
  Explanation,
  ToldPrincipal,
  ToldTarget,
} from './explanation.ts';

/** The policies of one organisation as they would be. */
export interface PolicyChange {
  readonly organisation: string;
  /** Names of those that would not be there. */
  readonly without: readonly string[];
  readonly put: readonly PolicyDefinition[];
}

export interface BeforeAndAfter {
  readonly before: Explanation;
  readonly after: Explanation;
}

/** Everybody named, asked about everything that the servers of an endpoint list. */
export interface Sample {
  /** Ids of principals. */
  readonly principals: readonly string[];
  /** `''` is the default one. */
  readonly endpoint: string;
  /** How many pairs of a principal and an entry are looked at. */
  readonly pairsMax: number;
  /** How many of those that differ are told. */
  readonly rowsMax: number;
}

export interface SampleAnswer {
  readonly answer: ExplainedAnswer;
  readonly rule: string;
}

export interface SampleRow {
  readonly principal: string;
  readonly kind: EntryKind;
  readonly server: string;
  /** As the server calls it. */
  readonly name: string;
  readonly before: SampleAnswer;
  readonly after: SampleAnswer;
}

export interface SampleReport {
  /** Those that are answered otherwise, as far as there was room. */
  readonly rows: readonly SampleRow[];
  /** How many are answered otherwise, of those that were looked at. */
  readonly changed: number;
  /** How many stay as they are, by another rule. */
  readonly otherRule: number;
  readonly asked: number;
  /** There was more than `pairsMax` to look at. */
  readonly isCut: boolean;
  readonly unknown: readonly { readonly principal: string; readonly why: string }[];
}

/** Whom and what a limit rule means, as a policy says it; `name` tells the rules apart. */
export type RuleCase = Pick<PolicyDefinition, 'name' | 'who' | 'exceptWho' | 'what' | 'exceptWhat' | 'when'>;

/** `error`: its condition cannot be judged, so it counts. `depends`: on what the question did not say. */
export type Counted = 'yes' | 'no' | 'depends' | 'error';

export interface Weighing {
  /** Undefined where nobody is recognised, or nothing is meant; `why` says so. */
  readonly call: { readonly principal: ToldPrincipal; readonly target: ToldTarget } | undefined;
  readonly why: ExplainedReason | undefined;
  /** Whether the call may be made; of one that may not nothing is counted. */
  readonly answer: ExplainedAnswer;
  /** By name of the rule; those that are not there mean somebody or something else. */
  readonly counted: ReadonlyMap<string, Counted>;
}

/** Where somebody may list a tool; or by which rule they may not, which is for who manages the server. */
export type Sight = (server: string, tool: string) => Seen;
export type Seen = { readonly endpoint: string } | { readonly reason: string; readonly rule: string };

export interface RuleQuestions {
  /** Each question answered as it is now, and as it would be. */
  rehearse(change: PolicyChange, questions: readonly ExplainQuestion[]): Promise<readonly BeforeAndAfter[]>;
  sample(change: PolicyChange, sample: Sample): Promise<SampleReport>;
  weigh(organisation: string, rules: readonly RuleCase[], question: ExplainQuestion): Promise<Weighing>;
  /** What a principal may list who acts in the organisation; undefined when nobody is known by that id. */
  sightOf(principal: string, organisation: string, address: string): Promise<Sight | undefined>;
}
