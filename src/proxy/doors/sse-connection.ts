/*
 * One client of HTTP+SSE, the transport of 2024-11-05: everything it hears comes on the stream that its GET has opened,
 * everything it says is posted to the address that the first event names.
 *
 * The stream is the connection. Nothing can be read again from one that has ended (the transport has no resumption), so what
 * still runs then would be for nobody: it is cancelled, and the session ends with it.
 */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { GatewayError } from '../../model/errors.ts';
import { SSE_KEEPALIVE, sseEvent } from '../../wire/sse/writer.ts';
import type { Deadline } from '../timer-wheel.ts';
import { Dialogue, LAST_WORDS_MS } from './dialogue.ts';
import type { Place } from './dialogue-session.ts';
import { toldInSession } from './dialogue-told.ts';
import { SSE_HEAD } from './http-outlet.ts';
import type { McpParts } from './mcp-parts.ts';
import { EVENT, MessageOutput } from './message-output.ts';

export class SseConnection {
  /** Random, and no more than a name: who posts under it shows a credential as well. */
  readonly id = randomBytes(16).toString('base64url');
  readonly place: Place;
  readonly dialogue: Dialogue;
  readonly #parts: McpParts;
  readonly #response: ServerResponse;
  readonly #output: MessageOutput;
  #leave: (() => void)[];
  #waiting: (() => void)[] = [];
  #keepAlive: Deadline;
  #deadline: Deadline;
  /** Nothing was taken since the last comment, and too much waits. */
  #isStuck = false;
  #isOver = false;

  /** Throws what keeps a stream from being opened. */
  constructor(parts: McpParts, response: ServerResponse, place: Place) {
    const { wheel, limits, streams } = parts;
    this.#leave = [streams.enter(place.verdict.principal), streams.onDrain(() => this.finish())];
    this.place = place;
    this.#parts = parts;
    this.#response = response;
    this.#output = new MessageOutput({
      ...{ output: response, frame: EVENT },
      bufferBytesMax: () => limits().streamBufferBytesMax,
      onOverflow: () => this.#overflown(),
      onRoom: () => this.#onRoom(),
    });
    this.dialogue = new Dialogue({
      ...{ mcp: parts, door: 'mcp-sse', place, output: this.#output, told: toldInSession },
      // The stream itself is counted.
      enter: () => () => undefined,
      onSessionEnd: () => this.#takeLeave(),
      onDone: () => this.#settle(),
    });
    this.#keepAlive = wheel.arm(limits().keepAliveMs, () => this.#comment());
    this.#deadline = wheel.arm(limits().sessionIdleMs, () => this.#onSilence());
    const letGo = place.verdict.credential?.keep(() => this.#takeLeave());
    if (letGo) this.#leave.push(letGo);
    response.on('close', () => this.#close());
    response.on('error', () => response.destroy());
  }

  /** @param address Where to post, for the first event. */
  open(address: string, extra: readonly string[]): void {
    // With the stream ends what it came on.
    this.#response.writeHead(200, [...SSE_HEAD, ...extra, 'connection', 'close']);
    this.#response.write(sseEvent(address, { event: 'endpoint' }));
  }

  onClose(listener: () => void): void {
    this.#leave.push(listener);
  }

  /** Resolves when the client reads what it is sent; false when it is gone. */
  async room(): Promise<boolean> {
    while (this.#output.isFull && !this.#isOver) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return !this.#isOver;
  }

  /** Takes no more; what runs may end within the drain time. */
  finish(): void {
    if (this.#isOver || this.dialogue.isDeaf) return;
    this.dialogue.deafen();
    this.#endWithin(this.#parts.limits().drainTimeoutMs, () => {
      this.dialogue.cancelCalls(new GatewayError('draining'));
      this.#takeLeave();
    });
    this.#settle();
  }

  /** What was cancelled just now is still said. */
  #takeLeave(): void {
    this.dialogue.deafen();
    this.dialogue.cancelCalls();
    this.#endWithin(LAST_WORDS_MS, () => this.#response.destroy());
    this.#settle();
  }

  #endWithin(ms: number, end: () => void): void {
    this.#deadline.disarm();
    this.#deadline = this.#parts.wheel.arm(ms, end);
  }

  /** When all that was begun is done and read, the stream ends. */
  #settle(): void {
    if (!this.dialogue.isDeaf || !this.dialogue.isIdle) return;
    void this.#output.emptied().then(() => this.#response.end());
  }

  /** Whoever opens a stream and does not say hello is not waited for without end. A session with a stream is in use. */
  #onSilence(): void {
    if (this.dialogue.session !== undefined) return;
    this.dialogue.hit('sessionIdleMs');
    this.#takeLeave();
  }

  #onRoom(): void {
    this.#isStuck = false;
    if (this.#output.isFull) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Keeps what is on the way from taking the stream for dead; and notices a client that does not read at all. */
  #comment(): void {
    if (this.#isStuck) {
      this.#overflown();
      return;
    }
    this.#isStuck = this.#output.isFull;
    if (!this.#isStuck && !this.#response.writableEnded) this.#response.write(SSE_KEEPALIVE);
    this.#keepAlive = this.#parts.wheel.arm(this.#parts.limits().keepAliveMs, () => this.#comment());
  }

  #overflown(): void {
    if (this.#isOver) return;
    this.dialogue.hit('streamBufferBytesMax');
    this.#close();
    this.#response.destroy();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline.disarm();
    this.#keepAlive.disarm();
    this.dialogue.deafen();
    this.dialogue.cancelCalls();
    this.dialogue.end();
    for (const leave of this.#leave) leave();
    this.#leave = [];
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
