/*
 * The one session that a client on pipes can open: its `initialize` opens it, the pipe is its stream, and it ends with the
 * connection. No header names it, so no other door can reach it.
 */
import type { Outlet, Verdict } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { notificationText } from '../../wire/codec.ts';
import type { Session } from '../session/session.ts';
import type { LineOutput } from './line-output.ts';
import type { McpParts } from './mcp-parts.ts';

export interface StdioPlace {
  readonly endpoint: string;
  readonly verdict: Exclude<Verdict, { readonly refused: GatewayError }>;
}

export class StdioSession {
  readonly #parts: McpParts;
  readonly #place: StdioPlace;
  readonly #output: LineOutput;
  #session: Session | undefined;
  #isOpening = false;
  #isOver = false;
  #leave: (() => void)[] = [];

  constructor(parts: McpParts, place: StdioPlace, output: LineOutput) {
    this.#parts = parts;
    this.#place = place;
    this.#output = output;
  }

  get isOpening(): boolean {
    return this.#isOpening;
  }

  /** Undefined before it is open, and when the gateway has ended it. */
  get now(): Session | undefined {
    return this.#session && this.#parts.sessions.byId(this.#session.id);
  }

  /** Throws `request_invalid` for a second one, and what keeps a stream from being opened. */
  async open(initialize: () => Promise<Reply | undefined>): Promise<void> {
    if (this.#session) throw new GatewayError('request_invalid', { say: 'This connection is initialized already.' });
    const leave = this.#parts.streams.enter(this.#place.verdict.principal);
    this.#isOpening = true;
    const reply = await initialize();
    this.#isOpening = false;
    if (reply?.body) this.#output.answer(reply.body);
    const session = this.#parts.sessions.byId(sessionIdOf(reply));
    if (!session || this.#isOver) {
      leave();
      if (session) this.#parts.sessions.end(session);
      return;
    }
    this.#session = session;
    this.#leave = [leave, this.#hearChanges()];
    session.attach({ send: (message) => this.#output.notify(message), close: () => undefined });
  }

  #hearChanges(): () => void {
    return this.#parts.hub.listen({
      endpoint: this.#place.endpoint,
      changed: (kind) => this.#output.notify(Buffer.from(notificationText(`notifications/${kind}/list_changed`))),
    });
  }

  /** The way back for a call of the session; once `deaf` has ended, nothing is asked over it. */
  outlet(session: Session, deaf: Cancellation): Outlet {
    const send = (message: Buffer) => this.#output.notify(message);
    const ask = (question: Message, cancellation: Cancellation) => {
      const asked = new Cancellation();
      const unlisten = [deaf, cancellation].map((end) => end.onCancel((reason) => asked.cancel(reason)));
      return session.ask(question, send, asked).finally(() => {
        for (const stop of unlisten) stop();
      });
    };
    return { notify: send, ask };
  }

  end(): void {
    this.#isOver = true;
    for (const leave of this.#leave) leave();
    this.#leave = [];
    if (this.#session) this.#parts.sessions.end(this.#session);
  }
}

function sessionIdOf(reply: Reply | undefined): string {
  const at = reply?.headers.indexOf('mcp-session-id') ?? -1;
  return at < 0 ? '' : (reply?.headers[at + 1] ?? '');
}
