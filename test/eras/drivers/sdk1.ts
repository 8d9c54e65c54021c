/*
 * The client on the first SDK, as all its users have it, told to offer the revision of its kind.
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  CompleteResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  GetPromptResultSchema,
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListRootsRequestSchema,
  ListToolsResultSchema,
  type LoggingLevel,
  ReadResourceResultSchema,
  ResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { BINARY } from '../../rig/cli.ts';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { type Answer, answerOf, type CallOptions, EraClient, failed, type Place, type Watch } from '../client.ts';
import { clientCapabilities, type Kind } from '../kinds.ts';

const RESULTS = {
  'tools/list': ListToolsResultSchema,
  'prompts/list': ListPromptsResultSchema,
  'prompts/get': GetPromptResultSchema,
  'resources/list': ListResourcesResultSchema,
  'resources/templates/list': ListResourceTemplatesResultSchema,
  'resources/read': ReadResourceResultSchema,
  'completion/complete': CompleteResultSchema,
} as const;

const ANY_CODE = Number.NaN;

export class Sdk1Client extends EraClient {
  readonly #client = new Client(
    { name: 'sdk1-client', version: '1.0.0' },
    { capabilities: clientCapabilities(this.kind) as object },
  );
  #transport: Transport | undefined;

  override async open(): Promise<void> {
    const client = this.#client;
    client.fallbackNotificationHandler = async ({ method, params = {} }) => this.hear(method, params);
    client.setRequestHandler(CreateMessageRequestSchema, (request) => this.reply(request) as never);
    client.setRequestHandler(ListRootsRequestSchema, (request) => this.reply(request) as never);
    if (this.kind.revision >= '2025-06-18') {
      client.setRequestHandler(ElicitRequestSchema, (request) => this.reply(request) as never);
    }
    let version: string | undefined;
    this.#transport = transportFor(this.kind, this.place, (agreed) => {
      version = agreed;
    });
    await client.connect(this.#transport);
    this.opened = {
      version,
      serverInfo: (client.getServerVersion() ?? {}) as JsonObject,
      capabilities: (client.getServerCapabilities() ?? {}) as JsonObject,
      instructions: client.getInstructions(),
    };
  }

  override async call(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<Answer> {
    const progress: JsonObject[] = [];
    const { meta, logLevel, signal } = options;
    if (logLevel !== undefined) await this.#client.setLoggingLevel(logLevel as LoggingLevel);
    const more: RequestOptions = {
      ...(signal ? { signal } : {}),
      ...(options.progress ? { onprogress: (told) => void progress.push({ ...told }) } : {}),
    };
    try {
      const given = meta === undefined ? params : { ...params, _meta: meta };
      return answerOf(await this.#send(method, given, more), progress);
    } catch (thrown) {
      const { code = ANY_CODE, message, data } = thrown as { code?: number; message: string; data?: unknown };
      return failed({ code, message, data }, progress);
    }
  }

  /** Tools are called as users of the library do, who have their results checked. */
  #send(method: string, params: JsonObject, more: RequestOptions): Promise<unknown> {
    if (method === 'tools/call') return this.#client.callTool(params as never, CallToolResultSchema, more);
    const schema = Object.entries(RESULTS).find(([name]) => name === method)?.[1] ?? ResultSchema;
    return this.#client.request({ method, params } as never, schema, more);
  }

  override async watch({ uris = [] }: Watch): Promise<void> {
    for (const uri of uris) await this.#client.subscribeResource({ uri });
  }

  override async vanish(): Promise<void> {
    await this.#client.close();
  }

  override async close(): Promise<void> {
    if (this.#transport instanceof StreamableHTTPClientTransport) await this.#transport.terminateSession();
    await this.#client.close();
  }
}

function transportFor(kind: Kind, place: Place, onVersion: (version: string) => void): Transport {
  const transport = plainTransport(kind, place);
  const { setProtocolVersion } = transport;
  transport.setProtocolVersion = (version) => {
    onVersion(version);
    setProtocolVersion?.call(transport, version);
  };
  // The library offers its newest revision only; an older release of it offers an older one.
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const opening = 'method' in message && message.method === 'initialize';
    const offered = { ...(opening ? message.params : {}), protocolVersion: kind.revision };
    return send(opening ? { ...message, params: offered } : message, options);
  };
  return transport;
}

function plainTransport({ via }: Kind, { url, args }: Place): Transport {
  if (via === 'stdio') {
    const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
    return new StdioClientTransport({
      command: process.execPath,
      args: [BINARY, 'stdio', ...args],
      env,
      stderr: 'ignore',
    });
  }
  if (via === 'sse') return new SSEClientTransport(new URL(url));
  return new StreamableHTTPClientTransport(new URL(url)) as Transport;
}
