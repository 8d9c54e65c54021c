/*
 * The older servers of the matrix, on the first SDK: one server object per session, which speaks no revision newer than
 * its own.
 */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../../rig/scripted-script.ts';
import type { Kind } from '../kinds.ts';
import { answer, CAPABILITIES } from './content.ts';
import type { Change, State } from './state.ts';
import { type Questions, Refusal, type Turn } from './turn.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const SCHEMAS = [
  ListToolsRequestSchema,
  CallToolRequestSchema,
  ListPromptsRequestSchema,
  GetPromptRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
  CompleteRequestSchema,
];

const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** Connects a server object for one session. */
export async function serveSession(kind: Kind, state: State, transport: Transport): Promise<void> {
  const server = new Server(
    { name: kind.name, version: '1.0.0' },
    { capabilities: CAPABILITIES, instructions: 'Ask.' },
  );
  // Until a level is set, all is said (2025-11-25, Logging).
  const session = { level: 'debug', watched: new Set<string>() };
  for (const schema of SCHEMAS) {
    server.setRequestHandler(schema, (request: { method: string; params?: unknown }, extra: Extra) =>
      answer(turnOf(server, session, request, extra), state, kind.revision),
    );
  }
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    session.level = params.level;
    return {};
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    session.watched.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    session.watched.delete(params.uri);
    return {};
  });
  const stop = state.listen((change) => void tell(server, session.watched, change).catch(() => {}));
  await server.connect(transport);
  server.onclose = stop;
  offerOnly(kind, transport);
}

/** The SDK takes any revision it knows; this server was written when there was no newer one. */
function offerOnly({ revision }: Kind, transport: Transport): void {
  const { onmessage } = transport;
  transport.onmessage = (message, extra) => {
    const opening = 'method' in message && message.method === 'initialize' && 'id' in message;
    if (opening) message.params = { ...message.params, protocolVersion: revision };
    onmessage?.(message, extra);
  };
}

function turnOf(
  server: Server,
  session: { readonly level: string },
  { method, params = {} }: { method: string; params?: unknown },
  extra: Extra,
): Turn {
  const notify = (name: string, more: JsonObject) =>
    extra.sendNotification({ method: name, params: more } as ServerNotification);
  const headers = extra.requestInfo?.headers ?? {};
  return {
    method,
    params: params as JsonObject,
    meta: (extra._meta ?? {}) as JsonObject,
    modern: false,
    signal: extra.signal,
    header: (name) => headers[name]?.toString(),
    notify,
    log: async (level, data) => {
      if (LEVELS.indexOf(level) >= LEVELS.indexOf(session.level))
        await notify('notifications/message', { level, data });
    },
    ask: (questions) => asked(server, extra, questions),
    ping: async () => void (await server.ping()),
  };
}

/** All at once, and until all are answered. */
async function asked(server: Server, extra: Extra, questions: Questions): Promise<JsonObject> {
  const answers = Object.entries(questions).map(async ([key, question]) => {
    mustBeAllowed(server, question);
    return [key, await extra.sendRequest(question as ServerRequest, ResultSchema)];
  });
  return Object.fromEntries(await Promise.all(answers));
}

/** A server asks only for what the client has declared (Elicitation › Capabilities); older SDKs leave that to it. */
function mustBeAllowed(server: Server, { method, params }: Questions[string]): void {
  const { elicitation, sampling, roots } = server.getClientCapabilities() ?? {};
  const asks = { 'elicitation/create': elicitation, 'sampling/createMessage': sampling, 'roots/list': roots }[method];
  if (asks === undefined || (params.mode === 'url' && elicitation?.url === undefined)) {
    throw new Refusal(-32602, `The client has not said that it can be asked: ${method}`);
  }
}

async function tell(server: Server, watched: ReadonlySet<string>, change: Change): Promise<void> {
  if ('uri' in change) return watched.has(change.uri) ? server.sendResourceUpdated({ uri: change.uri }) : undefined;
  const method = `notifications/${change.kind}/list_changed`;
  await server.notification({ method } as ServerNotification);
}
