/*
 * The ways in which an older server of the matrix is reached: a pipe, sessions over Streamable HTTP, HTTP+SSE.
 */
import { randomUUID } from 'node:crypto';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Kind } from '../kinds.ts';
import { type Handle, listen } from './listen.ts';
import { serveSession } from './sdk1.ts';
import type { State } from './state.ts';

export async function serveOlder(kind: Kind, state: State): Promise<void> {
  if (kind.via === 'stdio') await serveSession(kind, state, new StdioServerTransport() as Transport);
  else if (kind.via === 'sse') listen('/sse', sseSessions(kind, state));
  else listen('/mcp', httpSessions(kind, state));
}

function httpSessions(kind: Kind, state: State): Handle {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  return async (req, res) => {
    const id = req.headers['mcp-session-id']?.toString();
    const known = id === undefined ? await opened() : transports.get(id);
    if (known) await known.handleRequest(req, res);
    else res.writeHead(404).end();
  };
  async function opened(): Promise<StreamableHTTPServerTransport> {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await serveSession(kind, state, transport as Transport);
    return transport;
  }
}

function sseSessions(kind: Kind, state: State): Handle {
  const transports = new Map<string, SSEServerTransport>();
  return async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost');
    if (req.method === 'GET' && pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', res);
      transports.set(transport.sessionId, transport);
      res.once('close', () => transports.delete(transport.sessionId));
      await serveSession(kind, state, transport);
      return;
    }
    const session = transports.get(searchParams.get('sessionId') ?? '');
    if (req.method === 'POST' && session) await session.handlePostMessage(req, res);
    else res.writeHead(404).end();
  };
}
