/*
 * What the servers said: per server its state, identity and lists, versioned. Entries are kept as the server's bytes.
 */
import type { Span } from './message.ts';
import type { Revision } from './revision.ts';
import type { TransportDefinition } from './snapshot.ts';

export const ENTRY_KINDS = ['tools', 'prompts', 'resources', 'templates'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** An argument that the server wants mirrored in a header (MCP 2026-07-28, `x-mcp-header`). */
export interface HeaderParam {
  /** Lower case, with the `mcp-param-` prefix. */
  readonly header: string;
  /** Property names from `arguments` down. */
  readonly path: readonly string[];
}

export interface Entry {
  /** The name, URI or URI template: what identifies the entry at its server. */
  readonly key: string;
  readonly bytes: Buffer;
  /** Where the key stands in `bytes`, quotes included. */
  readonly keySpan: Span;
  /** Where in `bytes` a tool names the page of its app (MCP Apps), quotes included, in order. */
  readonly links: readonly Span[];
  readonly headerParams: readonly HeaderParam[];
  /** A tool whose structured content may be no object, and is put in one for older clients. */
  readonly outputWrapped: boolean;
  /** Cuts into `bytes` so that older clients understand the entry, in order. */
  readonly older: readonly (Span & { readonly put: string | Buffer })[];
}

/**
 * Why a server is not usable, or that it is. Every absence has one of these (design §1.5). `idle`: its process was
 * stopped because nobody used it, and the next call starts it again; `crashed`: it ended too often to be tried on and on.
 */
export const SERVER_STATES = ['starting', 'ready', 'idle', 'down', 'crashed', 'stopped', 'maintenance'] as const;
export type ServerState = (typeof SERVER_STATES)[number];

export interface CacheHint {
  /** 0 = ask again each time. */
  readonly ttlMs: number;
  readonly scope: 'public' | 'private';
}

export interface EntryList {
  readonly entries: readonly Entry[];
  readonly byKey: ReadonlyMap<string, Entry>;
  readonly hint: CacheHint;
}

/** One server's part of the catalogue. A new object for every change, with a higher version. */
export interface ServerCatalogue {
  readonly server: string;
  readonly version: number;
  readonly state: ServerState;
  /** Why the state is not `ready`; `''` otherwise. For operators: it may name addresses. */
  readonly reason: string;
  /** How it was reached, where that was not said and had to be found out. */
  readonly transport?: TransportDefinition['kind'];
  readonly revision: Revision | undefined;
  /** Set when the server also speaks to clients of the other era, with what it declared to those. */
  readonly alternate:
    | { readonly revision: Revision; readonly capabilities: Readonly<Record<string, unknown>> }
    | undefined;
  /** As the server declared them. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** JSON text of the server's `Implementation` object. */
  readonly serverInfo: string;
  readonly instructions: string | undefined;
  readonly lists: Readonly<Record<EntryKind, EntryList>>;
}

/** Whether the server's lists are shown: it is there, or the next call will find it there, and what it has is known. */
export function isShown({ state, revision }: ServerCatalogue): boolean {
  return state === 'ready' || state === 'idle' || (state === 'starting' && revision !== undefined);
}

export const EMPTY_LIST: EntryList = { entries: [], byKey: new Map(), hint: { ttlMs: 0, scope: 'private' } };
