/*
 * The one event stream of an HTTP+SSE conversation (2024-11-05, Transports › HTTP with SSE): the `endpoint` event, which
 * must come in time, then messages until the stream ends.
 *
 * Comments keep it alive, and so may nothing at all: silence ends no stream. That the server is still there is for TCP
 * to find out (egress/dial.ts).
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { GatewayError } from '../../model/errors.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { EDGE_BYTES, type Edges } from '../../wire/edges.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { type SseEvent, SseReader } from '../../wire/sse/reader.ts';
import { isPlain, mediaKind, type Reading, readMessage } from './http-answer.ts';
import { invalidAnswer, networkFailure, statusFailure, tooLarge } from './http-failures.ts';
import type { HttpLine } from './http-line.ts';
import { idOfBrokenAnswer } from './stdio-broken.ts';

export interface SessionEvents {
  /** A URI reference, as the server wrote it. */
  readonly onEndpoint: (reference: string) => void;
  readonly onMessage: (message: Message) => void;
  /** An event that is no message but looks like the answer with this id. */
  readonly onBroken: (id: RequestId, reason: GatewayError) => void;
  /** Once: there is no stream, or none any more. */
  readonly onEnd: (failure: GatewayError) => void;
}

/** What is so much longer than an answer may be is not skipped any more: while it does not end nothing else is heard. */
const endlessBytes = (answerBytesMax: number) => answerBytesMax * 4 + 4 * 1024 * 1024;

const NOT_NEEDED = new Error('no longer needed');

export class SessionStream implements Dispatcher.DispatchHandler {
  readonly #line: HttpLine;
  readonly #events: SessionEvents;
  readonly #reader: SseReader;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(line: HttpLine, events: SessionEvents) {
    this.#line = line;
    this.#events = events;
    const { answerBytesMax } = line.limits;
    this.#reader = new SseReader({
      ...{ eventBytesMax: answerBytesMax, lineBytesMax: answerBytesMax },
      onEvent: (event) => this.#onEvent(event),
      tooLong: { bytesMax: endlessBytes(answerBytesMax), onSkipped: (data) => this.#onSkipped(data) },
    });
  }

  start(): void {
    const { longPool, path, headers, limits } = this.#line;
    this.#timer = setTimeout(() => this.#onSilence(), limits.connectTimeoutMs);
    longPool.dispatch({ path, method: 'GET', headers: headers.forStream(undefined) }, this);
  }

  close(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#controller?.abort(NOT_NEEDED);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(NOT_NEEDED);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    if (status !== 200) this.#end(statusFailure(status, headers, false));
    else if (mediaKind(headers['content-type']) !== 'events') this.#end(invalidAnswer('no event stream'));
    else if (!isPlain(headers['content-encoding'])) this.#end(invalidAnswer('an encoded event stream'));
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#ended) this.#reader.push(chunk);
  }

  onResponseEnd(): void {
    this.#end(new GatewayError('upstream_lost', { internal: { why: 'The server ended the event stream.' } }));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#end(networkFailure(error, this.#controller !== undefined));
  }

  #onEvent({ event, data }: SseEvent): void {
    if (this.#ended) return;
    if (event === 'endpoint') this.#onEndpoint(data.toString());
    else if (data.length > 0 && (event ?? 'message') === 'message') this.#onData(data);
  }

  #onEndpoint(reference: string): void {
    if (this.#timer === undefined) this.#line.events.onOddity('a second endpoint event', {});
    else {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#events.onEndpoint(reference);
    }
  }

  #onData(data: Buffer): void {
    const { jsonDepthMax } = this.#line.limits;
    const reading = readMessage(data, jsonDepthMax);
    // A server of revision 2025-03-26 may send several messages as one.
    if (!reading.ok && isBatch(data, jsonDepthMax))
      for (const each of batchOf(data)) this.#onReading(each, readMessage(each, jsonDepthMax));
    else this.#onReading(data, reading);
  }

  #onReading(data: Buffer, reading: Reading): void {
    if (this.#ended) return;
    if (reading.ok) {
      this.#events.onMessage(reading.message);
      return;
    }
    this.#line.events.onOddity('event is not a message', reading.failure.internal);
    const id = idOfBrokenAnswer({ head: data.subarray(0, EDGE_BYTES), tail: data.subarray(-EDGE_BYTES) });
    if (id !== undefined) this.#events.onBroken(id, reading.failure);
  }

  #onSkipped(data: Edges): void {
    if (this.#ended) return;
    const id = idOfBrokenAnswer(data);
    this.#line.events.onOddity('event is too long', { bytes: data.bytes, id });
    if (id !== undefined) this.#events.onBroken(id, tooLarge(this.#line.limits.answerBytesMax));
  }

  #onSilence(): void {
    const internal = { why: 'The server did not say in time where to send to.' };
    this.#end(new GatewayError('upstream_down', { internal, limit: 'connectTimeoutMs' }));
  }

  #end(failure: GatewayError): void {
    if (this.#ended) return;
    this.close();
    this.#events.onEnd(failure);
  }
}

function isBatch(data: Buffer, depthMax: number): boolean {
  const scanned = scanAnswer(data, { depthMax });
  return !scanned.ok && scanned.code === 'batch';
}

function batchOf(data: Buffer): Buffer[] {
  const whole = { start: data.indexOf('['), end: data.lastIndexOf(']') + 1 };
  return elementsOf(data, whole).map(({ start, end }) => data.subarray(start, end));
}
