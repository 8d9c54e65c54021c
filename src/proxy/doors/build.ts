/*
 * The listener on the network, the operator's socket and the pipes, built from the same parts: what one of them knows of
 * clients, all do.
 */
import type { Server } from 'node:http';
import type { Catalogues } from '../upstream/catalogues.ts';
import { createHttpDoor, type HttpDoorParts } from './http-door.ts';
import { McpHttpDoor } from './mcp-http.ts';
import type { McpParts } from './mcp-parts.ts';
import { McpSseDoor } from './mcp-sse.ts';
import { McpStdioDoor } from './mcp-stdio.ts';
import { healthOf, type KeptHealth } from './open-pages.ts';
import { createSocketDoor, type SocketDoorParts } from './socket-door.ts';

export interface DoorsGround extends Omit<HttpDoorParts, 'mcp' | 'sse' | 'health' | 'isDraining'> {
  readonly mcpParts: McpParts;
  readonly catalogues: Catalogues;
  readonly draining: { readonly now: boolean };
  readonly operator: SocketDoorParts['operator'];
  /** How the store is; undefined where nothing is stored. */
  readonly kept?: (() => KeptHealth) | undefined;
}

export interface Doors {
  readonly door: Server;
  readonly socketDoor: Server;
  readonly pipes: McpStdioDoor;
}

export function buildDoors({ mcpParts, catalogues, draining, operator, tls, kept, ...ground }: DoorsGround): Doors {
  const { snapshot, emit, log } = ground;
  const [mcp, pipes] = [new McpHttpDoor(mcpParts), new McpStdioDoor(mcpParts)];
  const door = createHttpDoor({
    ...{ ...ground, tls, mcp, sse: new McpSseDoor(mcpParts, snapshot) },
    health: () => ({ servers: healthOf(snapshot(), catalogues), kept: kept?.() }),
    isDraining: () => draining.now,
  });
  return { door, pipes, socketDoor: createSocketDoor({ snapshot, emit, log, mcp, stdio: pipes, operator }) };
}
