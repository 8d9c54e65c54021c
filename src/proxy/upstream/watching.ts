/*
 * How the server at the other end of a link is told what is watched over it: by a request for each resource where its
 * revision has such a request, else by listen streams; and by those for tasks, where there are any. Nobody else needs to know.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { readString } from '../../wire/json/members.ts';
import { namedTask, TASK_CHANGED } from '../../wire/task-ids.ts';
import type { Conversation } from './conversation.ts';
import type { OwnRequests } from './link-requests.ts';
import { type Listened, ListenStreams, type ListenStreamsParts } from './listen-streams.ts';
import { Subscriptions } from './subscriptions.ts';

export interface WatchingParts extends Omit<ListenStreamsParts, 'listen' | 'listened'> {
  readonly conversation: Pick<Conversation, 'open' | 'codec'>;
  readonly requests: Pick<OwnRequests, 'request' | 'send' | 'listen'>;
}

const RESOURCES: Listened = { field: 'resourceSubscriptions', method: 'notifications/resources/updated' };
const TASKS: Listened = { field: 'taskIds', method: TASK_CHANGED };

export class Watching {
  readonly resources: Subscriptions;
  readonly tasks: Subscriptions;
  readonly #parts: WatchingParts;
  readonly #resourceStreams: ListenStreams;
  readonly #taskStreams: ListenStreams;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    this.#resourceStreams = this.#newStreams(RESOURCES, parts.onUpdate);
    this.resources = new Subscriptions({
      watch: (uri) => this.#tell('resources/subscribe', uri, this.#resourceStreams.watch),
      unwatch: (uri) => this.#tell('resources/unsubscribe', uri, this.#resourceStreams.unwatch),
    });
    this.#taskStreams = this.#newStreams(TASKS, (message) => this.#taskChanged(message));
    this.tasks = new Subscriptions(
      { watch: (id) => this.#watchTask(id), unwatch: this.#taskStreams.unwatch },
      (id, watched) => id === watched,
    );
  }

  get busy(): boolean {
    return this.resources.size + this.tasks.size > 0;
  }

  #newStreams(listened: Listened, onUpdate: (message: Message) => void): ListenStreams {
    const { conversation, requests, ...parts } = this.#parts;
    return new ListenStreams({
      ...{ ...parts, listened, onUpdate },
      listen: async (watched, cancellation, onMessage) => {
        await conversation.open();
        return requests.listen({ [listened.field]: watched }, cancellation, onMessage);
      },
    });
  }

  /** Over a new session. A stream may take its time to say what it will carry, and calls need not wait for that. */
  async restore(onRefused: () => void): Promise<void> {
    this.#resourceStreams.stop();
    this.#taskStreams.stop();
    this.tasks.replay(this.#taskStreams.watch).catch(onRefused);
    const isAsked = this.#parts.conversation.codec.requests.has('resources/subscribe');
    const told = this.resources.replay(isAsked ? (uri) => this.#retell(uri) : this.#resourceStreams.watch);
    if (isAsked) await told;
    else told.catch(onRefused);
  }

  end(): void {
    this.#resourceStreams.stop();
    this.#taskStreams.stop();
    this.resources.drop();
    this.tasks.drop();
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

  async #watchTask(id: string): Promise<void> {
    const { conversation } = this.#parts;
    await conversation.open();
    if (!conversation.codec.requests.has('tasks/get')) throw new GatewayError('resource_unknown');
    return this.#taskStreams.watch(id);
  }

  #taskChanged(message: Message): void {
    const id = namedTask(message);
    if (id) this.tasks.updated(readString(message.bytes, id), message);
  }
}

function answeredWell(message: Message, uri: string): void {
  if (message.kind === 'error') throw new GatewayError('resource_unknown', { internal: { uri } });
}
