/*
 * The catalogue of all servers: the newest `ServerCatalogue` of each, one version over all, and who wants to know.
 */
import { EMPTY_LIST, type EntryKind, isShown, type ServerCatalogue } from '../../model/catalogue.ts';

export interface CatalogueChange {
  readonly server: string;
  /** The lists that are not what they were. */
  readonly kinds: readonly EntryKind[];
}

export class Catalogues {
  #version = 0;
  readonly #servers = new Map<string, ServerCatalogue>();
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
    const kinds = (['tools', 'prompts', 'resources', 'templates'] as const).filter(
      (kind) => listed(before, kind) !== listed(after, kind),
    );
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
