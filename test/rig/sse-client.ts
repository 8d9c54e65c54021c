/*
 * A client of the HTTP+SSE transport (2024-11-05) by hand: requests are posted, all answers come on the GET stream.
 */
import { notification, type RpcId, type RpcMessage, request, resultOf } from './json-rpc.ts';
import { type MessageStream, openStream } from './message-stream.ts';
import { CLIENT_INFO, type ClientOptions, HttpClient } from './raw-client.ts';
import type { JsonObject, Revision } from './scripted-script.ts';

export class SseClient extends HttpClient {
  stream: MessageStream | undefined;
  /** Where to post, as the stream's first event has named it. */
  endpoint = '';

  /** Opens the stream and waits for its first event, if it is one. */
  async open(): Promise<MessageStream> {
    const stream = await this.send('GET', undefined, {});
    this.stream = stream;
    if (stream.status !== 200) return stream;
    while (stream.events.length === 0) await new Promise(setImmediate);
    this.endpoint = new URL(stream.events[0]?.data ?? '', this.url).href;
    return stream;
  }

  /** Opens the stream and shakes hands. */
  async initialize(revision: Revision = '2024-11-05'): Promise<RpcMessage> {
    await this.open();
    const params = {
      protocolVersion: revision,
      capabilities: this.options.capabilities ?? {},
      clientInfo: CLIENT_INFO,
    };
    const answer = await this.call('initialize', params);
    await this.notify('notifications/initialized');
    return answer;
  }

  /** Posts a request; gives its id when it was accepted. */
  async start(method: string, params: JsonObject = {}): Promise<RpcId> {
    const id = this.nextId++;
    const { status, rawBody } = await this.post(request(id, method, params));
    if (status !== 202) throw new Error(`not accepted: ${status} ${rawBody}`);
    return id;
  }

  async call(method: string, params: JsonObject = {}): Promise<RpcMessage> {
    return this.answerTo(await this.start(method, params));
  }

  answerTo(id: RpcId): Promise<RpcMessage> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  notify(method: string, params: JsonObject = {}): Promise<MessageStream> {
    return this.post(notification(method, params));
  }

  /** Answers a question. */
  answer(id: unknown, result: unknown): Promise<MessageStream> {
    return this.post(resultOf(id, result));
  }

  /** The first message on the stream that fits, now or later. */
  until(fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    if (!this.stream) throw new Error('the stream is not open');
    return this.stream.until(fits);
  }

  /** The answer to the POST itself, whole; that to the message comes on the stream. */
  async post(message: unknown, headers: Readonly<Record<string, string>> = {}): Promise<MessageStream> {
    const posted = await openStream({
      url: this.endpoint,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...this.options.headers, ...headers },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    });
    await posted.ended;
    return posted;
  }
}

export function sseClient(url: string, options: ClientOptions = {}): SseClient {
  return new SseClient(url, options);
}
