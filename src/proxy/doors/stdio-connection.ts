/*
 * One client on a pair of pipes: lines in, lines out, everything it says and hears on the same two.
 *
 * Each line says for itself in which revision it speaks (MCP 2026-07-28, Versioning › Backward Compatibility): one whose
 * `_meta` names a version stands alone; `initialize` opens the one session there can be here, and all else belongs to it.
 * When no more comes in, what runs may end within the drain time, and questions that can no longer be answered are not
 * waited for.
 */
import type { Readable, Writable } from 'node:stream';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import type { Deadline } from '../timer-wheel.ts';
import { idOfBrokenRequest } from '../upstream/stdio-broken.ts';
import { Dialogue, LAST_WORDS_MS } from './dialogue.ts';
import type { Place } from './dialogue-session.ts';
import { toldOn } from './dialogue-told.ts';
import { LineInput } from './line-input.ts';
import type { McpParts } from './mcp-parts.ts';
import { LINE, MessageOutput } from './message-output.ts';

export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
}

/** How a connection came to its end: in order, or because its client did not read or was gone. */
export type StdioEnd = 'finished' | 'cut';

export class StdioConnection {
  readonly ended: Promise<StdioEnd>;
  readonly #parts: McpParts;
  readonly #pipes: Pipes;
  readonly #input: LineInput;
  readonly #output: MessageOutput;
  readonly #dialogue: Dialogue;
  readonly #resolve: (end: StdioEnd) => void;
  #deadline: Deadline | undefined;
  #isOver = false;
  #isCut = false;

  constructor(parts: McpParts, pipes: Pipes, place: Place) {
    this.#parts = parts;
    this.#pipes = pipes;
    const { promise, resolve } = Promise.withResolvers<StdioEnd>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#output = new MessageOutput({
      ...{ output: pipes.output, frame: LINE },
      bufferBytesMax: () => parts.limits().streamBufferBytesMax,
      onOverflow: () => this.#overflown(),
      onRoom: () => this.#input.goOn(),
    });
    this.#dialogue = new Dialogue({
      ...{ mcp: parts, door: 'mcp-stdio', place, output: this.#output, told: toldOn },
      enter: () => parts.streams.enter(place.verdict.principal),
      onSessionEnd: () => undefined,
      onDone: () => this.#onDone(),
    });
    this.#input = this.#read();
  }

  /** Reads no more; what runs may end. */
  finish(): void {
    if (this.#dialogue.isDeaf) return;
    this.#input.stop();
    this.#dialogue.deafen();
    this.#deadline = this.#parts.wheel.arm(this.#parts.limits().drainTimeoutMs, () => this.#late());
    this.#settle();
  }

  /** Ends at once. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#dialogue.deafen();
    this.#dialogue.cancelCalls();
    this.#close('cut');
    this.#pipes.input.destroy();
    this.#pipes.output.destroy();
  }

  /** Nothing is read from a client that does not read, or before it is known in which revision it speaks. */
  #read(): LineInput {
    const { input, output } = this.#pipes;
    for (const pipe of [input, output]) pipe.on('error', () => this.cut());
    output.on('close', () => this.cut());
    return new LineInput({
      input,
      lineBytesMax: this.#parts.limits().bodyBytesMax,
      mayTake: () => !this.#dialogue.isOpening,
      mayRead: () => !this.#output.isFull,
      onLine: (line) => this.#onLine(line),
      onTooLong: (line) =>
        this.#dialogue.refuse(
          new GatewayError('body_too_large', { say: 'The line is too large.' }),
          idOfBrokenRequest(line),
        ),
      onEnd: () => this.#onEnd(),
    });
  }

  /** Nobody listens on after the end of what was said. */
  #onEnd(): void {
    this.#dialogue.endListening();
    this.finish();
  }

  #onLine(line: Buffer): void {
    const { jsonDepthMax: depthMax, jsonKeysMax: keysMax } = this.#parts.limits();
    const scan = scanCall(line, { depthMax, keysMax });
    if (scan.ok) this.#dialogue.hear(scan.message);
    else if (scan.code === 'batch') this.#onBatch(line);
    else this.#dialogue.refuse(new GatewayError(scan.code, { internal: { why: scan.why } }), scan.id);
  }

  #onBatch(line: Buffer): void {
    try {
      this.#dialogue.hearBatch(line);
    } catch (thrown) {
      this.#dialogue.refuse(toGatewayError(thrown), undefined);
    }
  }

  #onDone(): void {
    this.#input.goOn();
    this.#settle();
  }

  #overflown(): void {
    if (this.#isOver) return;
    this.#dialogue.hit('streamBufferBytesMax');
    this.cut();
  }

  #late(): void {
    this.#dialogue.hit('drainTimeoutMs');
    this.#dialogue.cancelCalls(new GatewayError('draining'));
    this.#deadline = this.#parts.wheel.arm(LAST_WORDS_MS, () => this.cut());
  }

  /** When all that was begun is done and read, the connection is over. */
  #settle(): void {
    if (!this.#dialogue.isDeaf || !this.#dialogue.isIdle) return;
    void this.#output.emptied().then(() => this.#close('finished'));
  }

  #close(end: StdioEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.disarm();
    this.#dialogue.end();
    this.#resolve(end);
  }
}
