/*
 * The catalogue of all servers: the newest `ServerCatalogue` of each, one version over all, and who wants to know.
 */
import { EMPTY_LIST, ENTRY_KINDS, type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';

import { type ListContext, viewerOf } from '../../model/list-context.ts';
import { type OwnLists, Variants } from './variants.ts';

export interface CatalogueChange {
  readonly server: string;
  /** The lists that are not what they were. */
  readonly kinds: readonly EntryKind[];
  /** Whose alone; undefined for everybody's. */
  readonly viewer?: string;
}

export class Catalogues {
  #version = 0;
  readonly #servers = new Map<string, ServerCatalogue>();
  /** What some callers see instead. */
  readonly variants = new Variants();
  readonly #listeners = new Set<(change: CatalogueChange) => void>();

  /** Rises with every change of any server; part of every view's key. */
  get version(): number {
    return this.#version;
  }

  of(server: string): ServerCatalogue {
    return this.#servers.get(server) ?? unknown(server);
  }

  put(server: string, change: Partial<Omit<ServerCatalogue, 'server' | 'version'>>): void {
    const before = this.of(server);
    this.#version += 1;
    const after = { ...before, ...change, version: this.#version };
    this.#servers.set(server, after);
    const kinds = ENTRY_KINDS.filter((kind) => listed(before, kind) !== listed(after, kind));
    if (kinds.length > 0) for (const listener of this.#listeners) listener({ server, kinds });
  }

  /** From now on this viewer sees these lists of the server, and of the other kinds those of everybody. */
  vary(context: ListContext, lists: OwnLists): void {
    const kinds = this.variants.put(context, lists);
    if (kinds.length === 0) return;
    const change = { server: context.server, kinds, viewer: viewerOf(context) };
    for (const listener of this.#listeners) listener(change);
  }

  /** The server is not there any more, or what has its name now is another one. */
  remove(server: string): void {
    const before = this.of(server);
    if (!this.#servers.delete(server)) return;
    this.#version += 1;
    const kinds = ENTRY_KINDS.filter((kind) => listed(before, kind) !== EMPTY_LIST);
    if (kinds.length > 0) for (const listener of this.#listeners) listener({ server, kinds });
  }

  onChange(listener: (change: CatalogueChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A server that is not there lists nothing, whatever is remembered of it. */
function listed(catalogue: ServerCatalogue, kind: EntryKind): unknown {
  return isShown(catalogue) ? catalogue.lists[kind] : EMPTY_LIST;
}

function unknown(server: string): ServerCatalogue {
  const lists = { tools: EMPTY_LIST, prompts: EMPTY_LIST, resources: EMPTY_LIST, templates: EMPTY_LIST };
  return {
    server,
    version: 0,
    state: 'starting',
    reason: 'not connected yet',
    revision: undefined,
    alternate: undefined,
    capabilities: {},
    serverInfo: `{"name":${JSON.stringify(server)},"version":"0"}`,
    instructions: undefined,
    lists,
  };
}
