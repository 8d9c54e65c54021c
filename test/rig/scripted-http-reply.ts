/*
 * The answer to one POST of a scripted HTTP server: JSON, or an event stream as soon as something precedes the answer.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { RpcMessage } from './json-rpc.ts';
import type { Behaviour, JsonObject } from './scripted-script.ts';

const ERROR_PAGE = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';

export class HttpReply {
  readonly #response: ServerResponse;
  readonly #behaviour: Behaviour;
  readonly #headers: Readonly<Record<string, string>>;
  #streaming = false;

  constructor(response: ServerResponse, behaviour: Behaviour, headers: Readonly<Record<string, string>> = {}) {
    this.#response = response;
    this.#behaviour = behaviour;
    this.#headers = headers;
  }

  /** One event; the first turns the answer into a stream. */
  event(value: JsonObject | string | Buffer): void {
    this.stream();
    if (this.#response.destroyed) return;
    this.#response.write(
      typeof value === 'string' || Buffer.isBuffer(value)
        ? value
        : `event: message\ndata: ${JSON.stringify(value)}\n\n`,
    );
  }

  /** Begins an event stream. */
  stream(): void {
    if (this.#streaming) return;
    this.#streaming = true;
    this.#head(this.#behaviour.status ?? 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    this.#response.flushHeaders();
  }

  /** The answer in the form the behaviour asks for. */
  finish(answer: RpcMessage, status: number, asStream: boolean): void {
    const { wrongId, twoAnswers, neverEnd } = this.#behaviour;
    const said = wrongId ? { ...answer, id: `wrong-${answer.id}` } : answer;
    if (asStream || twoAnswers || neverEnd) this.stream();
    if (this.#streaming) this.#finishStream(`event: message\ndata: ${JSON.stringify(said)}\n\n`);
    else this.#finishBody(JSON.stringify(said), status);
  }

  #finishStream(event: string): void {
    const { truncated, twoAnswers, neverEnd } = this.#behaviour;
    if (truncated) {
      this.half(event);
      return;
    }
    this.event(event);
    if (twoAnswers) this.event(event);
    if (!neverEnd) this.#response.end();
  }

  #finishBody(body: string, status: number): void {
    this.#head(this.#behaviour.status ?? status, {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    });
    if (this.#behaviour.truncated) this.half(body);
    else this.#response.end(body);
  }

  plain(status: number, contentType: string, body: string | Buffer = ''): void {
    this.#head(this.#behaviour.status ?? status, { ...(contentType ? { 'content-type': contentType } : {}) });
    this.#response.end(body);
  }

  html(): void {
    this.plain(200, 'text/html', ERROR_PAGE);
  }

  /** Bytes of one answer for as long as somebody reads them. */
  async endless(id: unknown, asStream: boolean): Promise<void> {
    if (asStream) this.stream();
    else this.#head(200, { 'content-type': 'application/json' });
    const open = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`;
    const response = this.#response;
    let more = response.write(asStream ? `data: ${open}` : open);
    const filler = 'x'.repeat(16 * 1024);
    while (!response.destroyed) {
      if (!more) await Promise.race([once(response, 'drain'), once(response, 'close')]);
      more = response.write(filler);
      await new Promise(setImmediate);
    }
  }

  /** Half of it, and then the connection ends. */
  half(text: string): void {
    this.#response.write(text.slice(0, text.length / 2), () => this.#response.destroy());
  }

  #head(status: number, headers: Readonly<Record<string, string>>): void {
    if (!this.#response.headersSent)
      this.#response.writeHead(status, { ...headers, ...this.#headers, ...this.#behaviour.headers });
  }
}
