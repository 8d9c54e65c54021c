/*
 * The scripted server without a transport: messages in, answers out, of any revision.
 *
 * A transport gives it each request together with a `Peer` (where things of this request can be sent) and a `Session`
 * (what outlives the request: the connection on stdio, the session on legacy HTTP, one request on modern HTTP).
 */
import { at, errorOf, isObject, notification, type RpcId, type RpcMessage, resultOf } from './json-rpc.ts';
import { contentOf, PROMPTS, pageOf, RESOURCES, TEMPLATES, TOOLS } from './scripted-content.ts';
import { type JsonObject, MODERN, type Revision, type ScriptedTool, type ScriptOptions } from './scripted-script.ts';
import { ScriptedTasks } from './scripted-tasks.ts';
import { callTool } from './scripted-tools.ts';

/** What a client has told, and the way to reach it unasked. */
export interface Session {
  clientCapabilities: unknown;
  clientInfo: unknown;
  logLevel: unknown;
  /** Listed in this session alone. */
  readonly tools: ScriptedTool[];
  readonly subscriptions: Set<string>;
  /** Outside of any request: GET stream, stdout, or the stream of `subscriptions/listen`. */
  push: (message: RpcMessage) => void;
}

/** One request in progress. */
export interface Peer {
  readonly session: Session;
  /** Sends something on the request's own way, before its answer. */
  interim(message: RpcMessage): void;
  /** Asks the client (legacy only) and waits for what it posts. */
  ask(method: string, params: JsonObject): Promise<RpcMessage>;
  /** Aborted when the client has cancelled or gone. */
  readonly gone: AbortSignal;
}

export interface Listener {
  readonly id: RpcId;
  readonly filter: JsonObject;
  readonly push: (message: RpcMessage) => void;
}

export const META = 'io.modelcontextprotocol/';

const CACHED = [
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
];

const CAPABILITIES: JsonObject = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

export function newSession(): Session {
  return {
    clientCapabilities: {},
    clientInfo: undefined,
    logLevel: undefined,
    tools: [],
    subscriptions: new Set(),
    push: () => {},
  };
}

export class ScriptedCore {
  readonly options: ScriptOptions;
  readonly tools: ScriptedTool[];
  readonly sessions = new Set<Session>();
  readonly listeners = new Set<Listener>();
  readonly tasks = new ScriptedTasks((id, message) => {
    for (const { filter, push } of this.listeners) {
      if (Array.isArray(filter.taskIds) && filter.taskIds.includes(id)) push(message);
    }
  });

  constructor(options: ScriptOptions) {
    this.options = options;
    this.tools = [...(options.bare ? [] : TOOLS), ...(options.tools ?? [])];
  }

  get revision(): Revision {
    return this.options.revision;
  }

  get isModern(): boolean {
    return this.revision === MODERN;
  }

  /** The answer to one request. `subscriptions/listen` stays open until the client goes. */
  async answer(message: RpcMessage & { id: RpcId; method: string }, peer: Peer): Promise<RpcMessage> {
    const outcome = await this.#outcome(message, peer);
    if (typeof outcome === 'string') return errorOf(message.id, -32602, outcome);
    if (outcome === undefined) return errorOf(message.id, -32601, 'Method not found');
    return resultOf(message.id, this.isModern ? this.#modernResult(message.method, outcome) : outcome);
  }

  #modernResult(method: string, result: JsonObject): JsonObject {
    const cached = CACHED.includes(method) ? { ttlMs: 0, cacheScope: 'private' } : {};
    const meta = { [`${META}serverInfo`]: this.#serverInfo(), ...(isObject(result._meta) ? result._meta : {}) };
    return { resultType: 'complete', ...cached, ...result, _meta: meta };
  }

  /** A result, the words of an invalid-params error, or undefined for a method that does not exist. */
  async #outcome(
    { id, method, params }: RpcMessage & { id: RpcId; method: string },
    peer: Peer,
  ): Promise<JsonObject | string | undefined> {
    const inEra = this.isModern
      ? await this.#modernOnly(id, method, params, peer)
      : this.#legacyOnly(method, params, peer);
    return inEra ?? this.#common(method, params, peer);
  }

