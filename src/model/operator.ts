/*
 * What the operator of a gateway is told about it. Plain data: it goes over the operator's socket today and over the admin
 * API later.
 *
 * Reasons and words on stderr may name addresses and paths, so these are for the operator and for nobody else.
 */
import type { EntryKind, ServerState } from './catalogue.ts';
import type { ExplainQuestion, Explanation } from './explanation.ts';
import type { LiveFilter, SessionsFilter, SessionsReport, ToolsReport, Trial, UpstreamReport } from './live.ts';
import type { ServerSwitch } from './overlay.ts';
import type { RuleQuestions } from './rule-questions.ts';
import type { ServerDefinition } from './snapshot.ts';

export interface GatewayReport {
  readonly instance: string;
  readonly pid: number;
  readonly version: string;
  /** `http://host:port`; `''` when it listens for nobody but its operator. */
  readonly url: string;
  /** The configuration file, absolute. */
  readonly config: string;
  /** What is wrong with that file as it is now, each on a line; the gateway goes by what it was before. */
  readonly faults: readonly string[];
}

/** An entry that a server has and clients of an endpoint do not see. */
export interface WithheldEntry {
  readonly kind: EntryKind;
  /** As the server calls it. */
  readonly name: string;
  readonly reason: 'filtered' | 'denied' | 'disabled' | 'killed' | 'name_conflict';
  /** The rule, or the name that is in the way. */
  readonly why: string;
  /** `''` is the default one. */
  readonly endpoint: string;
}

export interface ServerStatus {
  readonly name: string;
  readonly title?: string;
  readonly transport: 'stdio' | 'http' | 'sse';
  /** The switch of the overlay, where there is one. */
  readonly state: ServerState | ServerSwitch;
  /** Why it is not `ready`. */
  readonly reason?: string;
  readonly revision?: string;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
  readonly templates: number;
}

export interface ServerReport extends ServerStatus {
  readonly withheld: readonly WithheldEntry[];
}

export interface LogReport {
  readonly server: string;
  /** Everything the server's process wrote to stderr that is still kept, oldest first. */
  readonly text: string;
}

/** The keys that stored secrets are sealed with. No key is in it. */
export interface SecretsReport {
  readonly keys: readonly {
    readonly id: string;
    readonly current: boolean;
    /** False: what it seals cannot be opened. */
    readonly here: boolean;
    /** How many it seals. */
    readonly secrets: number;
  }[];
  /** Where the current one comes from: a variable, or a file. */
  readonly from: string;
}

export interface RotationReport {
  /** Of the current key. */
  readonly keyId: string;
  /** False: a rotation before had not come to its end; this one went on with it. */
  readonly made: boolean;
  readonly resealed: number;
  /** Not sealed with the current key, because they could not be opened. */
  readonly left: number;
  /** Ids of older keys that sealed nothing any more. */
  readonly forgotten: readonly string[];
}

/** Stored secrets as their operator sees them. What cannot be done is thrown as an `Error` in words for them. */
export interface SecretsDesk {
  status(): Promise<SecretsReport>;
  rotate(): Promise<RotationReport>;
}

/** What an operator may ask for, whatever way the asking comes. */
export interface Operator {
  about(): GatewayReport;
  servers(): readonly ServerReport[];
  /** Undefined for a server that there is not. */
  logs(server: string): LogReport | undefined;
  /** Resolves when the server is up again, or could not be reached. Undefined as above. */
  restart(server: string): Promise<ServerStatus> | undefined;
  /** Why somebody may use something, or may not. */
  explain(question: ExplainQuestion): Promise<Explanation>;
  /** All that a server lists, whoever may use it; the same objects for as long as its list is the same. Undefined as above. */
  tools(server: string): ToolsReport | undefined;
  /** Has the lists of a server read anew. Resolves when they were, or could not be. Undefined as above. */
  refresh(server: string): Promise<ServerStatus> | undefined;
  /**
   * Connects, shakes hands, counts what is listed, and leaves; the servers of the gateway stay as they are. `definition` need
   * not be of the snapshot. Never rejects.
   */
  tryOut(definition: ServerDefinition, signal: AbortSignal): Promise<Trial>;
  /** The rule for addresses from elsewhere that this one is against, in words; undefined when it may be dialled. */
  addressFault(address: string): Promise<string | undefined>;
  sessions(filter: SessionsFilter): SessionsReport;
  /** False when there is no such one, or it is another organisation's. */
  endSession(id: string, filter: LiveFilter): boolean;
  upstreams(filter: LiveFilter): readonly UpstreamReport[];
  readonly rules: RuleQuestions;
  /** Undefined for a gateway without a store. */
  readonly secrets?: SecretsDesk | undefined;
}
