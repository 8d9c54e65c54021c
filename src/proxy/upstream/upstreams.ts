/*
 * All servers by name. They are reached at the same time, as far as there is room to start, and none of them keeps the
 * listener waiting.
 *
 * What people decide about them may change at any time: servers that are new are begun, those that are not there any more
 * are let go once their calls have ended, and one that is reached otherwise than before is let go for another of its name.
 * All others stay as they are.
 */
import type { Limits } from '../../model/limits.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import type { Catalogues } from './catalogues.ts';
import type { ProcessGroups } from './process-groups.ts';
import { definitionKey } from './remembered.ts';
import { isReachedAlike } from './same-server.ts';
import { Seat } from './seat.ts';
import type { Upstream, UpstreamParts } from './upstream.ts';

export interface UpstreamsParts {
  readonly make: (own: Pick<UpstreamParts, 'definition' | 'catalogues' | 'after'>) => Upstream;
  readonly catalogues: Catalogues;
  readonly groups: ProcessGroups;
  readonly limits: () => Pick<Limits, 'retireTimeoutMs'>;
}

export interface Followed {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly replaced: readonly string[];
}

interface Held {
  readonly upstream: Upstream;
  readonly seat: Seat;
}

export class Upstreams {
  readonly #parts: UpstreamsParts;
  readonly #byName = new Map<string, Held>();
  /** Their last calls are under way. */
  readonly #leaving = new Set<Upstream>();
  #isStopped = false;

  constructor(parts: UpstreamsParts) {
    this.#parts = parts;
  }

  of(server: string): Upstream | undefined {
    return this.#byName.get(server)?.upstream;
  }

  /** Processes of all servers that run now. */
  get processes(): number {
    let count = 0;
    for (const { processes } of this.#all) count += processes;
    return count;
  }

  /** From now on there are these servers, and no others. What is known of those that went is for others to forget. */
  follow(definitions: ReadonlyMap<string, ServerDefinition>): Followed {
    const removed = [...this.#byName.keys()].filter((name) => !definitions.has(name));
    for (const name of removed) void this.#letGo(name);
    const added = [...definitions.values()].filter(({ name }) => !this.#byName.has(name));
    const replaced = [...definitions.values()].filter((definition) => this.#replaced(definition));
    for (const definition of added) this.#begin(definition);
    return { added: added.map(nameOf), removed, replaced: replaced.map(nameOf) };
  }

  /** Resolves when each server has been reached or has failed once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#byName.values()].map(({ upstream }) => upstream.settled()));
  }

  /** Politely all at the same time until `late`; then whatever is still there, or was just being started, is killed. */
  async stop(late: Promise<void>): Promise<void> {
    this.#isStopped = true;
    await Promise.race([late, Promise.all(this.#all.map((upstream) => upstream.stop()))]);
    await this.#parts.groups.close();
  }

  get #all(): readonly Upstream[] {
    return [...[...this.#byName.values()].map(({ upstream }) => upstream), ...this.#leaving];
  }

  #begin(definition: ServerDefinition, after?: Promise<void>): void {
    if (this.#isStopped) return;
    const seat = new Seat(this.#parts.catalogues);
    const upstream = this.#parts.make({ definition, catalogues: seat, after });
    this.#byName.set(definition.name, { upstream, seat });
    upstream.start();
  }

  /** Whether the server is another one now. */
  #replaced(definition: ServerDefinition): boolean {
    const before = this.of(definition.name);
    if (!before || before.definition === definition) return false;
    if (isReachedAlike(before.definition, definition)) {
      before.definition = definition;
      return false;
    }
    const gone = this.#letGo(definition.name);
    // Where calls are under way nobody waits for the last of them, even if the two cannot run side by side for a while.
    const after = before.busy ? undefined : gone;
    if (definitionKey(before.definition) !== definitionKey(definition)) this.#parts.catalogues.remove(definition.name);
    this.#begin(definition, after);
    return true;
  }

  async #letGo(name: string): Promise<void> {
    const held = this.#byName.get(name);
    if (!held) return;
    this.#byName.delete(name);
    this.#leaving.add(held.upstream);
    const gone = held.upstream.letGo(this.#parts.limits().retireTimeoutMs);
    held.seat.leave();
    await gone;
    this.#leaving.delete(held.upstream);
  }
}

function nameOf({ name }: ServerDefinition): string {
  return name;
}
