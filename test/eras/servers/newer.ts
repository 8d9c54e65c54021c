/*
 * The ways in which a newer server of the matrix is reached: a pipe, and HTTP, where every request stands alone.
 */
import { json } from 'node:stream/consumers';
import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, InMemoryServerEventBus } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Kind } from '../kinds.ts';
import { type Handle, listen } from './listen.ts';
import { announce, newServer, publish } from './sdk2.ts';
import type { State } from './state.ts';

export async function serveNewer(kind: Kind, state: State): Promise<void> {
  if (kind.via === 'stdio') onPipe(kind, state);
  else listen('/mcp', overHttp(kind, state));
}

function onPipe(kind: Kind, state: State): void {
  serveStdio(
    () => {
      const server = newServer(kind, state);
      state.listen((change) => void announce(server, change).catch(() => {}));
      return server as never;
    },
    { legacy: 'reject' },
  );
}

function overHttp(kind: Kind, state: State): Handle {
  const bus = new InMemoryServerEventBus();
  state.listen((change) => publish(bus, change));
  const handler = toNodeHandler(createMcpHandler(() => newServer(kind, state) as never, { bus, legacy: 'reject' }));
  return async (req, res) =>
    handler(req as NodeIncomingMessageLike, res, req.method === 'POST' ? await json(req) : undefined);
}
