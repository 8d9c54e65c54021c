/*
 * One request to a server of the matrix, whichever SDK has read it and whatever revision it is of.
 *
 * Tools ask with `ask`: an older server puts requests of its own to the client and waits; a newer one throws
 * `NeedsInput`, which becomes an `input_required` result, and the same tool runs again with the answers.
 */
import type { JsonObject } from '../../rig/scripted-script.ts';

export type Questions = Readonly<Record<string, { readonly method: string; readonly params: JsonObject }>>;

export interface Turn {
  readonly method: string;
  readonly params: JsonObject;
  readonly meta: JsonObject;
  readonly modern: boolean;
  /** Aborts when the client has cancelled. */
  readonly signal: AbortSignal;
  /** A field of the HTTP request; undefined on other transports too. */
  header(name: string): string | undefined;
  notify(method: string, params: JsonObject): Promise<void>;
  /** Says it if the level is wanted. */
  log(level: string, data: unknown): Promise<void>;
  ask(questions: Questions): Promise<Readonly<Record<string, unknown>>>;
  /** Asks whether the client is there. */
  ping(): Promise<void>;
}

/** Becomes a JSON-RPC error. */
export class Refusal extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A newer server cannot go on without these answers. */
export class NeedsInput extends Error {
  readonly questions: Questions;

  constructor(questions: Questions) {
    super('input required');
    this.questions = questions;
  }
}
