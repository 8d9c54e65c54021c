/*
 * The stage of a story: the real gateway as a process, scripted servers behind it, clients of every era before it.
 *
 *   const stage = await openStage({ old: await startScripted({ … }) });
 *   const client = await stage.legacy('old');      // at /mcp/old; '' is /mcp
 *   …
 *   await stage.close();                           // clients, gateway, servers
 */
import { type GatewayOptions, type RunningGateway, startGateway } from '../rig/gateway.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import {
  type ClientOptions,
  type LegacyClient,
  legacyClient,
  type ModernClient,
  modernClient,
} from '../rig/raw-client.ts';
import type { JsonObject, Revision } from '../rig/scripted-script.ts';
import type { ScriptedHttpUpstream, ScriptedStdioUpstream } from '../rig/scripted-upstream.ts';
import { type SseClient, sseClient } from '../rig/sse-client.ts';

export type Scripted = ScriptedHttpUpstream | ScriptedStdioUpstream;

export interface StageOptions {
  /** Sections of the configuration beside `servers`. */
  readonly config?: JsonObject;
  /** More fields for the entries of single servers. */
  readonly entries?: Readonly<Record<string, JsonObject>>;
  /** Servers that are no scripted ones. */
  readonly others?: Readonly<Record<string, JsonObject>>;
  readonly gateway?: GatewayOptions;
}

export class Stage {
  readonly gateway: RunningGateway;
  readonly #closers: (() => unknown)[] = [];

  constructor(gateway: RunningGateway) {
    this.gateway = gateway;
  }

  /** Address of a server's own endpoint; `''` is the one with all servers. */
  url(endpoint = ''): string {
    return `${this.gateway.url}/mcp${endpoint === '' ? '' : `/${endpoint}`}`;
  }

  modern(endpoint = '', options: ClientOptions = {}): ModernClient {
    const client = modernClient(this.url(endpoint), options);
    this.onClose(() => client.close());
    return client;
  }

  /** Initialized. */
  async legacy(
    endpoint = '',
    options: ClientOptions = {},
    revision: Revision = '2025-11-25',
  ): Promise<LegacyClient & { sessionId: string }> {
    const client = legacyClient(this.url(endpoint), revision, options);
    this.onClose(() => client.close());
    const { stream } = await client.initialize();
    if (client.sessionId === undefined) throw new Error(`no session: ${stream.status} ${stream.rawBody}`);
    return client as LegacyClient & { sessionId: string };
  }

  /** Initialized, over HTTP+SSE. */
  async sse(endpoint = '', options: ClientOptions = {}, revision: Revision = '2024-11-05'): Promise<SseClient> {
    const client = sseClient(`${this.gateway.url}/sse${endpoint === '' ? '' : `/${endpoint}`}`, options);
    this.onClose(() => client.close());
    const answer = await client.initialize(revision);
    if (answer.result === undefined) throw new Error(`no session: ${JSON.stringify(answer)}`);
    return client;
  }

  /** The next time (or already) that a server is said to be in this state; `after` skips what was said before. */
  server(name: string, state: string, after = 0): Promise<JsonObject> {
    const fits = (line: JsonObject) => line.event === 'server' && line.name === name && line.state === state;
    return this.gateway.until((line) => fits(line) && this.gateway.said.indexOf(line) >= after);
  }

  /** The value of a series on /metrics; 0 when there is none. */
  async metric(series: string, headers: Record<string, string> = {}): Promise<number> {
    const text = await (await fetch(`${this.gateway.url}/metrics`, { headers })).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? 0);
  }

  onClose(closer: () => unknown): void {
    this.#closers.unshift(closer);
  }

  async close(): Promise<void> {
    for (const closer of this.#closers) await closer();
  }
}

/** Resolves when every server was reached, or could not be. */
export async function openStage(
  servers: Readonly<Record<string, Scripted>>,
  { config = {}, entries = {}, others = {}, gateway: options = {} }: StageOptions = {},
): Promise<Stage> {
  const scripted = Object.entries(servers).map(([name, server]) => [name, { ...placeOf(server), ...entries[name] }]);
  const gateway = await startGateway({ servers: { ...Object.fromEntries(scripted), ...others }, ...config }, options);
  const stage = new Stage(gateway);
  for (const server of Object.values(servers)) stage.onClose(() => server.close());
  stage.onClose(() => gateway.stop());
  await gateway.until((line) => line.event === 'ready');
  return stage;
}

export function placeOf(server: Scripted): JsonObject {
  return 'url' in server ? { url: server.url } : { command: server.command, args: server.args };
}

/** `io.gatewright/error` of a tool result that a failure of the gateway became. */
export function failureOf(answer: RpcMessage | undefined): unknown {
  return at(answer, 'result', '_meta', 'io.gatewright/error', 'name');
}
