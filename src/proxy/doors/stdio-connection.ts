/*
 * One client on a pair of pipes: lines in, lines out, everything it says and hears on the same two.
 *
 * Each line says for itself in which revision it speaks (MCP 2026-07-28, Versioning › Backward Compatibility): one whose
 * `_meta` names a version stands alone; `initialize` opens the one session there can be here, and all else belongs to it.
 * When no more comes in, what runs may end within the drain time, and questions that can no longer be answered are not
 * waited for.
 */
import type { Readable, Writable } from 'node:stream';
import type { Call, Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError, toGatewayError } from '../../model/errors.ts';
import type { LimitName } from '../../model/limits.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { type Reply, wholeBody } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import { newCall } from '../layer.ts';
import { failureReply } from '../reply/encode.ts';
import { cancelledId } from '../session/notices.ts';
import type { Session } from '../session/session.ts';
import type { Deadline } from '../timer-wheel.ts';
import { idOfBrokenRequest } from '../upstream/stdio-broken.ts';
import { arrayOf, messagesOf } from './batch.ts';
import { LineInput } from './line-input.ts';
import { LineOutput } from './line-output.ts';
import type { McpParts } from './mcp-parts.ts';
import { type StdioPlace, StdioSession } from './stdio-session.ts';
import { ofSession, type Told, toldOn } from './stdio-told.ts';

export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
}

/** How a connection came to its end: in order, or because its client did not read or was gone. */
export type StdioEnd = 'finished' | 'cut';

/** For what was cancelled at the very end to be said. */
const LAST_WORDS_MS = 250;

export class StdioConnection {
  readonly ended: Promise<StdioEnd>;
  readonly #parts: McpParts;
  readonly #pipes: Pipes;
  readonly #place: StdioPlace;
  readonly #input: LineInput;
  readonly #output: LineOutput;
  readonly #session: StdioSession;
  readonly #outlet: Outlet;
  readonly #resolve: (end: StdioEnd) => void;
  readonly #calls = new Set<Call>();
  /** Ends when nobody answers any more. */
  readonly #deaf = new Cancellation();
  #batches = 0;
  #deadline: Deadline | undefined;
  #isOver = false;
  #isCut = false;

