/*
 * How the server at the other end of a link is told what is watched over it: by a request for each resource where its
 * revision has such a request, else by listen streams. Nobody else needs to know.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Conversation } from './conversation.ts';
import type { OwnRequests } from './link-requests.ts';
import { ListenStreams, type ListenStreamsParts } from './listen-streams.ts';
import { Subscriptions } from './subscriptions.ts';

export interface WatchingParts extends Omit<ListenStreamsParts, 'listen'> {
  readonly conversation: Pick<Conversation, 'open' | 'codec'>;
  readonly requests: Pick<OwnRequests, 'request' | 'send' | 'listen'>;
}

export class Watching {
  readonly subscriptions: Subscriptions;
  readonly #parts: WatchingParts;
  readonly #streams: ListenStreams;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    this.#streams = new ListenStreams({
      ...parts,
      listen: async (uris, cancellation, onMessage) => {
        await parts.conversation.open();
        return parts.requests.listen({ resourceSubscriptions: uris }, cancellation, onMessage);
      },
    });
    this.subscriptions = new Subscriptions({
      watch: (uri) => this.#tell('resources/subscribe', uri, this.#streams.watch),
      unwatch: (uri) => this.#tell('resources/unsubscribe', uri, this.#streams.unwatch),
    });
  }

  /** Over a new session. A stream may take its time to say what it will carry, and calls need not wait for that. */
  async restore(onRefused: () => void): Promise<void> {
    this.#streams.stop();
    const isAsked = this.#parts.conversation.codec.requests.has('resources/subscribe');
    const told = this.subscriptions.replay(isAsked ? (uri) => this.#retell(uri) : this.#streams.watch);
    if (isAsked) await told;
    else told.catch(onRefused);
  }

  end(): void {
    this.#streams.stop();
    this.subscriptions.drop();
  }

  async #tell(method: string, uri: string, byStream: (uri: string) => Promise<void>): Promise<void> {
    const { conversation, requests } = this.#parts;
    await conversation.open();
    if (!conversation.codec.requests.has(method)) return byStream(uri);
    answeredWell(await requests.request(method, { uri }), uri);
  }

  async #retell(uri: string): Promise<void> {
    answeredWell(await this.#parts.requests.send('resources/subscribe', { uri }), uri);
  }
}

function answeredWell(message: Message, uri: string): void {
  if (message.kind === 'error') throw new GatewayError('resource_unknown', { internal: { uri } });
}
