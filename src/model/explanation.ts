/*
 * Why somebody may use something, or may not: the operator's question and what is told. Plain data: it goes over the
 * operator's socket today and over the admin API later. It names rules, addresses and people, so it is for the operator and
 * for nobody else; a credential is in the question at most, and never in what is told.
 */
import type { DoorName } from './call.ts';
import type { EntryKind, ServerState } from './catalogue.ts';
import type { ServerSwitch } from './overlay.ts';
import type { Revision } from './revision.ts';

export const EXPLAINED = ['tool', 'prompt', 'resource'] as const;
export type Explained = (typeof EXPLAINED)[number];

export interface ExplainQuestion {
  readonly as: AskedFor;
  /** What a token of the principal would claim: for ids of issuers and users, of whom nothing else is known. */
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly kind: Explained;
  /** As clients of the endpoint call it, or `server.name`. */
  readonly name: string;
  /** `''` is the default one. */
  readonly endpoint: string;
  /** JSON text of an object; undefined when nothing is known of the arguments. */
  readonly arguments: string | undefined;
  readonly request: AskedRequest | undefined;
}

/**
 * A word is the name of a principal, or else a credential. A name is never taken for a credential, and means only somebody
 * who acts in the organisation; with it only what that has or is shared with it is told.
 */
export type AskedFor =
  | { readonly word: string }
  | { readonly credential: string }
  | { readonly name: string; readonly organisation: string };

export interface AskedRequest {
  readonly address: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly door: DoorName;
  readonly revision: Revision;
  /** Wall clock; undefined for now. */
  readonly atMs: number | undefined;
}

/** `depends`: a condition looks at what the question did not say. */
export type ExplainedAnswer = 'yes' | 'no' | 'step-up' | 'depends';

export interface Explanation {
  readonly answer: ExplainedAnswer;
  /** The rule that decided; those that are open for `depends`; `''` where none was asked. */
  readonly rule: string;
  /** Why not; or why nobody answers a call that may be made. */
  readonly reason: ExplainedReason | undefined;
  /** The whole in one sentence. */
  readonly say: string;
  readonly principal: ToldPrincipal | undefined;
  /** What was asked about was taken for a credential. */
  readonly wasCredential: boolean;
  /** As it stands in a URL. */
  readonly path: string;
  readonly target: ToldTarget | undefined;
  /** All that a call would need, for `step-up`. */
  readonly scopes: readonly string[] | undefined;
  /** What would have to be known, for `depends`: `arguments`, `request.time` … */
  readonly dependsOn: readonly string[] | undefined;
  /** How it came about, in order. */
  readonly steps: readonly ExplainStep[];
}

export type ExplainedReason =
  /** Nobody is recognised. */
  | 'credential'
  | 'endpoint_unknown'
  /** Nobody has it. */
  | 'unknown'
  /** Several servers have it; say which. */
  | 'ambiguous'
  | 'filtered'
  | 'denied'
  | 'name_conflict'
  /** The kill switch holds the tool. */
  | 'killed'
  | ServerSwitch
  | Exclude<ServerState, 'ready'>;

export interface ToldPrincipal {
  readonly id: string;
  readonly kind: string;
  readonly organisation: string;
  readonly user: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly grants: 'all' | 'none';
}

export interface ToldTarget {
  readonly kind: EntryKind;
  readonly server: string;
  /** As the server calls it. */
  readonly key: string;
  /** As clients of the endpoint call it. */
  readonly name: string;
  /** Undefined where no gateway runs. */
  readonly state: ServerState | undefined;
}

export interface ExplainStep {
  readonly about: 'who' | 'claims' | 'endpoint' | 'target' | 'refusal' | 'policy' | 'scopes' | 'grant';
  /** `decides`: this is what it came to; `open`: it depends. */
  readonly mark: 'told' | 'passes' | 'decides' | 'open';
  /** `''` where it is no rule. */
  readonly rule: string;
  readonly say: string;
}
