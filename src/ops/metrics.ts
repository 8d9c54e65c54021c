/*
 * Counters and one histogram, kept as plain numbers and turned into Prometheus text only when somebody scrapes.
 *
 * A usual metrics library costs more per call than the policy ring and blocks the loop for tens of milliseconds on a
 * scrape of a few thousand series. Here a count is one map look-up and one addition. Label values come from closed sets
 * (methods, codes, limits, configured servers), so the number of series is bounded; methods we do not know are `other`.
 *
 * Names: Prometheus conventions; base units, `_total` for counters.
 */
import { SERVER_STATES } from '../model/catalogue.ts';
import type { Event } from '../model/event.ts';

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What is read when somebody scrapes: name, help, value. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

export class Metrics {
  readonly #calls = new Map<string, Map<string, number>>();
  readonly #limitHits = new Map<string, number>();
  readonly #refused = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  readonly #oddities = new Map<string, number>();
  readonly #states = new Map<string, string>();
  readonly #stateChanges = new Map<string, number>();
  readonly #durations = new Float64Array(BUCKETS_SECONDS.length + 1);
  #durationSum = 0;
  readonly #methods: ReadonlySet<string>;
  readonly #readings: Reading[] = [];

  constructor(methods: ReadonlySet<string>) {
    this.#methods = methods;
  }

  add(reading: Reading): void {
    this.#readings.push(reading);
  }

  readonly count = (event: Event): void => {
    if (event.type === 'call') this.#countCall(event.method, event.outcome, event.durationMs / 1000);
    else if (event.type === 'limit_hit') increase(this.#limitHits, `limit="${event.limit}"`);
    else if (event.type === 'credential_refused') increase(this.#refused, `why="${event.why}"`);
    else if (event.type === 'credential_ended') increase(this.#ended, `why="${event.why}"`);
    else if (event.type === 'oddity')
      increase(this.#oddities, `server="${event.server}",what="${event.what}"`, event.times);
    else if (event.type === 'server_state') this.#changeState(event.server, event.state);
  };

  /** Text exposition format 0.0.4. */
  text(): string {
    const lines: string[] = [];
    family(lines, 'gatewright_calls_total', 'counter', 'Calls by method and outcome.', this.#callCounts());
    family(lines, 'gatewright_limit_hits_total', 'counter', 'How often each limit was hit.', this.#limitHits);
    const refused = 'Credentials that were refused, by reason.';
    family(lines, 'gatewright_credentials_refused_total', 'counter', refused, this.#refused);
    const ended = 'What was open and ended because its credential did not hold any more.';
    family(lines, 'gatewright_credentials_ended_total', 'counter', ended, this.#ended);
    family(
      lines,
      'gatewright_oddities_total',
      'counter',
      'Messages of servers that were dropped or refused.',
      this.#oddities,
    );
    family(lines, 'gatewright_server_state', 'gauge', '1 for the state each server is in, else 0.', this.#stateSet());
    const changes = 'How often a server came into a state.';
    family(lines, 'gatewright_server_state_changes_total', 'counter', changes, this.#stateChanges);
    this.#histogram(lines);
    for (const { name, help, read } of this.#readings) family(lines, name, 'gauge', help, new Map([['', read()]]));
    return `${lines.join('\n')}\n`;
  }

  #countCall(method: string, outcome: string, seconds: number): void {
    const byOutcome = this.#calls.get(method) ?? this.#newMethod(method);
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + 1);
    let bucket = 0;
    while (bucket < BUCKETS_SECONDS.length && seconds > (BUCKETS_SECONDS[bucket] ?? 0)) bucket += 1;
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1;
    this.#durationSum += seconds;
  }

  #changeState(server: string, state: string): void {
    if (this.#states.get(server) === state) return;
    this.#states.set(server, state);
    increase(this.#stateChanges, `server="${server}",state="${state}"`);
  }

  /** All states of each server, so that one that is left reads 0 and does not linger. */
  #stateSet(): Map<string, number> {
    const set = new Map<string, number>();
    for (const [server, now] of this.#states) {
      for (const state of SERVER_STATES) set.set(`server="${server}",state="${state}"`, state === now ? 1 : 0);
    }
    return set;
  }

  #newMethod(method: string): Map<string, number> {
    const label = this.#methods.has(method) ? method : 'other';
    const counts = this.#calls.get(label) ?? new Map<string, number>();
    this.#calls.set(label, counts);
    return counts;
  }

  #callCounts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [method, byOutcome] of this.#calls) {
      for (const [outcome, count] of byOutcome) counts.set(`method="${method}",outcome="${outcome}"`, count);
    }
    return counts;
  }

  #histogram(lines: string[]): void {
    const name = 'gatewright_call_duration_seconds';
    lines.push(`# HELP ${name} Time from the decoded call to its reply.`, `# TYPE ${name} histogram`);
    let total = 0;
    for (const [at, count] of this.#durations.entries()) {
      total += count;
      lines.push(`${name}_bucket{le="${BUCKETS_SECONDS[at] ?? '+Inf'}"} ${total}`);
    }
    lines.push(`${name}_sum ${this.#durationSum}`, `${name}_count ${total}`);
  }
}

function increase(counts: Map<string, number>, labels: string, times = 1): void {
  counts.set(labels, (counts.get(labels) ?? 0) + times);
}

function family(lines: string[], name: string, type: string, help: string, values: ReadonlyMap<string, number>): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  for (const [labels, value] of values) lines.push(labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`);
}
