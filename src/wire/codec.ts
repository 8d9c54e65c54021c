/*
 * What one protocol revision looks like on the wire. This is the one door to the `rev*` folders: the rings ask a codec,
 * never which era it is.
 *
 * A codec never rebuilds a message. It says which bytes to cut in (`Edit`), so that whatever it does not know survives.
 * A method that a revision lacks is absent from its sets; nothing else has to know.
 */
import type { ClientFacts } from '../model/call.ts';
import type { CacheHint } from '../model/catalogue.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Message } from '../model/message.ts';
import type { Revision } from '../model/revision.ts';
import { memberOf } from './json/members.ts';
import type { Edit } from './json/splice.ts';

export interface Codec {
  readonly revision: Revision;
  /** Revisions of one era exchange every message as it is; across eras each is put into the words of the other. */
  readonly era: 'modern' | 'legacy';
  /** How a server's question reaches its client: by a request of the server's own, or by a result (`input_required`). */
  readonly asks: 'requests' | 'results';
  /** What a tool's structured content may be, and the schema of it. */
  readonly outputs: 'anything' | 'objects';
  /** Results say how long they are good, and for whom. */
  readonly cacheHints: boolean;
  /** Requests a client may send. */
  readonly requests: ReadonlySet<string>;
  /** Notifications a client may send. */
  readonly notifications: ReadonlySet<string>;
  /** Requests a server may send during a call. */
  readonly questions: ReadonlySet<string>;
  /** What clients may declare that they can be asked for, each with the parts that it may have. */
  readonly askable: Readonly<Record<string, readonly string[]>>;
  readonly batches: boolean;
  /** Chosen arguments are mirrored in `Mcp-Param-*` header fields. */
  readonly mirrorsParams: boolean;
  /** A client that closes the response stream ends its call (MCP 2026-07-28, Cancellation). */
  readonly disconnectCancels: boolean;
  /** HTTP status of a server's JSON-RPC error; `status` is the server's own, 200 when it came over a pipe. */
  readonly errorStatus: (error: Message, status: number) => number;
  /** HTTP status of one of our own errors. */
  readonly statusOf: (code: ErrorCode) => number;
  /** Cuts into a client's request so that its `_meta` is what a server of this revision expects. */
  readonly requestEdits: (message: Message, client: ClientFacts) => readonly Edit[];
  /** Header fields a server of this revision wants beside the body, flat; `name` is the server's own name or URI. */
  readonly requestHeaders: (method: string, name: string | undefined) => readonly string[];
  /** Cuts into an answer of a server of revision `from` so that a client of this revision understands it. */
  readonly answerEdits: (answer: Message, method: string, from: AnswerSource) => readonly Edit[];
  /** JSON text of a result of our own: `members` and what this revision adds to every result. */
  readonly ownResult: (members: string, about: About) => string;
  /** What a result of a server of revision `from` is, in JSON text, when a client of this revision cannot read such. */
  readonly unreadable: (answer: Message, from: AnswerSource) => string | undefined;
  /** Tells a server that request `id` is no longer wanted; undefined where closing the stream says it. */
  readonly cancelNotice: (id: number, how: 'stream' | 'pipe') => Buffer | undefined;
}

/** What a result of our own says beside its members. */
export interface About {
  /** JSON text of the `Implementation` object that the endpoint shows. */
  readonly serverInfo: string;
  readonly cache?: CacheHint;
  /** `complete` when left out. */
  readonly resultType?: 'input_required';
  /** Members of `_meta`. */
  readonly meta?: string;
}

/** Where an answer comes from. */
export interface AnswerSource {
  readonly codec: Codec;
  /** JSON text of the server's `Implementation` object. */
  readonly serverInfo: string;
  /** It answers a tool whose structured content may be no object. */
  readonly outputWrapped: boolean;
}

/** Whether a conversation of this revision begins with `initialize`. */
export function opensSession(codec: Codec): boolean {
  return codec.era === 'legacy';
}

export function sameEra(client: Codec, server: Codec): boolean {
  return client.era === server.era;
}

/** The results of these carry `ttlMs` and `cacheScope` since 2026-07-28 (Server › Utilities › Caching). */
export const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** The code of a JSON-RPC error; NaN when it has none. */
export function errorCodeOf({ bytes, outcome }: Message): number {
  const code = outcome && memberOf(bytes, outcome, 'code')?.value;
  return code ? Number(bytes.toString('latin1', code.start, code.end)) : Number.NaN;
}

/** Puts another code into a JSON-RPC error; codes not in `codes` stay as the server wrote them. */
export function errorCodeEdits(answer: Message, codes: ReadonlyMap<number, number>): readonly Edit[] {
  const code = answer.outcome && memberOf(answer.bytes, answer.outcome, 'code');
  if (!code) return [];
  const put = codes.get(Number(answer.bytes.toString('latin1', code.value.start, code.value.end)));
  return put === undefined ? [] : [{ ...code.value, put: String(put) }];
}

export const META = 'io.modelcontextprotocol/';
/** Keys of `_meta` that say what a session used to say; a server of an older revision never sees them. */
export const REQUEST_META = [
  `${META}protocolVersion`,
  `${META}clientInfo`,
  `${META}clientCapabilities`,
  `${META}logLevel`,
] as const;

export function jsonRpcResult(id: string, result: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":${result}}`);
}

/** The same in pieces, of which none is copied. */
export function jsonRpcResultOf(id: string, result: readonly Buffer[]): readonly Buffer[] {
  return [Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":`), ...result, CLOSE];
}
const CLOSE = Buffer.from('}');

interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** `id` is JSON text. */
export function jsonRpcError(id: string, error: ErrorObject): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`);
}

/** An error that answers no request we could name. MCP leaves the id out where JSON-RPC 2.0 §5 would write null. */
export function jsonRpcFailure(error: ErrorObject): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","error":${JSON.stringify(error)}}`);
}

export function notificationText(method: string, params?: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${params === undefined ? '' : `,"params":${params}`}}`;
}
