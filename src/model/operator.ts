/*
 * What the operator of a gateway is told about it. Plain data: it goes over the operator's socket today and over the admin
 * API later.
 *
 * Reasons and words on stderr may name addresses and paths, so these are for the operator and for nobody else.
 */
import type { EntryKind, ServerState } from './catalogue.ts';
import type { ExplainQuestion, Explanation } from './explanation.ts';

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
  readonly reason: 'filtered' | 'denied' | 'name_conflict';
  /** The rule, or the name that is in the way. */
  readonly why: string;
  /** `''` is the default one. */
  readonly endpoint: string;
}

export interface ServerStatus {
  readonly name: string;
  readonly title?: string;
  readonly transport: 'stdio' | 'http' | 'sse';
  readonly state: ServerState;
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
}
