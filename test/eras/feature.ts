/*
 * What a feature of the matrix is, and the cell in which it is tried.
 */
import type { JsonObject } from '../rig/scripted-script.ts';
import type { Answer, CallOptions, EraClient } from './client.ts';
import type { DriverName, Endpoint, Kind } from './kinds.ts';
import type { Ledger } from './servers/ledger.ts';

export const GROUPS = [
  'opening',
  'lists',
  'calls',
  'contents',
  'streams',
  'questions',
  'changes',
  'tasks',
  'ends',
] as const;
export type Group = (typeof GROUPS)[number];

export interface Feature {
  readonly name: string;
  /** What a reader of the page learns. */
  readonly says: string;
  readonly group: Group;
  /** Drivers that can tell; all when left out. Libraries hide what they repair, and what they do not know. */
  readonly drivers?: readonly DriverName[];
  /** Needs a second client, which is opened before its time is taken. */
  readonly withOther?: boolean;
  /** Throws when it is not as the revisions of both sides say. `over` aborts when nobody waits any more. */
  readonly run: (cell: Cell, over: AbortSignal) => Promise<void>;
}

/** A client at an endpoint of a server. */
export interface Pair {
  readonly client: Kind;
  readonly server: Kind;
  readonly endpoint: Endpoint;
}

export interface CellOptions extends Pair {
  readonly driver: DriverName;
  /** Opened. */
  readonly it: EraClient;
  /** One more client of the same kind, for a feature that wants it. */
  readonly other?: EraClient;
  readonly ledger: Ledger;
}

let marks = 0;

export class Cell {
  readonly client: Kind;
  readonly server: Kind;
  readonly endpoint: Endpoint;
  readonly driver: DriverName;
  readonly it: EraClient;
  readonly #other: EraClient | undefined;
  readonly ledger: Ledger;

  constructor(options: CellOptions) {
    this.client = options.client;
    this.server = options.server;
    this.endpoint = options.endpoint;
    this.driver = options.driver;
    this.it = options.it;
    this.#other = options.other;
    this.ledger = options.ledger;
  }

  get other(): EraClient {
    if (!this.#other) throw new Error('the feature has not said that it needs another client');
    return this.#other;
  }

  /** The name of a tool or prompt of the server at the endpoint. */
  readonly name = (own: string): string => (this.endpoint === 'transparent' ? own : `${this.server.name}__${own}`);

  /** The URI of a resource of the server at the endpoint. */
  readonly uri = (own: string): string => {
    if (this.endpoint === 'transparent') return own;
    const app = 'ui://';
    return own.startsWith(app) ? `${app}${this.server.name}/${own.slice(app.length)}` : `${this.server.name}+${own}`;
  };

  /** A word that nobody else has used. */
  mark(): string {
    marks += 1;
    return `mark-${process.pid}-${marks}`;
  }

  async tool(name: string, input: JsonObject = {}, options: CallOptions = {}, client = this.it): Promise<Answer> {
    return client.call('tools/call', { name: this.name(name), arguments: input }, options);
  }

  /** The text of a tool's answer, which must be a good one. */
  async said(name: string, input: JsonObject = {}, options: CallOptions = {}): Promise<string> {
    const { result, error } = await this.tool(name, input, options);
    if (error) throw new Error(`${name}: ${error.code} ${error.message}`);
    const text = textOf(result);
    if (result.isError) throw new Error(`${name} failed: ${text}`);
    return text;
  }

  /** All entries of a list, through all its pages. */
  async list(method: string, member: string): Promise<JsonObject[]> {
    const entries: JsonObject[] = [];
    let cursor: unknown;
    for (let page = 0; page < 20; page++) {
      const { result, error } = await this.it.call(method, cursor === undefined ? {} : { cursor });
      if (error) throw new Error(`${method}: ${error.code} ${error.message}`);
      entries.push(...(result[member] as JsonObject[]));
      cursor = result.nextCursor;
      if (cursor === undefined) return entries;
    }
    throw new Error(`${method} has no last page`);
  }
}

export function textOf(result: JsonObject): string {
  const [block] = (result.content ?? []) as readonly { readonly text?: string }[];
  return block?.text ?? '';
}
