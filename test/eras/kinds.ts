/*
 * Who meets whom: seven kinds of servers and the same seven kinds of clients, and the endpoints where they meet.
 *
 * A kind is a protocol revision and the way it travels. Clients have drivers: our raw one, and each SDK that speaks the
 * revision, so that no library is only ever tested against itself.
 */
import type { JsonObject, Revision } from '../rig/scripted-script.ts';

export type Via = 'sse' | 'http' | 'stdio';

export interface Kind {
  readonly name: string;
  readonly revision: Revision;
  readonly via: Via;
  /** Whether requests describe themselves (2026-07-28 and later). */
  readonly modern: boolean;
}

export const KINDS: readonly Kind[] = [
  { name: 'sse-2024-11-05', revision: '2024-11-05', via: 'sse', modern: false },
  { name: 'http-2025-03-26', revision: '2025-03-26', via: 'http', modern: false },
  { name: 'http-2025-06-18', revision: '2025-06-18', via: 'http', modern: false },
  { name: 'http-2025-11-25', revision: '2025-11-25', via: 'http', modern: false },
  { name: 'http-2026-07-28', revision: '2026-07-28', via: 'http', modern: true },
  { name: 'stdio-legacy', revision: '2025-11-25', via: 'stdio', modern: false },
  { name: 'stdio-modern', revision: '2026-07-28', via: 'stdio', modern: true },
];

export function kindNamed(name: string): Kind {
  const kind = KINDS.find((each) => each.name === name);
  if (!kind) throw new Error(`no kind is called ${name}; there are ${KINDS.map((each) => each.name).join(', ')}`);
  return kind;
}

/** A server's own endpoint, one where its names have prefixes, and the one with all servers. */
export const ENDPOINTS = ['transparent', 'aggregate', 'mixed'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

export type DriverName = 'raw' | 'sdk1' | 'sdk2';

/** Which drivers speak as this kind of client. The first SDK ends with 2025-11-25, the second speaks them all. */
export function driversOf({ modern }: Kind): readonly DriverName[] {
  return modern ? ['raw', 'sdk2'] : ['raw', 'sdk1', 'sdk2'];
}

export const UI = 'io.modelcontextprotocol/ui';
export const TASKS = 'io.modelcontextprotocol/tasks';

/** All that a client of this revision can declare. */
export function clientCapabilities({ revision, modern }: Kind): JsonObject {
  return {
    sampling: {},
    roots: modern ? {} : { listChanged: true },
    ...(revision >= '2025-11-25' ? { elicitation: { form: {}, url: {} } } : {}),
    ...(revision === '2025-06-18' ? { elicitation: {} } : {}),
    ...(modern ? { extensions: { [UI]: { mimeTypes: ['text/html;profile=mcp-app'] }, [TASKS]: {} } } : {}),
  };
}
