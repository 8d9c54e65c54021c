/*
 * The gauges that are read from the parts of the gateway when somebody scrapes.
 */
import type { Metrics } from './metrics.ts';

export interface Sources {
  readonly upstreams: { readonly processes: number };
  readonly sessions: { readonly size: number };
  readonly parks: { readonly size: number };
}

export function addReadings(metrics: Metrics, { upstreams, sessions, parks }: Sources): void {
  metrics.add({ name: 'gatewright_processes', help: 'Processes of stdio servers.', read: () => upstreams.processes });
  metrics.add({ name: 'gatewright_sessions', help: 'Legacy sessions open now.', read: () => sessions.size });
  metrics.add({ name: 'gatewright_parked_calls', help: 'Calls that wait for answers.', read: () => parks.size });
}
