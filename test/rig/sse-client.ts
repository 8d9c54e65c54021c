/*
 * A client of the HTTP+SSE transport (2024-11-05) by hand: requests are posted, all answers come on the GET stream.
 */
import { notification, type RpcMessage, request } from './json-rpc.ts';
import { type MessageStream, openStream } from './message-stream.ts';
import { CLIENT_INFO, type ClientOptions, HttpClient } from './raw-client.ts';
import type { JsonObject } from './scripted-script.ts';

export class SseClient extends HttpClient {
  stream: MessageStream | undefined;
  #endpoint = '';

  /** Opens the stream and shakes hands. */
  async initialize(): Promise<RpcMessage> {
    const stream = await this.send('GET', undefined, {});
    this.stream = stream;
    while (stream.events.length === 0) await new Promise(setImmediate);
    this.#endpoint = new URL(stream.events[0]?.data ?? '', this.url).href;
    const params = {
      protocolVersion: '2024-11-05',
      capabilities: this.options.capabilities ?? {},
      clientInfo: CLIENT_INFO,
    };
    const answer = await this.call('initialize', params);
    await this.post(notification('notifications/initialized'));
    return answer;
  }

  async call(method: string, params: JsonObject = {}): Promise<RpcMessage> {
    const id = this.nextId++;
    await this.post(request(id, method, params));
    return this.stream?.until((message) => message.id === id && message.method === undefined) ?? {};
  }

  /** The status of the POST; the answer comes on the stream. */
  async post(message: RpcMessage): Promise<number> {
    const headers = { 'content-type': 'application/json' };
    const posted = await openStream({ url: this.#endpoint, method: 'POST', headers, body: JSON.stringify(message) });
    await posted.ended;
    return posted.status;
  }
}

export function sseClient(url: string, options: ClientOptions = {}): SseClient {
  return new SseClient(url, options);
}
