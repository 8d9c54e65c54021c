/*
 * What a child says, sorted: answers to those who wait, other messages to the owner, the rest dropped and counted.
 *
 *   chunk ─▶ LineCutter ─▶ scanAnswer ─┬▶ WaitingExchanges   results, errors
 *                                      ├▶ onStray            requests, notifications
 *                                      └▶ onOddity           rubbish, too long, answers that nobody awaits
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import type { ScanFailure } from '../../wire/json/scan-result.ts';
import { idOfBrokenAnswer } from './stdio-broken.ts';
import { EDGE_BYTES, LineCutter, type LongLine } from './stdio-lines.ts';
import type { WaitingExchanges } from './stdio-waiting.ts';
import type { TransportEvents } from './transport.ts';

/** Structure only; what nests deeper than this is no answer that a client could read. */
const ANSWER_DEPTH_MAX = 512;

/** Characters of a dropped line that are shown to the log. */
const EXCERPT_CHARACTERS = 120;

/** What is so much longer than an answer may be is not skipped any more: while it does not end nothing else is heard. */
const endlessBytes = (answerBytesMax: number) => answerBytesMax * 4 + 4 * 1024 * 1024;

export interface StdoutReaderOptions {
  readonly answerBytesMax: number;
  /** Told once, after whoever waits for that line. */
  readonly onEndless: () => void;
  readonly waiting: WaitingExchanges;
  readonly events: Pick<TransportEvents, 'onStray' | 'onOddity'>;
}

export class StdoutReader {
  readonly #waiting: WaitingExchanges;
  readonly #events: StdoutReaderOptions['events'];
  readonly #lines: LineCutter;
  readonly #endlessBytes: number;
  readonly #onEndless: () => void;
  #muted = false;

  constructor({ answerBytesMax, onEndless, waiting, events }: StdoutReaderOptions) {
    this.#endlessBytes = endlessBytes(answerBytesMax);
    this.#onEndless = onEndless;
    this.#waiting = waiting;
    this.#events = events;
    this.#lines = new LineCutter(answerBytesMax, {
      onLine: (line) => this.#onLine(line),
      onTooLong: (line) => this.#onTooLong(line),
    });
  }

  push(chunk: Buffer): void {
    if (this.#muted) return;
    this.#lines.push(chunk);
    if (this.#lines.begunBytes <= this.#endlessBytes) return;
    this.#lines.giveUp();
    this.#onEndless();
  }

  /** From now on nobody wants to hear it; the pipe is still emptied, so that the child can end. */
  mute(): void {
    this.#muted = true;
  }

  #onLine(line: Buffer): void {
    const scanned = scanAnswer(line, { depthMax: ANSWER_DEPTH_MAX });
    if (scanned.ok) this.#onMessage(scanned.message);
    else if (scanned.code === 'batch') this.#onBatch(line);
    else this.#onRubbish(line, scanned);
  }

  /** A server of revision 2025-03-26 may put several messages on one line. */
  #onBatch(line: Buffer): void {
    for (const { start, end } of elementsOf(line, { start: line.indexOf('['), end: line.lastIndexOf(']') + 1 })) {
      const element = line.subarray(start, end);
      const scanned = scanAnswer(element, { depthMax: ANSWER_DEPTH_MAX });
      if (scanned.ok) this.#onMessage(scanned.message);
      else this.#onRubbish(element, scanned);
    }
  }

  #onMessage(message: Message): void {
    // The owner may close the transport from within a callback, in the middle of a chunk.
    if (this.#muted) return;
    if (message.kind !== 'result' && message.kind !== 'error') this.#events.onStray(message);
    else if (!this.#waiting.answer(message)) this.#events.onOddity('answer to nothing', { id: message.id });
  }

  #onRubbish(line: Buffer, { code, why }: ScanFailure): void {
    if (this.#muted) return;
    const excerpt = line.toString('utf8', 0, EXCERPT_CHARACTERS);
    const id = idOfBrokenAnswer({ head: line.subarray(0, EDGE_BYTES), tail: line.subarray(-EDGE_BYTES) });
    this.#events.onOddity('line is not a message', { code, why, excerpt });
    this.#waiting.fail(id, new GatewayError('upstream_invalid', { internal: { code, why, excerpt } }));
  }

  #onTooLong(line: LongLine): void {
    if (this.#muted) return;
    const { bytes } = line;
    const id = idOfBrokenAnswer(line);
    this.#events.onOddity('line is too long', { bytes, id });
    this.#waiting.fail(id, new GatewayError('upstream_too_large', { internal: { bytes } }));
  }
}
