/*
 * The client on the second SDK, pinned to the revision of its kind.
 */
import {
  Client,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { BINARY } from '../../rig/cli.ts';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { type Answer, answerOf, type CallOptions, EraClient, failed, type Place, type Watch } from '../client.ts';
import { clientCapabilities, type Kind } from '../kinds.ts';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';

export class Sdk2Client extends EraClient {
  readonly #client = new Client(
    { name: 'sdk2-client', version: '1.0.0' },
    {
      capabilities: clientCapabilities(this.kind) as object,
      supportedProtocolVersions: [this.kind.revision],
      versionNegotiation: { mode: this.kind.modern ? { pin: this.kind.revision } : 'legacy' },
    },
  );
  #transport: Transport | undefined;

  override async open(): Promise<void> {
    const client = this.#client;
    client.fallbackNotificationHandler = async ({ method, params = {} }) => this.hear(method, params as JsonObject);
    const methods = ['sampling/createMessage', 'roots/list', 'elicitation/create'] as const;
    for (const method of this.kind.revision >= '2025-06-18' ? methods : methods.slice(0, 2)) {
      client.setRequestHandler(method, (request: object) => this.reply(request as never) as never);
    }
    this.#transport = transportFor(this.kind, this.place);
    await client.connect(this.#transport);
    this.opened = {
      version: client.getNegotiatedProtocolVersion(),
      serverInfo: { ...client.getServerVersion() },
      capabilities: { ...client.getServerCapabilities() },
      instructions: client.getInstructions(),
    };
  }

  override async call(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<Answer> {
    const progress: JsonObject[] = [];
    const { logLevel, signal } = options;
    const meta = { ...options.meta, ...(this.kind.modern && logLevel !== undefined ? { [LOG_LEVEL]: logLevel } : {}) };
    if (logLevel !== undefined && !this.kind.modern) await this.#client.setLoggingLevel(logLevel as 'info');
    const more = {
      ...(signal ? { signal } : {}),
      ...(options.progress ? { onprogress: (told: object) => void progress.push({ ...told }) } : {}),
    };
    try {
      const given = Object.keys(meta).length > 0 ? { ...params, _meta: meta } : params;
      return answerOf(await this.#send(method, given, more), progress);
    } catch (thrown) {
      const { code, message, data } = thrown as { code?: unknown; message: string; data?: unknown };
      return failed({ code: typeof code === 'number' ? code : Number.NaN, message, data }, progress);
    }
  }

  /** Tools are called as users of the library do: results are checked, arguments are mirrored in headers. */
  #send(method: string, params: JsonObject, more: object): Promise<unknown> {
    if (method === 'tools/call') return this.#client.callTool(params as never, more);
    if (method === 'tools/list' && params.cursor === undefined) return this.#client.listTools(undefined, more);
    return this.#client.request({ method, params } as never, more);
  }

  override async watch({ lists = false, uris = [] }: Watch): Promise<void> {
    if (!this.kind.modern) {
      for (const uri of uris) await this.#client.subscribeResource({ uri });
      return;
    }
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const filter = { ...(lists ? all : {}), ...(uris.length > 0 ? { resourceSubscriptions: [...uris] } : {}) };
    await this.#client.listen(filter);
  }

  override async vanish(): Promise<void> {
    await this.#client.close();
  }

  override async close(): Promise<void> {
    if (this.#transport instanceof StreamableHTTPClientTransport) await this.#transport.terminateSession();
    await this.#client.close();
  }
}

function transportFor({ via }: Kind, { url, args }: Place): Transport {
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
  return new StreamableHTTPClientTransport(new URL(url));
}
