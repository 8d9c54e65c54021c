/*
 * Remembers what servers said across restarts, so that lists are there before the servers are.
 *
 * At start the memory of each server is put into the catalogue, whose state stays `starting`: its tools are listed, and a
 * call to one of them waits until the server is up. What a server then says replaces the memory. A change is kept soon
 * after it happened, several together; a memory that cannot be read or written is told and otherwise ignored.
 */
import type { Emit } from '../../model/event.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { Deadline, TimerWheel } from '../timer-wheel.ts';
import type { Catalogues } from './catalogues.ts';
import { definitionKey, fromBytes, toBytes } from './remembered.ts';

/** Where memories are kept; handed in, because the proxy itself reads and writes no file. */
export interface ListFiles {
  /** Undefined when there is none. */
  readonly load: (name: string) => Promise<Buffer | undefined>;
  /** Whole or not at all. */
  readonly save: (name: string, bytes: Buffer) => Promise<void>;
}

export interface ListMemoryParts {
  readonly catalogues: Catalogues;
  readonly files: ListFiles;
  readonly wheel: Pick<TimerWheel, 'arm'>;
  readonly emit: Emit;
}

const KEPT_AFTER_MS = 1_000;

export class ListMemory {
  readonly #parts: ListMemoryParts;
  /** Server → the name of its memory. */
  readonly #names = new Map<string, string>();
  readonly #pending = new Set<string>();
  readonly #recalling = new Set<string>();
  #soon: Deadline | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(parts: ListMemoryParts) {
    this.#parts = parts;
    parts.catalogues.onChange(({ server, viewer }) => viewer === undefined && this.#keepSoon(server));
  }

  /** To be awaited before the first list of these servers is asked for. */
  async recall(servers: Iterable<ServerDefinition>): Promise<void> {
    await Promise.all([...servers].map((definition) => this.#recallOne(definition.name, nameOf(definition))));
  }

  /** From now on what these servers say is kept, and of no others. */
  follow(servers: ReadonlyMap<string, ServerDefinition>): void {
    this.#names.clear();
    for (const definition of servers.values()) this.#names.set(definition.name, nameOf(definition));
  }

  /** Keeps what has changed and is not kept yet. */
  async flush(): Promise<void> {
    this.#soon?.disarm();
    this.#soon = undefined;
    this.#keepAll();
    await this.#keeping;
  }

  async #recallOne(server: string, name: string): Promise<void> {
    this.#recalling.add(server);
    try {
      const bytes = await this.#parts.files.load(name);
      if (!bytes) return;
      const remembered = fromBytes(bytes, keyIn(name));
      if (!remembered) this.#odd(server, 'remembered lists not readable', {});
      else if (this.#parts.catalogues.of(server).version === 0) {
        this.#parts.catalogues.put(server, { ...remembered, reason: 'starting; its lists are those of last time' });
      }
    } catch (thrown) {
      this.#odd(server, 'remembered lists not readable', { why: String(thrown) });
    } finally {
      this.#recalling.delete(server);
    }
  }

  #keepSoon(server: string): void {
    // What is being recalled is not news.
    if (this.#recalling.has(server) || !this.#names.has(server)) return;
    this.#pending.add(server);
    this.#soon ??= this.#parts.wheel.arm(KEPT_AFTER_MS, () => {
      this.#soon = undefined;
      this.#keepAll();
    });
  }

  #keepAll(): void {
    const servers = [...this.#pending];
    this.#pending.clear();
    this.#keeping = this.#keeping.then(async () => {
      for (const server of servers) await this.#keepOne(server);
    });
  }

  async #keepOne(server: string): Promise<void> {
    const name = this.#names.get(server);
    if (name === undefined) return;
    try {
      const bytes = toBytes(this.#parts.catalogues.of(server), keyIn(name));
      if (bytes) await this.#parts.files.save(name, bytes);
    } catch (thrown) {
      this.#odd(server, 'lists not kept', { why: String(thrown) });
    }
  }

  #odd(server: string, what: string, internal: object): void {
    this.#parts.emit({ type: 'oddity', server, what, internal });
  }
}

function nameOf(definition: ServerDefinition): string {
  return `${definition.name}-${definitionKey(definition)}`;
}

/** The definition's part of the name of a memory. */
function keyIn(name: string): string {
  return name.slice(name.lastIndexOf('-') + 1);
}
