/*
 * A connection over the operator's socket that carries lines both ways, as the pipes of a stdio client do. The gateway
 * answers them itself (`proxy/doors/mcp-stdio.ts`), so nothing has to be translated on the way.
 */
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/** The name of what is spoken after the switch (RFC 9110 §7.8). */
export const LINES = 'mcp-lines';

/** A gateway that runs answers at once; one that does not within this time hangs. */
const PATIENCE_MS = 5_000;

/**
 * `'unknown'` when the gateway has no such endpoint; undefined when it is gone by now, does not answer, or is too old to
 * know what is wanted.
 */
export function openTunnel(socketPath: string, endpoint: string): Promise<Duplex | 'unknown' | undefined> {
  const path = endpoint === '' ? '/mcp' : `/mcp/${encodeURIComponent(endpoint)}`;
  const headers = { host: 'localhost', connection: 'Upgrade', upgrade: LINES };
  return new Promise((resolve) => {
    const sent = request({ socketPath, path, headers, agent: false, timeout: PATIENCE_MS });
    sent.on('upgrade', (_response, socket, head) => {
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 404 ? 'unknown' : undefined);
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(undefined));
    sent.on('close', () => resolve(undefined));
    sent.end();
  });
}
