/*
 * MCP over pipes: every client that was given a pair of them, each a connection of its own (`stdio-connection.ts`).
 *
 * Whoever can start a gateway with a configuration, or open its operator's socket, is the local user; there is no
 * credential on a pipe. The pipeline is the same as behind every other door.
 */
import { LOCAL_REQUEST } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { McpParts } from './mcp-parts.ts';
import { type Pipes, StdioConnection, type StdioEnd } from './stdio-connection.ts';

export class McpStdioDoor {
  readonly #parts: McpParts;
  readonly #open = new Set<StdioConnection>();
  #isClosed = false;

  constructor(parts: McpParts) {
    this.#parts = parts;
  }

  /** Resolves when the client has gone or was cut off. Throws `endpoint_unknown`, and `draining` when the door is closed. */
  serve(endpoint: string, pipes: Pipes): Promise<StdioEnd> {
    if (this.#isClosed) throw new GatewayError('draining');
    const verdict = { principal: LOCAL_USER, request: LOCAL_REQUEST };
    if (!this.#parts.views.has(endpoint, LOCAL_USER)) throw new GatewayError('endpoint_unknown');
    const connection = new StdioConnection(this.#parts, pipes, { endpoint, verdict });
    this.#open.add(connection);
    return connection.ended.finally(() => this.#open.delete(connection));
  }

  /** Reads no more, and resolves when all that was begun is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const ends = [...this.#open].map((connection) => {
      connection.finish();
      return connection.ended;
    });
    await Promise.all(ends);
  }

  cut(): void {
    for (const connection of [...this.#open]) connection.cut();
  }
}
