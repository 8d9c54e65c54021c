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
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RpcMessage } from './json-rpc.ts';
import { ReceivedLog } from './received.ts';
import { ScriptedCore } from './scripted-core.ts';
import { ScriptedHttp } from './scripted-http-front.ts';
import { hostLink, type LinkHost, type StdioScript } from './scripted-link.ts';
import { type Behaviour, type JsonObject, Script, type ScriptedTool } from './scripted-script.ts';
import { ScriptedSse } from './scripted-sse-front.ts';

export interface StartOptions extends StdioScript {
  /** `sse` is the HTTP+SSE transport of 2024-11-05. */
  readonly transport: 'http' | 'sse' | 'stdio';
  /** HTTP: the port to listen on, to come back where one was before. Default: any. */
  readonly port?: number;
  /** HTTP: the path of its address. Default: `/mcp`, or `/sse`. */
  readonly path?: string;
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
  /** Cuts every connection off. */
  dropConnections(): void;
  readonly sessionCount: number;
  readonly connectionCount: number;
  /** Modern: streams of `subscriptions/listen` open now. */
  readonly listenerCount: number;
  /** Requests over Streamable HTTP whose sender went away before the answer was out. */
  readonly dropped: ReceivedLog;
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
  const upstream = new HttpUpstream(options);
  await upstream.listen(options.port ?? 0);
  return upstream;
}

class HttpUpstream implements ScriptedHttpUpstream {
  readonly received = new ReceivedLog();
  port = 0;
  readonly #core: ScriptedCore;
  readonly #script: Script;
  readonly #front: ScriptedHttp | ScriptedSse;
  readonly #path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: StartOptions) {
    this.#core = new ScriptedCore(options);
    this.#script = new Script(options.behaviours);
    this.#path = options.path ?? (options.transport === 'sse' ? '/sse' : '/mcp');
    const Front = options.transport === 'sse' ? ScriptedSse : ScriptedHttp;
    this.#front = new Front(this.#core, this.#script, this.received);
    this.#server = createServer((request, response) => {
      // A client that goes away in the middle is part of the play.
      this.#front.onRequest(request, response).catch(() => response.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${this.#path}`;
  }

  get dropped(): ReceivedLog {
    return this.#front.dropped;
  }

  get sessionCount(): number {
    return this.#core.sessions.size;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  get listenerCount(): number {
    return this.#core.listeners.size;
  }

  async set(key: string, behaviour: Behaviour | undefined): Promise<void> {
    this.#script.set(key, behaviour);
  }

  async say(message: RpcMessage): Promise<void> {
    for (const session of this.#core.sessions) session.push(message);
  }

  async addTool(tool: ScriptedTool): Promise<void> {
    this.#core.tools.push(tool);
  }

  async listChanged(kind: 'tools' | 'prompts' | 'resources'): Promise<void> {
    this.#core.listChanged(kind);
  }

  async resourceUpdated(uri: string): Promise<void> {
    this.#core.resourceUpdated(uri);
  }

  forgetSessions(): void {
    this.#front.end();
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#front.end();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function startStdio({
  transport: _,
  port: __,
  path: ___,
  ...script
}: StartOptions): Promise<ScriptedStdioUpstream> {
  const upstream = new StdioUpstream(script);
  await upstream.listen();
  return upstream;
}

class StdioUpstream implements ScriptedStdioUpstream {
  readonly command = process.execPath;
  args: readonly string[] = [];
  readonly pids: number[] = [];
  readonly received = new ReceivedLog();
  readonly #script: StdioScript;
  /** What a child that starts later must be told too. */
  readonly #standing: JsonObject[] = [];
  #link: LinkHost | undefined;

  constructor(script: StdioScript) {
    this.#script = script;
  }

  async listen(): Promise<void> {
    const link = await hostLink({ onMessage: (value) => this.#onMessage(value), standingOrders: () => this.#standing });
    this.#link = link;
    const program = fileURLToPath(new URL('./scripted-upstream-stdio.ts', import.meta.url));
    this.args = [program, JSON.stringify({ ...this.#script, linkPort: link.port })];
  }

  set(key: string, behaviour: Behaviour | undefined): Promise<void> {
    return this.#keep({ set: key, behaviour });
  }

  addTool(tool: ScriptedTool): Promise<void> {
    return this.#keep({ addTool: tool });
  }

  say(message: RpcMessage): Promise<void> {
    return this.#order({ say: message });
  }

  listChanged(kind: 'tools' | 'prompts' | 'resources'): Promise<void> {
    return this.#order({ changed: kind });
  }

  resourceUpdated(uri: string): Promise<void> {
    return this.#order({ updated: uri });
  }

  exit(code: number): Promise<void> {
    return this.#order({ exit: code });
  }

  async close(): Promise<void> {
    await this.exit(0);
    await this.#link?.close();
  }

  #keep(order: JsonObject): Promise<void> {
    this.#standing.push(order);
    return this.#order(order);
  }

  async #order(order: JsonObject): Promise<void> {
    await this.#link?.order(order);
  }

  #onMessage(value: JsonObject): void {
    if (typeof value.pid === 'number') this.pids.push(value.pid);
    if (typeof value.received !== 'string') return;
    this.received.add({ via: 'stdin', path: '', rawHeaders: [], body: Buffer.from(value.received) });
  }
}
