/*
 * Client and server of one era, over each transport: the four ways that every story of that kind takes.
 */
import { randomUUID } from 'node:crypto';
import type { LegacyClient, ModernClient } from '../rig/raw-client.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Scripted, type Stage, type StageOptions } from './stage.ts';

export type Client = LegacyClient | ModernClient;

export interface Way {
  /** Name of the server, and of its endpoint. */
  readonly server: string;
  readonly revision: Revision;
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly modern: boolean;
}

export const WAYS: readonly Way[] = [
  { server: 'http-old', revision: '2025-11-25', transport: 'http', modern: false },
  { server: 'pipe-old', revision: '2025-11-25', transport: 'stdio', modern: false },
  { server: 'sse-old', revision: '2025-11-25', transport: 'sse', modern: false },
  { server: 'http-new', revision: MODERN, transport: 'http', modern: true },
  { server: 'pipe-new', revision: MODERN, transport: 'stdio', modern: true },
];

export interface EraStage {
  readonly stage: Stage;
  upOf(way: Way): Scripted;
  /** A client of the way's era at the server's endpoint, or at another. */
  clientOf(way: Way, capabilities?: object, endpoint?: string): Promise<Client>;
}

export async function openEraStage(ways: readonly Way[] = WAYS, options: StageOptions = {}): Promise<EraStage> {
  const up: Record<string, Scripted> = {};
  for (const { server, revision, transport } of ways) {
    up[server] = await (transport !== 'stdio'
      ? startScripted({ revision, transport })
      : startScripted({ revision, transport }));
  }
  const stage = await openStage(up, options);
  return {
    stage,
    upOf: ({ server }) => up[server] as Scripted,
    clientOf: async (way, capabilities = {}, endpoint = way.server) => {
      const declared = { capabilities: { ...capabilities } };
      return way.modern ? stage.modern(endpoint, declared) : stage.legacy(endpoint, declared, way.revision);
    },
  };
}

/** Resolves when the server has told of everything it received until now: on stdio its words come on a line of their own. */
export async function caughtUp(up: Scripted, client: Client, prefix = ''): Promise<void> {
  const mark = randomUUID();
  await client.call('tools/call', { name: `${prefix}echo`, arguments: { mark } });
  await up.received.until(({ body }) => body.includes(mark));
}

/** What goes with every request of the client's era besides the message. */
export function headersFor(client: Client, method: string, name?: string): Record<string, string> {
  if ('sessionHeaders' in client) return client.sessionHeaders();
  return client.headersOf(method, name === undefined ? {} : { name, uri: name });
}
