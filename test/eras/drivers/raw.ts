/*
 * The client by hand: JSON-RPC of every revision, on whatever wire. No library smooths anything over.
 */
import { at, notification, type RpcId, type RpcMessage, request, resultOf } from '../../rig/json-rpc.ts';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { type Answer, answerOf, type CallOptions, EraClient, type Failure, failed, type Watch } from '../client.ts';
import { clientCapabilities } from '../kinds.ts';
import { CLIENT_INFO, type Wire, wireOf } from './wires.ts';

const META = 'io.modelcontextprotocol/';

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly token: RpcId | undefined;
  readonly progress: JsonObject[];
}

export class RawClient extends EraClient {
  readonly #wire: Wire = wireOf(this.kind, this.place, (message, text) => this.#take(message, text));
  readonly #pending = new Map<RpcId, Pending>();
  #nextId = 100;

  override async open(): Promise<void> {
    await this.#wire.open();
    const method = this.kind.modern ? 'server/discover' : 'initialize';
    const { result, error } = await this.call(method, this.kind.modern ? {} : this.#introduction());
    if (error) throw new Error(`${method}: ${error.code} ${error.message}`);
    this.opened = {
      version: (this.kind.modern ? at(result.supportedVersions, 0) : result.protocolVersion) as string,
      serverInfo: (result.serverInfo ?? at(result, '_meta', `${META}serverInfo`) ?? {}) as JsonObject,
      capabilities: result.capabilities as JsonObject,
      instructions: result.instructions as string | undefined,
    };
    if (!this.kind.modern) await this.#wire.opened(result);
  }

  override async call(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<Answer> {
    const { logLevel } = options;
    if (logLevel !== undefined && !this.kind.modern) await this.call('logging/setLevel', { level: logLevel });
    // Every round is a request of its own, so an id that was asked for is used up by the first.
    const { id, ...rest } = options;
    let more: JsonObject = {};
    for (let round = 0; round < 8; round++) {
      const answer = await this.#exchange(method, { ...params, ...more }, round === 0 ? options : rest);
      if (answer.result.resultType !== 'input_required') return answer;
      const { inputRequests = {}, requestState } = answer.result as { inputRequests?: object; requestState?: string };
      const answers = Object.entries(inputRequests).map(([key, question]) => [key, this.reply(question)]);
      more = { inputResponses: Object.fromEntries(answers), ...(requestState === undefined ? {} : { requestState }) };
    }
    throw new Error('more rounds of questions than there are questions');
  }

  override async watch({ lists = false, uris = [] }: Watch): Promise<void> {
    if (!this.kind.modern) {
      for (const uri of uris) orThrow(await this.call('resources/subscribe', { uri }));
      return;
    }
    const all = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const notifications = { ...(lists ? all : {}), ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const from = this.heard.length;
    const refused = this.#exchange('subscriptions/listen', { notifications }, {}).then(orThrow);
    const fits = ({ method }: { method: string }) => method === 'notifications/subscriptions/acknowledged';
    await Promise.race([this.until(fits, from), refused]);
  }

  override async vanish(): Promise<void> {
    await this.#wire.vanish();
  }

  override async close(): Promise<void> {
    await this.#wire.close();
  }

  async #exchange(method: string, params: JsonObject, options: CallOptions): Promise<Answer> {
    const id = options.id ?? this.#nextId++;
    const token = options.progress ? `own-${String(id)}` : undefined;
    const answer = new Promise<Answer>((resolve) => this.#pending.set(id, { resolve, token, progress: [] }));
    const meta = this.#metaOf(options, token);
    const message = request(id, method, Object.keys(meta).length > 0 ? { ...params, _meta: meta } : params);
    const { headers = {}, signal } = options;
    // On HTTP a newer client cancels by closing the stream; all others say it.
    const closes = this.kind.modern && this.kind.via === 'http';
    signal?.addEventListener('abort', () => void this.#cancel(id, closes), { once: true });
    const over = this.#wire.send(message, { headers, ...(closes && signal ? { signal } : {}) });
    over.then(
      (problem) => this.#settle(id, broken(problem)),
      (error: unknown) => this.#settle(id, broken(String(error))),
    );
    return answer;
  }

  #metaOf({ meta, logLevel }: CallOptions, token: RpcId | undefined): JsonObject {
    return {
      ...meta,
      ...(token === undefined ? {} : { progressToken: token }),
      ...(this.kind.modern ? this.#envelope(logLevel) : {}),
    };
  }

  #envelope(logLevel: string | undefined): JsonObject {
    return {
      [`${META}protocolVersion`]: this.kind.revision,
      [`${META}clientCapabilities`]: clientCapabilities(this.kind),
      [`${META}clientInfo`]: CLIENT_INFO,
      ...(logLevel === undefined ? {} : { [`${META}logLevel`]: logLevel }),
    };
  }

  #introduction(): JsonObject {
    const { revision } = this.kind;
    return { protocolVersion: revision, capabilities: clientCapabilities(this.kind), clientInfo: CLIENT_INFO };
  }

  async #cancel(id: RpcId, closes: boolean): Promise<void> {
    const notice = notification('notifications/cancelled', { requestId: id, reason: 'enough' });
    if (!closes) await this.#wire.send(notice);
    this.#settle(id, broken('cancelled'));
  }

  #take(message: RpcMessage, text: string): void {
    const { id, method, params } = message;
    if (method === undefined) {
      this.#settle(id as RpcId, outcome(message, text));
      return;
    }
    if (id !== undefined) {
      void this.#wire.send(resultOf(id, this.reply(message)));
      return;
    }
    if (method === 'notifications/progress') {
      const token = at(params, 'progressToken');
      const own = [...this.#pending.values()].find((each) => each.token === token);
      if (own) {
        own.progress.push((params ?? {}) as JsonObject);
        return;
      }
    }
    this.hear(String(method), (params ?? {}) as JsonObject);
  }

  #settle(id: RpcId, answer: Answer): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.resolve({ ...answer, progress: pending.progress });
  }
}

function broken(message: string): Answer {
  return failed({ code: Number.NaN, message });
}

function outcome({ result, error }: RpcMessage, text: string): Answer {
  return error === undefined ? answerOf(result, [], text) : failed(error as Failure, [], text);
}

function orThrow({ error }: Answer): void {
  if (error) throw new Error(`${error.code} ${error.message}`);
}
