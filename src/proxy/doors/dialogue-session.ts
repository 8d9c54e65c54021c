/*
 * The one session that a dialogue can have: its `initialize` opens it, the stream is its stream, and it ends with the
 * stream. No header names it, so no other door can reach it.
 */

import type { Accepted, Outlet } from '../../model/call.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { viewerOf } from '../../model/list-context.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { notificationText } from '../../wire/codec.ts';
import type { Session } from '../session/session.ts';
import { contextOf } from '../upstream/variants.ts';
import type { DialogueParts } from './dialogue.ts';

export interface Place {
  readonly endpoint: string;
  readonly verdict: Accepted;
}

export class DialogueSession {
  readonly #parts: DialogueParts;
  #session: Session | undefined;
  #isOpening = false;
  #isOver = false;
  #leave: (() => void)[] = [];

  constructor(parts: DialogueParts) {
    this.#parts = parts;
  }

  get isOpening(): boolean {
    return this.#isOpening;
  }

  /** Undefined before it is open, and when the gateway has ended it. */
  get now(): Session | undefined {
    return this.#session && this.#parts.mcp.sessions.byId(this.#session.id);
  }

  /** Throws `request_invalid` for a second one, and what keeps a stream from being opened. */
  async open(initialize: () => Promise<Reply | undefined>): Promise<void> {
    if (this.#session || this.#isOpening)
      throw new GatewayError('request_invalid', { say: 'This connection is initialized already.' });
    const leave = this.#parts.enter();
    this.#isOpening = true;
    const reply = await initialize();
    this.#isOpening = false;
    if (reply?.body) this.#parts.output.answer(reply.body);
    const { sessions } = this.#parts.mcp;
    const session = sessions.byId(sessionIdOf(reply));
    if (!session || this.#isOver) {
      leave();
      if (session) sessions.end(session);
    } else this.#begin(session, leave);
  }

  #begin(session: Session, leave: () => void): void {
    const { output, onSessionEnd } = this.#parts;
    this.#session = session;
    this.#leave = [leave, this.#hearChanges(session)];
    session.attach({ send: (message) => output.notify(message), close: () => this.#isOver || onSessionEnd() });
  }

  #hearChanges(session: Session): () => void {
    const { mcp, place, output } = this.#parts;
    return mcp.hub.listen({
      endpoint: place.endpoint,
      principal: place.verdict.principal,
      viewer: viewerOf(contextOf(session)),
      changed: (kind) => output.notify(Buffer.from(notificationText(`notifications/${kind}/list_changed`))),
    });
  }

  /** The way back for a call of the session; once `deaf` has ended, nothing is asked over it. */
  outlet(session: Session, deaf: Cancellation): Outlet {
    const send = (message: Buffer) => this.#parts.output.notify(message);
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
    if (this.#session) this.#parts.mcp.sessions.end(this.#session);
  }
}

function sessionIdOf(reply: Reply | undefined): string {
  const at = reply?.headers.indexOf('mcp-session-id') ?? -1;
  return at < 0 ? '' : (reply?.headers[at + 1] ?? '');
}
