/*
 * What a session's client posts besides requests: answers to questions, cancellations, and changes of its roots.
 */
import type { Emit } from '../../model/event.ts';
import type { Message, RequestId } from '../../model/message.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import type { Views } from '../policy/view.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { Session } from './session.ts';

export interface NoticesParts {
  readonly views: Pick<Views, 'serversAt'>;
  readonly upstreams: Upstreams;
  readonly emit: Emit;
}

export class Notices {
  readonly #parts: NoticesParts;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  take(session: Session, message: Message): void {
    if (message.kind === 'result' || message.kind === 'error') {
      if (!session.answered(message)) this.#odd('answer to no question');
    } else if (!codecOf(session.revision).notifications.has(message.method)) this.#odd('unknown notification');
    else if (message.method === 'notifications/cancelled') cancel(session, message);
    else if (message.method === 'notifications/roots/list_changed') this.#rootsChanged(session, message);
  }

  /** The servers that were offered this client's roots are told; they ask again with their next call. */
  #rootsChanged(session: Session, message: Message): void {
    const { principal, client, revision } = session;
    const caller = { principal, client, codec: codecOf(revision) };
    for (const name of this.#parts.views.serversAt(session.endpoint, principal)) {
      this.#parts.upstreams.of(name)?.knownLink(caller)?.notify(message.bytes);
    }
  }

  #odd(what: string): void {
    this.#parts.emit({ type: 'oddity', server: '', what, internal: {} });
  }
}

/** `initialize` cannot be cancelled, and an unknown id is a call that has ended: both are ignored (Cancellation). */
function cancel(session: Session, message: Message): void {
  const id = cancelledId(message);
  if (id !== undefined) session.cancelCall(id);
}

/** Which request a `notifications/cancelled` is about; undefined when it does not say. */
export function cancelledId({ bytes, params }: Message): RequestId | undefined {
  const span = params && memberOf(bytes, params.self, 'requestId')?.value;
  const id = span && readValue(bytes, span);
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
