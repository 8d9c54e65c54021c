/*
 * A client's conversation with one endpoint of a gateway, whichever protocol revision it is held in.
 *
 * There are two kinds, because a server's questions do not cross the eras: requests that describe themselves
 * (`self-described.ts`) for newer servers, a session (`session.ts`) for older ones. Both give the result as the bytes
 * that came, so that a program can be handed exactly those.
 */
import type { JsonObject } from './json.ts';

export interface Hooks {
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (log: LogMessage) => void;
  /** Undefined when nobody can be asked; servers are told so beforehand. */
  readonly onQuestion?: ((question: Question) => Promise<QuestionAnswer>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Progress {
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string | undefined;
}

export interface LogMessage {
  readonly level: string;
  readonly logger: string | undefined;
  readonly data: unknown;
}

/** An elicitation with a form (Client › Elicitation). */
export interface Question {
  readonly message: string;
  readonly requestedSchema: JsonObject;
}

export type QuestionAnswer =
  | { readonly action: 'accept'; readonly content: JsonObject }
  | { readonly action: 'decline' | 'cancel' };

export interface Result {
  readonly value: JsonObject;
  /** JSON text of the same, as it came. */
  readonly text: string;
}

export interface Request {
  readonly method: string;
  /** JSON text of each member of `params`, without `_meta`. */
  readonly params: Readonly<Record<string, string>>;
  /** What the head of the request says as well (`Mcp-Name`, `Mcp-Param-*`); servers of older revisions ignore it. */
  readonly mirrored?: Readonly<Record<string, string>>;
}

export interface Conversation {
  /** Rejects with `RpcFailure`, or with `ConversationLost` when no answer came. */
  ask(request: Request, hooks?: Hooks): Promise<Result>;
  /** Ends what was opened for it. */
  close(): Promise<void>;
}

/** A JSON-RPC error. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export class ConversationLost extends Error {
  override readonly name = 'ConversationLost';
}
