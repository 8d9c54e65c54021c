/*
 * One HTTP response to one call: plain JSON when the answer comes first, an event stream as soon as anything else does.
 *
 * A client that reads too slowly costs itself: when more than the limit waits for it already, its stream is ended and
 * counted; one message may be larger. A stream that is silent for long gets a comment, so that nothing on the way takes
 * it for dead (WHATWG SSE §9.2.7).
 */
import type { ServerResponse } from 'node:http';
import type { Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { type Reply, wholeBody } from '../../model/reply.ts';
import { SSE_KEEPALIVE, sseEvent } from '../../wire/sse/writer.ts';
import type { Deadline, TimerWheel } from '../timer-wheel.ts';

export interface HttpOutletParts {
  readonly response: ServerResponse;
  readonly wheel: TimerWheel;
  readonly keepAliveMs: number;
  readonly bufferBytesMax: number;
  readonly onOverflow: () => void;
  /** Header fields that every answer to this request carries, flat. */
  readonly extra: readonly string[];
  /** Puts a question to the client over this response; undefined when the client cannot be asked. */
  readonly ask:
    | ((question: Message, send: (message: Buffer) => void, cancellation: Cancellation) => Promise<Message>)
    | undefined;
}

export const SSE_HEAD: readonly string[] = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  // Keeps reverse proxies from collecting events (MCP 2026-07-28, Streamable HTTP).
  'x-accel-buffering',
  'no',
];

export class HttpOutlet implements Outlet {
  readonly ask: Outlet['ask'];
  readonly #parts: HttpOutletParts;
  readonly #keepAlive: Deadline;
  /** Ends with the response; made when somebody wants to know. */
  #closed: Cancellation | undefined;

  constructor(parts: HttpOutletParts) {
    this.#parts = parts;
    const { ask } = parts;
    this.ask = ask && ((question, cancellation) => this.#ask(ask, question, cancellation));
    this.#keepAlive = parts.wheel.arm(parts.keepAliveMs, () => this.#comment());
  }

  notify(message: Buffer): void {
    this.#write(sseEvent(message));
  }

  finish(reply: Reply): void {
    this.#keepAlive.disarm();
    const { response } = this.#parts;
    if (response.headersSent) {
      response.end(reply.body && sseEvent(wholeBody(reply.body)));
      return;
    }
    writeReply(response, reply, this.#parts.extra);
  }

  /** Ends a stream that has begun with several answers; like a single one they may be as large as answers may be. */
  finishAll(answers: readonly Buffer[]): void {
    this.#keepAlive.disarm();
    this.#parts.response.end(Buffer.concat(answers.map((answer) => sseEvent(answer))));
  }

  /** Begins the stream before there is anything to say. */
  open(): void {
    const { response, extra } = this.#parts;
    if (!response.headersSent) response.writeHead(200, [...SSE_HEAD, ...extra]);
    response.flushHeaders();
  }

  end(): void {
    this.#keepAlive.disarm();
    this.#parts.response.end();
  }

  /** A client whose response is gone has nothing to read a question from. */
  #ask(ask: NonNullable<HttpOutletParts['ask']>, question: Message, cancellation: Cancellation): Promise<Message> {
    const gone = this.#gone();
    const asked = new Cancellation();
    const unlisten = [gone, cancellation].map((end) => end.onCancel((reason) => asked.cancel(reason)));
    return ask(question, (message) => this.notify(message), asked).finally(() => {
      for (const stop of unlisten) stop();
    });
  }

  #gone(): Cancellation {
    if (this.#closed) return this.#closed;
    const { response } = this.#parts;
    const closed = new Cancellation();
    const onClose = () => closed.cancel(new GatewayError('call_cancelled'));
    if (response.destroyed || response.writableEnded) onClose();
    else response.once('close', onClose);
    this.#closed = closed;
    return closed;
  }

  #comment(): void {
    this.#write(SSE_KEEPALIVE);
    if (this.#parts.response.writableEnded) return;
    this.#parts.wheel.move(this.#keepAlive, this.#parts.wheel.now() + this.#parts.keepAliveMs);
  }

  #write(bytes: Buffer): void {
    const { response, bufferBytesMax } = this.#parts;
    if (response.destroyed || response.writableEnded) return;
    if (!response.headersSent) this.open();
    if (response.writableLength > bufferBytesMax) {
      this.#parts.onOverflow();
      response.destroy();
      return;
    }
    response.write(bytes);
  }
}

export function writeReply(response: ServerResponse, reply: Reply, extra: readonly string[]): void {
  if (response.destroyed) return;
  const { status, body, headers } = reply;
  if (!body) {
    response.writeHead(status, [...headers, ...extra, 'content-length', '0'] as string[]);
    response.end();
    return;
  }
  const pieces = Buffer.isBuffer(body) ? [body] : body;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const head = ['content-type', 'application/json', 'content-length', String(length)];
  if (headers.length > 0) head.push(...headers);
  if (extra.length > 0) head.push(...extra);
  response.writeHead(status, head);
  // Corked, so that many pieces leave in one write.
  if (pieces.length > 1) response.cork();
  for (const piece of pieces.slice(0, -1)) response.write(piece);
  response.end(pieces.at(-1));
}
