/*
 * One keep-alive connection of a client: one request at a time, its answer to a callback.
 *
 * The socket reads into one buffer that is used again and again (`onread`), so that reading makes no garbage.
 */
import { connect, type Socket } from 'node:net';
import { field, type HttpMessage, HttpReader, statusOf } from './http-wire.ts';
import { goodbyeRequest, initializedNotice, initializeRequest, type Target } from './request.ts';

const READ_BYTES = 64 * 1024;

export type OnAnswer = (failure: string | undefined, message: HttpMessage | undefined) => void;

export class Connection {
  readonly #socket: Socket;
  readonly #reader = new HttpReader((message) => this.#settle(undefined, message));
  #waiting: OnAnswer | undefined;
  #lost: string | undefined;
  /** Set by the handshake when the peer keeps sessions. */
  sessionId: string | undefined;

  constructor(port: number) {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => {
        this.#reader.push((buffer as Buffer).subarray(0, bytes));
        return true;
      },
    };
    this.#socket = connect({ host: '127.0.0.1', port, onread });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('connection closed'));
  }

  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  send(text: string, onAnswer: OnAnswer): void {
    this.#waiting = onAnswer;
    if (this.#lost) this.#settle(this.#lost, undefined);
    else this.#socket.write(text, 'latin1');
  }

  /** The convenient form, for everything that is not measured. The body is copied. */
  exchange(text: string): Promise<HttpMessage> {
    return new Promise((resolve, reject) => {
      this.send(text, (failure, message) => {
        if (message) resolve({ head: message.head, body: Buffer.from(message.body) });
        else reject(new Error(failure));
      });
    });
  }

  /** Legacy: opens a session as MCP 2025-11-25 › Lifecycle wants it. Modern: there is nothing to open. */
  async shakeHands(target: Target): Promise<void> {
    if (target.era === 'modern') return;
    const answer = await this.exchange(initializeRequest(target));
    expect(answer, 200, 'initialize');
    this.sessionId = field(answer.head, 'mcp-session-id');
    expect(await this.exchange(initializedNotice(target, this.sessionId)), 202, 'notifications/initialized');
  }

  /** Ends the session if there is one, then the connection. */
  async leave(target: Target): Promise<void> {
    if (this.sessionId && !this.#lost)
      await this.exchange(goodbyeRequest(target, this.sessionId)).catch(() => undefined);
    this.close();
  }

  close(): void {
    this.#lost = 'closed by us';
    this.#socket.destroy();
  }

  #settle(failure: string | undefined, message: HttpMessage | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(failure, message);
  }

  #lose(why: string): void {
    this.#lost ??= why;
    this.#settle(this.#lost, undefined);
  }
}

function expect(answer: HttpMessage, status: number, what: string): void {
  if (statusOf(answer.head) === status) return;
  throw new Error(`${what}: HTTP ${statusOf(answer.head)} ${answer.body.toString('latin1', 0, 300)}`);
}