  #common(method: string, params: unknown, peer: Peer): Promise<JsonObject | string> | JsonObject | string | undefined {
    const cursor = at(params, 'cursor');
    const page = (key: string, all: readonly unknown[]): JsonObject | string =>
      pageOf(key, all, cursor, this.options.pageSize) ?? 'Unknown cursor';
    switch (method) {
      case 'tools/list':
        return page('tools', this.#toolsFor(peer.session));
      case 'prompts/list':
        return page('prompts', PROMPTS);
      case 'resources/list':
        return page('resources', RESOURCES);
      case 'resources/templates/list':
        return page('resourceTemplates', TEMPLATES);
      case 'tools/call':
        return callTool(this, params, peer);
      case 'prompts/get':
        return promptOf(params);
      case 'resources/read': {
        const content = contentOf(at(params, 'uri'));
        return content ? { contents: [content] } : 'Unknown resource';
      }
      case 'completion/complete':
        return { completion: { values: [`${at(params, 'argument', 'value')}-completed`], total: 1, hasMore: false } };
      default:
        return undefined;
    }
  }

  #legacyOnly(method: string, params: unknown, { session }: Peer): JsonObject | string | undefined {
    const uri = String(at(params, 'uri'));
    switch (method) {
      case 'initialize':
        session.clientCapabilities = at(params, 'capabilities');
        session.clientInfo = at(params, 'clientInfo');
        return {
          protocolVersion: this.revision,
          capabilities: this.#capabilities(),
          serverInfo: this.#serverInfo(),
          instructions: this.options.instructions ?? 'Scripted.',
        };
      case 'ping':
        return {};
      case 'logging/setLevel':
        session.logLevel = at(params, 'level');
        return {};
      case 'resources/subscribe':
        session.subscriptions.add(uri);
        return {};
      case 'resources/unsubscribe':
        session.subscriptions.delete(uri);
        return {};
      default:
        return undefined;
    }
  }

  async #modernOnly(id: RpcId, method: string, params: unknown, peer: Peer): Promise<JsonObject | string | undefined> {
    if (method === 'server/discover') {
      return {
        supportedVersions: [MODERN],
        capabilities: this.#capabilities(),
        instructions: this.options.instructions ?? 'Scripted.',
      };
    }
    if (method !== 'subscriptions/listen') return this.tasks.answer(method, params);
    const filter = at(params, 'notifications');
    const agreed = isObject(filter) ? filter : {};
    const stamp = { [`${META}subscriptionId`]: id };
    const push = (message: RpcMessage): void => {
      peer.interim({ ...message, params: { ...(isObject(message.params) ? message.params : {}), _meta: stamp } });
    };
    push(notification('notifications/subscriptions/acknowledged', { notifications: agreed }));
    const listener = { id, filter: agreed, push };
    this.listeners.add(listener);
    await new Promise<void>((resolve) => peer.gone.addEventListener('abort', () => resolve(), { once: true }));
    this.listeners.delete(listener);
    return { _meta: stamp };
  }

  /** A tool with `needs` is for clients that have this capability. */
  #toolsFor({ clientCapabilities, tools }: Session): readonly ScriptedTool[] {
    const shown = this.tools.filter(({ needs }) => needs === undefined || at(clientCapabilities, String(needs)));
    return [...shown, ...tools];
  }

  /** Tells all who want to know that a list has changed. */
  listChanged(kind: 'tools' | 'prompts' | 'resources'): void {
    const message = notification(`notifications/${kind}/list_changed`);
    if (!this.isModern) for (const session of this.sessions) session.push(message);
    for (const { filter, push } of this.listeners) if (filter[`${kind}ListChanged`] === true) push(message);
  }

  /** Tells all who have subscribed to a resource that it has changed. */
  resourceUpdated(uri: string): void {
    const message = notification('notifications/resources/updated', { uri });
    for (const session of this.sessions) if (session.subscriptions.has(uri)) session.push(message);
    for (const { filter, push } of this.listeners) {
      if (Array.isArray(filter.resourceSubscriptions) && filter.resourceSubscriptions.includes(uri)) push(message);
    }
  }

  #capabilities(): JsonObject {
    return this.options.capabilities ?? CAPABILITIES;
  }

  #serverInfo(): JsonObject {
    return { name: this.options.name ?? 'scripted', version: this.options.version ?? '1.0.0' };
  }
}

function promptOf(params: unknown): JsonObject | string {
  const name = at(params, 'name');
  const text = name === 'greet' ? `Hello ${at(params, 'arguments', 'who')}` : 'Plain.';
  if (!PROMPTS.some((prompt) => prompt.name === name)) return 'Unknown prompt';
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}
