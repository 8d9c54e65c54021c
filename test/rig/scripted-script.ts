/*
 * What a scripted server is told to do: its options, and per method how it behaves or misbehaves.
 *
 * All of it is plain JSON, so that a script can be handed to a child process as it stands.
 */

export type JsonObject = { readonly [key: string]: unknown };

export type Revision = '2026-07-28' | '2025-11-25' | '2025-06-18' | '2025-03-26' | '2024-11-05';

export const MODERN: Revision = '2026-07-28';

/**
 * How one method is answered. The first of these that is set decides, in this order: `die`, `hang`, `forgetSession`,
 * `html`, `raw`, `endless`, `sse`; otherwise there is an answer (`error`, `answer` or the usual one), which the rest
 * spoils. Keys are JSON-RPC methods, `tools/call echo` for one tool, or `GET`, `DELETE` for those HTTP methods.
 */
export interface Behaviour {
  /** Applies this often, then the usual behaviour is back. Default: for ever. */
  readonly times?: number;
  /** Waits before anything else. */
  readonly delayMs?: number;
  /** HTTP: destroys the socket. stdio: exits with code 1. */
  readonly die?: boolean;
  /** Never answers. */
  readonly hang?: boolean;
  /** HTTP: the session is gone from now on; the request gets what an unknown session gets. */
  readonly forgetSession?: boolean;
  /** An error page of a web server. */
  readonly html?: boolean;
  /**
   * These bytes as they stand (UTF-8, or Latin-1 to send bytes that are not): the whole HTTP body, or put on stdout.
   * `$ID` in them stands for the id of the request.
   */
  readonly raw?: string;
  readonly rawEncoding?: 'utf8' | 'latin1';
  /** One answer that never stops coming, as fast as the reader takes it. */
  readonly endless?: boolean;
  /** HTTP: these events, each an object to be sent as `data`, or raw text that brings its own field names and blank line. */
  readonly sse?: readonly (JsonObject | string)[];
  /** The result. */
  readonly answer?: JsonObject;
  /** The error. */
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  /** HTTP status, with or without a body. */
  readonly status?: number;
  /** More HTTP response fields; they win over the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** So many notifications before the answer. */
  readonly flood?: number;
  /** The answer carries another id. */
  readonly wrongId?: boolean;
  /** The answer comes twice. */
  readonly twoAnswers?: boolean;
  /** Half of the answer, then the connection or process ends. */
  readonly truncated?: boolean;
  /** HTTP: the answer comes on an event stream that is never closed. */
  readonly neverEnd?: boolean;
}

export interface ScriptedTool {
  readonly name: string;
  readonly description?: string;
  readonly inputSchema: JsonObject;
  readonly [key: string]: unknown;
}

export interface ScriptOptions {
  readonly revision: Revision;
  /** Entries on one page of a list. Default: all. */
  readonly pageSize?: number;
  /** Listed after the usual tools; calling one returns its name and arguments. */
  readonly tools?: readonly ScriptedTool[];
  /** HTTP: whether a plain answer is sent as JSON or as an event stream. Default `json`. */
  readonly answerAs?: 'json' | 'sse';
  /** HTTP, legacy: mints a session id and insists on it. Default true. */
  readonly sessions?: boolean;
  /** What `initialize` and `server/discover` call the server. */
  readonly name?: string;
  /** Default `1.0.0`. */
  readonly version?: string;
  readonly instructions?: string;
  /** Without the usual tools, so that `tools` are all. */
  readonly bare?: boolean;
  /** Capabilities that replace the usual ones. */
  readonly capabilities?: JsonObject;
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
}

/** The bytes of `behaviour.raw` as the answer to request `id`. */
export function rawBytes({ raw = '', rawEncoding = 'utf8' }: Behaviour, id: unknown): Buffer {
  return Buffer.from(raw.replaceAll('$ID', JSON.stringify(id) ?? 'null'), rawEncoding);
}

/** The behaviours in force; `times` counts down as they are used. */
export class Script {
  readonly #behaviours = new Map<string, { readonly behaviour: Behaviour; left: number }>();

  constructor(behaviours: Readonly<Record<string, Behaviour>> = {}) {
    for (const [key, behaviour] of Object.entries(behaviours)) this.set(key, behaviour);
  }

  set(key: string, behaviour: Behaviour | undefined): void {
    if (behaviour) this.#behaviours.set(key, { behaviour, left: behaviour.times ?? Number.POSITIVE_INFINITY });
    else this.#behaviours.delete(key);
  }

  /** The behaviour for a message, used up by one. */
  take(method: string, name?: unknown): Behaviour {
    const named = typeof name === 'string' ? this.#use(`${method} ${name}`) : undefined;
    return named ?? this.#use(method) ?? {};
  }

  #use(key: string): Behaviour | undefined {
    const entry = this.#behaviours.get(key);
    if (!entry || entry.left <= 0) return undefined;
    entry.left -= 1;
    return entry.behaviour;
  }
}
