/*
 * What a child says, sorted: answers to those who wait, other messages to the owner, the rest dropped and counted.
 *
 *   chunk ─▶ LineCutter ─▶ scanAnswer ─┬▶ WaitingExchanges   results, errors
 *                                      ├▶ onStray            requests, notifications
 *                                      └▶ onOddity           rubbish, too long, answers that nobody awaits
 *
 * A child that talks without answering costs only itself: of rubbish in one chunk little is looked at and the rest
 * counted, and when there is too much talk the owner is told to let the child wait (stdio-chatter.ts).
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { EDGE_BYTES } from '../../wire/edges.ts';
import { elementsOf } from '../../wire/json/elements.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import type { ScanFailure } from '../../wire/json/scan-result.ts';
import { LineCutter, type LongLine } from '../../wire/lines.ts';
import { idOfBrokenAnswer } from './stdio-broken.ts';
import { Chatter } from './stdio-chatter.ts';
import type { WaitingExchanges } from './stdio-waiting.ts';
import type { TransportEvents } from './transport.ts';

/** Structure only; what nests deeper than this is no answer that a client could read. */
const ANSWER_DEPTH_MAX = 512;

/** Characters of a dropped line that are shown to the log. */
const EXCERPT_CHARACTERS = 120;

/** Lines of one chunk that are told, and searched for an id, one by one. A chunk of 64 KiB may hold 32 000. */
const RUBBISH_TOLD_MAX = 64;
const RUBBISH = 'line is not a message';

/** No message is shorter than `{"jsonrpc":"2.0"}`. */
const SHORTEST_BYTES = 17;
const BEGINNINGS: ReadonlySet<number | undefined> = new Set(Buffer.from('{[ \t'));

/** Seen without reading it. */
function isNoMessage(line: Buffer): boolean {
  return line.length < SHORTEST_BYTES || !BEGINNINGS.has(line[0]);
}

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
  readonly #chatter = new Chatter();
  #rubbishLines = 0;
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

  /** True when the child should not be read for a while. */
  push(chunk: Buffer): boolean {
    if (this.#muted) return false;
    this.#rubbishLines = 0;
    this.#chatter.heard(chunk);
    this.#lines.push(chunk);
    const untold = this.#rubbishLines - RUBBISH_TOLD_MAX;
    if (untold > 0) this.#events.onOddity(RUBBISH, {}, untold);
    if (this.#lines.begunBytes > this.#endlessBytes) {
      this.#lines.giveUp();
      this.#onEndless();
    }
    return this.#chatter.isTooMuch();
  }

  /** From now on nobody wants to hear it; the pipe is still emptied, so that the child can end. */
  mute(): void {
    this.#muted = true;
  }

  #onLine(line: Buffer): void {
    if (this.#rubbishLines >= RUBBISH_TOLD_MAX && isNoMessage(line)) {
      this.#rubbishLines += 1;
      return;
    }
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
    if (message.kind === 'result' || message.kind === 'error') this.#onAnswer(message);
    else this.#events.onStray(message);
  }

  #onAnswer(message: Message): void {
    if (this.#waiting.answer(message)) this.#chatter.answered(message.bytes.length);
    else this.#events.onOddity('answer to nothing', { id: message.id });
  }

  #onRubbish(line: Buffer, { code, why }: ScanFailure): void {
    if (this.#muted) return;
    if (++this.#rubbishLines > RUBBISH_TOLD_MAX) return;
    const excerpt = line.toString('utf8', 0, EXCERPT_CHARACTERS);
    const id = idOfBrokenAnswer({ head: line.subarray(0, EDGE_BYTES), tail: line.subarray(-EDGE_BYTES) });
    this.#events.onOddity(RUBBISH, { code, why, excerpt });
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