  constructor(parts: McpParts, pipes: Pipes, place: StdioPlace) {
    this.#parts = parts;
    this.#pipes = pipes;
    this.#place = place;
    const { promise, resolve } = Promise.withResolvers<StdioEnd>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#output = new LineOutput({
      output: pipes.output,
      bufferBytesMax: () => parts.limits().streamBufferBytesMax,
      onOverflow: () => this.#overflown(),
      onRoom: () => this.#input.goOn(),
    });
    this.#session = new StdioSession(parts, place, this.#output);
    this.#outlet = { notify: (message) => this.#output.notify(message), ask: undefined };
    this.#input = this.#read();
  }

  /** Reads no more; what runs may end. */
  finish(): void {
    if (this.#deaf.cancelled) return;
    this.#input.stop();
    this.#deaf.cancel(cancelled());
    this.#deadline = this.#parts.wheel.arm(this.#parts.limits().drainTimeoutMs, () => this.#late());
    this.#settle();
  }

  /** Ends at once. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#deaf.cancel(cancelled());
    for (const call of [...this.#calls]) call.cancellation.cancel(cancelled());
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
      mayTake: () => !this.#session.isOpening,
      mayRead: () => !this.#output.isFull,
      onLine: (line) => this.#onLine(line),
      onTooLong: (line) =>
        this.#refuse(new GatewayError('body_too_large', { say: 'The line is too large.' }), idOfBrokenRequest(line)),
      onEnd: () => this.#onEnd(),
    });
  }

  /** Nobody listens on after the end of what was said. */
  #onEnd(): void {
    for (const { message, cancellation } of this.#calls)
      if (message.method === 'subscriptions/listen') cancellation.cancel(cancelled());
    this.finish();
  }

  #onLine(line: Buffer): void {
    const { jsonDepthMax: depthMax, jsonKeysMax: keysMax } = this.#parts.limits();
    const scan = scanCall(line, { depthMax, keysMax });
    if (scan.ok) this.#onMessage(scan.message);
    else if (scan.code === 'batch') void this.#answerBatch(line);
    else this.#refuse(new GatewayError(scan.code, { internal: { why: scan.why } }), scan.id);
  }

  #onMessage(message: Message): void {
    if (message.kind !== 'request') {
      this.#take(message);
      return;
    }
    try {
      const told = toldOn(this.#session.now, message);
      if (message.method === 'initialize') void this.#open(told);
      else void this.#answer(told);
    } catch (thrown) {
      this.#refuse(toGatewayError(thrown), message.id);
    }
  }

  /** What gets no answer. The call that a cancellation names may be the session's or one that stood alone. */
  #take(message: Message): void {
    if (message.method === 'notifications/cancelled') {
      const id = cancelledId(message);
      for (const call of [...this.#calls]) {
        if (call.message.id === id && call.message.method !== 'initialize') call.cancellation.cancel(cancelled());
      }
    } else if (this.#session.now) this.#parts.notices.take(this.#session.now, message);
  }

  async #open(told: Told): Promise<void> {
    try {
      await this.#session.open(() => this.#run(told));
    } catch (thrown) {
      this.#refuse(toGatewayError(thrown), told.message.id);
    }
    this.#input.goOn();
    this.#settle();
  }

  async #answer(told: Told): Promise<void> {
    const reply = await this.#run(told);
    if (reply?.body) this.#output.answer(reply.body);
    this.#settle();
  }

  /** Only revision 2025-03-26 has them (Base Protocol › Batching). */
  async #answerBatch(line: Buffer): Promise<void> {
    this.#batches++;
    try {
      const session = this.#session.now;
      if (!session || !codecOf(session.revision).batches) throw new GatewayError('batch_refused');
      const messages = messagesOf(line, this.#parts.limits());
      const replies = await Promise.all(messages.map((message) => this.#answerOne(session, message)));
      const bodies = replies.flatMap((reply) => (reply?.body ? [wholeBody(reply.body)] : []));
      if (bodies.length > 0) this.#output.answer(arrayOf(bodies));
    } catch (thrown) {
      this.#refuse(toGatewayError(thrown), undefined);
    }
    this.#batches--;
    this.#settle();
  }

  async #answerOne(session: Session, message: Message): Promise<Reply | undefined> {
    if (message.kind === 'request') return this.#run(ofSession(session, message));
    this.#take(message);
    return undefined;
  }

  #callOf({ session, ...told }: Told): Call {
    const outlet = session ? this.#session.outlet(session, this.#deaf) : this.#outlet;
    return newCall({
      ...{ door: 'mcp-stdio', ...this.#place, ...told, outlet, cancellation: new Cancellation() },
      ...{ paramHeaders: undefined, sessionId: session?.id ?? '' },
    });
  }

  /** Undefined when the client has cancelled: then it gets no answer (2025-11-25 and 2026-07-28, Cancellation). */
  async #run(told: Told): Promise<Reply | undefined> {
    const call = this.#callOf(told);
    this.#calls.add(call);
    const { message, cancellation } = call;
    const reply = await this.#parts.pipeline(call).catch((thrown) => failureReply(toGatewayError(thrown), message.id));
    this.#calls.delete(call);
    return cancellation.reason?.code === 'call_cancelled' ? undefined : reply;
  }

  #refuse(error: GatewayError, id: RequestId | undefined): void {
    if (error.limit !== undefined) this.#hit(error.limit);
    const { body } = failureReply(error, id);
    if (body) this.#output.answer(body);
  }

  #overflown(): void {
    if (this.#isOver) return;
    this.#hit('streamBufferBytesMax');
    this.cut();
  }

  #hit(limit: LimitName): void {
    this.#parts.emit({ type: 'limit_hit', limit, principal: this.#place.verdict.principal.id });
  }

  #late(): void {
    this.#hit('drainTimeoutMs');
    for (const call of [...this.#calls]) call.cancellation.cancel(new GatewayError('draining'));
    this.#deadline = this.#parts.wheel.arm(LAST_WORDS_MS, () => this.cut());
  }

  /** When all that was begun is done and read, the connection is over. */
  #settle(): void {
    if (!this.#deaf.cancelled || this.#calls.size > 0 || this.#batches > 0 || this.#session.isOpening) return;
    void this.#output.emptied().then(() => this.#close('finished'));
  }

  #close(end: StdioEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline?.disarm();
    this.#session.end();
    this.#resolve(end);
  }
}

function cancelled(): GatewayError {
  return new GatewayError('call_cancelled');
}
