/*
 * How many processes may be starting at once, over all servers: a hundred that begin together would starve each other and
 * whatever else runs on the machine.
 *
 *   enter ──▶ [ somebody waits for it | nobody does yet ] ──▶ at most `startingMax` places ──▶ leave
 *
 * In order of coming, but those that a caller waits for go first.
 */

export interface Place {
  /** Resolves when it is this one's turn. */
  readonly turn: Promise<void>;
  /** Whether the turn did not come at once. */
  readonly queued: boolean;
  /** A caller waits for it now. */
  hurry(): void;
  /** Started, failed or given up; must be called once, whether or not the turn came. */
  leave(): void;
}

interface Waiting {
  readonly begin: () => void;
}

export class StartQueue {
  readonly #placesMax: () => number;
  readonly #hurried: Waiting[] = [];
  readonly #patient: Waiting[] = [];
  #taken = 0;

  constructor(placesMax: () => number) {
    this.#placesMax = placesMax;
  }

  enter(hurried: boolean): Place {
    const { promise: turn, resolve: begin } = Promise.withResolvers<void>();
    const waiting = { begin };
    (hurried ? this.#hurried : this.#patient).push(waiting);
    this.#admit();
    return {
      turn,
      queued: this.#waits(waiting),
      hurry: () => {
        if (drop(this.#patient, waiting)) this.#hurried.push(waiting);
      },
      leave: () => this.#leave(waiting),
    };
  }

  #waits(waiting: Waiting): boolean {
    return this.#hurried.includes(waiting) || this.#patient.includes(waiting);
  }

  #leave(waiting: Waiting): void {
    if (drop(this.#hurried, waiting) || drop(this.#patient, waiting)) return;
    this.#taken -= 1;
    this.#admit();
  }

  #admit(): void {
    while (this.#taken < this.#placesMax()) {
      const next = this.#hurried.shift() ?? this.#patient.shift();
      if (!next) return;
      this.#taken += 1;
      next.begin();
    }
  }
}

function drop(queue: Waiting[], waiting: Waiting): boolean {
  const at = queue.indexOf(waiting);
  if (at >= 0) queue.splice(at, 1);
  return at >= 0;
}
