/*
 * A client of the matrix as the features see it: open, call, be asked, hear, watch. Each driver carries these to the wire
 * in the words of its revision.
 */
import type { RpcId, RpcMessage } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import type { Kind } from './kinds.ts';

export interface Heard {
  readonly method: string;
  readonly params: JsonObject;
}

export interface Failure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface Answer {
  readonly result: JsonObject;
  /** Undefined when there is a result. */
  readonly error: Failure | undefined;
  /** What was told of this very call before its answer. */
  readonly progress: readonly JsonObject[];
  /** The bytes in which the answer stood; drivers that are SDKs do not show them. */
  readonly text: string;
}

export interface CallOptions {
  readonly id?: RpcId;
  readonly meta?: JsonObject;
  /** Asks for progress. */
  readonly progress?: boolean;
  /** The level that is wanted from here on; how that is said is the revision's business. */
  readonly logLevel?: string;
  /** HTTP fields that a client of this revision must send with the call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cancels as the revision does. */
  readonly signal?: AbortSignal;
}

export interface Opened {
  readonly version: string | undefined;
  readonly serverInfo: JsonObject;
  readonly capabilities: JsonObject;
  readonly instructions: string | undefined;
}

/** What is to be told of. */
export interface Watch {
  readonly lists?: boolean;
  readonly uris?: readonly string[];
}

/** Where a client finds the gateway. */
export interface Place {
  readonly url: string;
  /** For clients that launch a command. */
  readonly args: readonly string[];
}

export abstract class EraClient {
  readonly kind: Kind;
  readonly place: Place;
  /** Notifications, wherever they came. */
  readonly heard: Heard[] = [];
  /** Questions of the server. */
  readonly asked: { readonly method: string; readonly params: JsonObject }[] = [];
  opened: Opened = { version: undefined, serverInfo: {}, capabilities: {}, instructions: undefined };
  readonly #watchers = new Set<() => void>();

  constructor(kind: Kind, place: Place) {
    this.kind = kind;
    this.place = place;
  }

  abstract open(): Promise<void>;
  abstract call(method: string, params?: JsonObject, options?: CallOptions): Promise<Answer>;
  abstract watch(watch: Watch): Promise<void>;
  /** Goes without a word, in the middle of whatever runs. */
  abstract vanish(): Promise<void>;
  abstract close(): Promise<void>;

  /** The first that fits from the `from`-th on, now or later. */
  async until(fits: (heard: Heard) => boolean, from = 0): Promise<Heard> {
    for (;;) {
      const found = this.heard.slice(from).find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  protected hear(method: string, params: JsonObject): void {
    this.heard.push({ method, params });
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }

  /** Answers a question as a user and a model would. */
  protected reply({ method, params }: RpcMessage): JsonObject {
    const asked = { method: String(method), params: (params ?? {}) as JsonObject };
    this.asked.push(asked);
    if (asked.method === 'roots/list') return { roots: [{ uri: 'file:///era', name: 'era' }] };
    if (asked.method === 'elicitation/create') return elicited(asked.params);
    if (asked.method === 'sampling/createMessage') {
      return { model: 'era', role: 'assistant', content: { type: 'text', text: 'modelled' } };
    }
    return {};
  }
}

function elicited({ mode }: JsonObject): JsonObject {
  return mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name: 'Ada' } };
}

export function answerOf(result: unknown, progress: readonly JsonObject[] = [], text = ''): Answer {
  return { result: (result ?? {}) as JsonObject, error: undefined, progress, text };
}

export function failed(error: Failure, progress: readonly JsonObject[] = [], text = ''): Answer {
  return { result: {}, error, progress, text };
}
