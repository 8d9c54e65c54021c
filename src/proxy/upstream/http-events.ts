/*
 * A server's event stream across its connections: where it stood, when to ask again, and its messages.
 *
 * What is carried from one connection to the next is the last event id and the `retry` time; half an event is not
 * (WHATWG HTML, server-sent events).
 */
import type { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { type SseEvent, SseReader } from '../../wire/sse/reader.ts';
import { readMessage } from './http-answer.ts';
import { canResumeFrom } from './http-headers.ts';
import { boundedRetryMs, type HttpLimits, RETRY_INITIAL_MS } from './http-line.ts';

export interface EventSink {
  onMessage(message: Message): void;
  /** The stream says something that is no message. */
  onInvalid(failure: GatewayError): void;
}

export class EventIntake {
  readonly #limits: HttpLimits;
  readonly #sink: EventSink;
  #reader: SseReader;
  #lastEventId: string | undefined;
  #retryMs = RETRY_INITIAL_MS;

  constructor(limits: HttpLimits, sink: EventSink) {
    this.#limits = limits;
    this.#sink = sink;
    this.#reader = this.#newReader();
  }

  get retryMs(): number {
    return this.#retryMs;
  }

  /** Undefined when no event had an id, or one that cannot be sent back. */
  get lastEventId(): string | undefined {
    this.#lastEventId = this.#reader.lastEventId ?? this.#lastEventId;
    return this.#lastEventId !== undefined && canResumeFrom(this.#lastEventId) ? this.#lastEventId : undefined;
  }

  /** Starts on a new connection. */
  reopen(): void {
    this.#lastEventId = this.#reader.lastEventId ?? this.#lastEventId;
    this.#reader = this.#newReader();
  }

  push(chunk: Buffer): void {
    this.#reader.push(chunk);
  }

  #newReader(): SseReader {
    const { answerBytesMax } = this.#limits;
    return new SseReader({
      eventBytesMax: answerBytesMax,
      lineBytesMax: answerBytesMax,
      onEvent: (event) => this.#onEvent(event),
      onRetry: (retryMs) => {
        this.#retryMs = boundedRetryMs(retryMs);
      },
    });
  }

  #onEvent(event: SseEvent): void {
    // Empty data only brings an id; another type than `message` is not MCP's.
    if (event.data.length === 0 || (event.event ?? 'message') !== 'message') return;
    const reading = readMessage(event.data, this.#limits.jsonDepthMax);
    if (reading.ok) this.#sink.onMessage(reading.message);
    else this.#sink.onInvalid(reading.failure);
  }
}
