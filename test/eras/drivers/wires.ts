/*
 * How the messages of a client by hand travel: Streamable HTTP with and without sessions, HTTP+SSE, a pipe to
 * `gatewright stdio`.
 */

import { notification, parseObject, type RpcMessage } from '../../rig/json-rpc.ts';
import { LineClient } from '../../rig/line-client.ts';
import type { MessageStream } from '../../rig/message-stream.ts';
import { legacyClient, modernClient } from '../../rig/raw-client.ts';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { sseClient } from '../../rig/sse-client.ts';
import type { Place } from '../client.ts';
import { clientCapabilities, type Kind } from '../kinds.ts';

export const CLIENT_INFO = { name: 'raw-client', version: '1.0.0' };

type Take = (message: RpcMessage, text: string) => void;

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Drops the message where it is a stream of its own. */
  readonly signal?: AbortSignal;
}

export interface Wire {
  open(): Promise<void>;
  /** After `initialize` was answered. */
  opened(result: JsonObject): Promise<void>;
  /** Resolves when nothing more comes of it, with what to say if no answer was there. */
  send(message: RpcMessage, options?: SendOptions): Promise<string>;
  vanish(): Promise<void>;
  close(): Promise<void>;
}

export function wireOf(kind: Kind, place: Place, take: Take): Wire {
  if (kind.via === 'stdio') return pipe(place, take);
  if (kind.via === 'sse') return eventStream(place, take);
  return kind.modern ? statelessHttp(kind, place, take) : sessionHttp(kind, place, take);
}

const nothing = async (): Promise<void> => {};

/** Sends a request; the bytes are whole only when the stream has ended, so an answer waits for that. */
async function exchange(
  take: Take,
  send: (on: (message: RpcMessage) => void) => Promise<MessageStream>,
  onHead: (stream: MessageStream) => void = () => {},
): Promise<string> {
  const answers: RpcMessage[] = [];
  const stream = await send(
    (message) => void (message.method === undefined ? answers.push(message) : take(message, '')),
  );
  onHead(stream);
  await stream.ended.catch(() => {});
  for (const message of answers) take(message, stream.rawBody);
  return `HTTP ${stream.status} ${stream.rawBody}`;
}

function statelessHttp(kind: Kind, { url }: Place, take: Take): Wire {
  const client = modernClient(url, { capabilities: clientCapabilities(kind) });
  return {
    open: nothing,
    opened: nothing,
    send: (message, { headers, signal } = {}) => {
      const own = client.headersOf(String(message.method), (message.params ?? {}) as JsonObject);
      return exchange(take, (on) => client.send('POST', JSON.stringify(message), { ...own, ...headers }, on, signal));
    },
    vanish: async () => client.close(),
    close: async () => client.close(),
  };
}

function sessionHttp({ revision }: Kind, { url }: Place, take: Take): Wire {
  const client = legacyClient(url, revision);
  const send: Wire['send'] = (message) =>
    exchange(
      take,
      (on) => client.send('POST', JSON.stringify(message), client.sessionHeaders(), on),
      ({ headers: { 'mcp-session-id': minted } }) => {
        if (typeof minted === 'string') client.sessionId = minted;
      },
    );
  return {
    open: nothing,
    opened: async (result) => {
      client.initialized = { result };
      await send(notification('notifications/initialized'));
      await client.send('GET', undefined, client.sessionHeaders(), (message) => take(message, ''));
    },
    send,
    vanish: async () => client.close(),
    close: async () => {
      await client.delete().catch(() => {});
      client.close();
    },
  };
}

function eventStream({ url }: Place, take: Take): Wire {
  const onMessage = (message: RpcMessage) => take(message, client.stream?.events.at(-1)?.data ?? '');
  const client = sseClient(url, { onMessage });
  return {
    open: async () => {
      const { status, rawBody } = await client.open();
      if (status !== 200) throw new Error(`no event stream: ${status} ${rawBody}`);
    },
    opened: async () => void (await client.post(notification('notifications/initialized'))),
    send: async (message) => {
      const { status, rawBody } = await client.post(message);
      if (status >= 300) return `the POST was answered with ${status} ${rawBody}`;
      return new Promise<never>(() => {});
    },
    vanish: async () => client.close(),
    close: async () => client.close(),
  };
}

function pipe({ args }: Place, take: Take): Wire {
  let client: LineClient | undefined;
  const onLine = (line: string) => {
    const message = parseObject(line);
    if (message) take(message, line);
  };
  return {
    open: async () => {
      client = new LineClient(args, { onLine });
    },
    opened: async () => client?.notify('notifications/initialized'),
    send: async (message) => {
      client?.send(message);
      return `the process ended with ${await client?.exited}: ${client?.stderr()}`;
    },
    vanish: async () => void (await client?.kill('SIGKILL')),
    close: async () => {
      await client?.end();
      if (client && client.rubbish.length > 0) throw new Error(`no JSON-RPC on stdout: ${client.rubbish[0]}`);
    },
  };
}
