/*
 * A scripted MCP server of any revision: behaves, or misbehaves as told, and remembers all it received.
 *
 *   const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
 *   up.set('tools/call', { delayMs: 50, wrongId: true, times: 1 });
 *   … point something at up.url (or spawn up.command with up.args) …
 *   up.received.of('tools/call');
 *   await up.close();
 *
 * Written by hand, not on an SDK, so that it can break every rule. `scripted-script.ts` lists what it can be told,
 * `scripted-content.ts` what it offers.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RpcMessage } from './json-rpc.ts';
import { ReceivedLog } from './received.ts';
import { ScriptedCore } from './scripted-core.ts';
import { ScriptedHttp } from './scripted-http-front.ts';
import { hostLink, type StdioScript } from './scripted-link.ts';
import { type Behaviour, type JsonObject, Script, type ScriptedTool } from './scripted-script.ts';
import { ScriptedSse } from './scripted-sse-front.ts';

export interface StartOptions extends StdioScript {
  /** `sse` is the HTTP+SSE transport of 2024-11-05. */
  readonly transport: 'http' | 'sse' | 'stdio';
  /** HTTP: the port to listen on, to come back where one was before. Default: any. */
  readonly port?: number;
}

export interface ScriptedUpstream {
  readonly received: ReceivedLog;
  /** From now on; undefined goes back to the usual. Over HTTP orders hold at once; on stdio when the promise resolves. */
  set(key: string, behaviour: Behaviour | undefined): Promise<void>;
  /** Sends a message that belongs to no call: on all GET streams, all stdouts. */
  say(message: RpcMessage): Promise<void>;
  addTool(tool: ScriptedTool): Promise<void>;
  listChanged(kind: 'tools' | 'prompts' | 'resources'): Promise<void>;
  resourceUpdated(uri: string): Promise<void>;
  close(): Promise<void>;
}

export interface ScriptedHttpUpstream extends ScriptedUpstream {
  readonly url: string;
  readonly port: number;
  /** Forgets all legacy sessions, as a restart would. */
  forgetSessions(): void;
  readonly sessionCount: number;
  readonly connectionCount: number;
  /** Modern: streams of `subscriptions/listen` open now. */
  readonly listenerCount: number;
}

export interface ScriptedStdioUpstream extends ScriptedUpstream {
  readonly command: string;
  readonly args: readonly string[];
  /** Every process that was started from `command`, in order. */
  readonly pids: readonly number[];
  /** All running children exit with this code. */
  exit(code: number): Promise<void>;
}

export function startScripted(options: StartOptions & { transport: 'http' | 'sse' }): Promise<ScriptedHttpUpstream>;
export function startScripted(options: StartOptions & { transport: 'stdio' }): Promise<ScriptedStdioUpstream>;
export function startScripted(options: StartOptions): Promise<ScriptedHttpUpstream | ScriptedStdioUpstream> {
  return options.transport === 'stdio' ? startStdio(options) : startHttp(options);
}

async function startHttp(options: StartOptions): Promise<ScriptedHttpUpstream> {
  const core = new ScriptedCore(options);
  const script = new Script(options.behaviours);
  const received = new ReceivedLog();
  const sse = options.transport === 'sse';
  const front = sse ? new ScriptedSse(core, script, received) : new ScriptedHttp(core, script, received);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    // A client that goes away in the middle is part of the play.
    front.onRequest(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listening(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}${sse ? '/sse' : '/mcp'}`,
    port,
    received,
    set: async (key, behaviour) => script.set(key, behaviour),
    say: async (message) => {
      for (const session of core.sessions) session.push(message);
    },
    addTool: async (tool) => void core.tools.push(tool),
    listChanged: async (kind) => core.listChanged(kind),
    resourceUpdated: async (uri) => core.resourceUpdated(uri),
    forgetSessions: () => front.end(),
    get sessionCount() {
      return core.sessions.size;
    },
    get connectionCount() {
      return sockets.size;
    },
    get listenerCount() {
      return core.listeners.size;
    },
    close: async () => {
      front.end();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function startStdio({ transport: _, port: __, ...options }: StartOptions): Promise<ScriptedStdioUpstream> {
  const received = new ReceivedLog();
  const pids: number[] = [];
  // A child that starts later must know what was set before.
  const standing: JsonObject[] = [];
  const onMessage = (value: JsonObject): void => {
    if (typeof value.pid === 'number') pids.push(value.pid);
    if (typeof value.received !== 'string') return;
    received.add({ via: 'stdin', path: '', rawHeaders: [], body: Buffer.from(value.received) });
  };
  const link = await hostLink({ onMessage, standingOrders: () => standing });
  const keep = (order: JsonObject): Promise<void> => {
    standing.push(order);
    return link.order(order);
  };
  const program = fileURLToPath(new URL('./scripted-upstream-stdio.ts', import.meta.url));
  return {
    command: process.execPath,
    args: [program, JSON.stringify({ ...options, linkPort: link.port })],
    pids,
    received,
    set: (key, behaviour) => keep({ set: key, behaviour }),
    addTool: (tool) => keep({ addTool: tool }),
    say: (message) => link.order({ say: message }),
    listChanged: (kind) => link.order({ changed: kind }),
    resourceUpdated: (uri) => link.order({ updated: uri }),
    exit: (code) => link.order({ exit: code }),
    close: async () => {
      await link.order({ exit: 0 });
      await link.close();
    },
  };
}
