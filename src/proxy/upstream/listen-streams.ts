/*
 * Tells a server that knows listen streams what is watched over one link (MCP 2026-07-28, Subscriptions). A filter cannot
 * be changed once it was sent, so further URIs mean a further stream; when there are too many, one for all takes their place.
 *
 *   a, b ──▶ stream          c ──▶ stream          … d ──▶ one stream for a, b, c, d; the others are closed
 *
 * A stream that the server ends is opened again, ever more rarely, until nobody wants it or the link ends.
 */
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { memberOf, readValue } from '../../wire/json/members.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Telling } from './subscriptions.ts';

/** What is watched by such streams: the field of the filter, and the notification that tells of it. */
export interface Listened {
  readonly field: 'resourceSubscriptions' | 'taskIds';
  readonly method: string;
}

export interface ListenStreamsParts {
  readonly listened: Listened;
  /** Opens one; resolves with the server's last word when the server ends it. */
  readonly listen: (
    uris: readonly string[],
    cancellation: Cancellation,
    onMessage: (message: Message) => void,
  ) => Promise<Message>;
  readonly wheel: Pick<TimerWheel, 'now' | 'arm' | 'sleep'>;
  /** How long the server may take to say what it will tell. */
  readonly answerTimeoutMs: number;
  readonly onUpdate: (message: Message) => void;
}

interface Stream {
  /** Those that are still wanted of it. */
  readonly uris: Set<string>;
  readonly cancellation: Cancellation;
}

type Asked = Map<string, PromiseWithResolvers<void>>;

/** Streams over one link, beside the one that may be about to take their place. */
export const STREAMS_MAX = 8;
const RELISTEN_MS = 500;
const RELISTEN_MAX_MS = 30_000;
/** A stream that was open so long has not failed: many a proxy ends every stream after half a minute or less. */
const STEADY_MS = 5_000;
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';

export class ListenStreams implements Telling {
  readonly #parts: ListenStreamsParts;
  readonly #streams = new Set<Stream>();
  #asked: Asked = new Map();

  constructor(parts: ListenStreamsParts) {
    this.#parts = parts;
  }

  /** What is asked for at the same time shares a stream. */
  readonly watch = (uri: string): Promise<void> => {
    if (this.#asked.size === 0) queueMicrotask(() => this.#open());
    const asked = this.#asked.get(uri) ?? Promise.withResolvers<void>();
    this.#asked.set(uri, asked);
    return asked.promise;
  };

  readonly unwatch = async (uri: string): Promise<void> => {
    for (const stream of this.#streams) if (stream.uris.delete(uri) && stream.uris.size === 0) this.#end(stream);
  };

  /** The session or the link has ended, and all streams with it. */
  stop(): void {
    for (const stream of this.#streams) this.#end(stream);
  }

  #open(): void {
    const asked = this.#asked;
    this.#asked = new Map();
    const replaced = this.#streams.size < STREAMS_MAX ? [] : [...this.#streams];
    const uris = new Set([...replaced.flatMap((stream) => [...stream.uris]), ...asked.keys()]);
    const stream = { uris, cancellation: new Cancellation() };
    this.#streams.add(stream);
    void this.#keep(stream, asked, replaced);
  }

  async #keep(stream: Stream, asked: Asked, replaced: readonly Stream[]): Promise<void> {
    const { wheel, answerTimeoutMs } = this.#parts;
    const late = () => stream.cancellation.cancel(new GatewayError('upstream_timeout'));
    const deadline = wheel.arm(answerTimeoutMs, late);
    const openedMs = wheel.now();
    const why = await this.#listen(stream, (agreed) => {
      deadline.disarm();
      this.#answered(stream, asked, agreed);
      for (const each of replaced) this.#end(each);
    });
    deadline.disarm();
    if (asked.size === 0) return this.#again(stream, openedMs);
    for (const { reject } of asked.values()) reject(why);
    this.#end(stream);
  }

  /** Settles when the stream is over, with what that means for those who still wait for an answer. */
  async #listen(stream: Stream, onAgreed: (agreed: ReadonlySet<string>) => void): Promise<GatewayError> {
    const { listen, listened, onUpdate } = this.#parts;
    const onMessage = (message: Message) => {
      if (message.method === ACKNOWLEDGED) onAgreed(agreedBy(message, listened.field));
      else if (message.method === listened.method) onUpdate(message);
    };
    try {
      const last = await listen([...stream.uris], stream.cancellation, onMessage);
      return new GatewayError(last.kind === 'error' ? 'resource_unknown' : 'upstream_lost');
    } catch (thrown) {
      return thrown instanceof GatewayError ? thrown : new GatewayError('upstream_lost', { cause: thrown });
    }
  }

  #answered(stream: Stream, asked: Asked, agreed: ReadonlySet<string>): void {
    for (const [uri, { resolve, reject }] of asked) {
      if (agreed.has(uri)) resolve();
      else {
        stream.uris.delete(uri);
        reject(new GatewayError('resource_unknown', { internal: { why: 'not agreed to' } }));
      }
    }
    asked.clear();
    if (stream.uris.size === 0) this.#end(stream);
  }

  async #again(stream: Stream, firstMs: number): Promise<void> {
    const { wheel } = this.#parts;
    let openedMs = firstMs;
    let waitMs = RELISTEN_MS;
    while (!stream.cancellation.cancelled) {
      if (wheel.now() - openedMs > STEADY_MS) waitMs = RELISTEN_MS;
      await rest(wheel, waitMs, stream.cancellation);
      waitMs = Math.min(waitMs * 2, RELISTEN_MAX_MS);
      openedMs = wheel.now();
      if (!stream.cancellation.cancelled) await this.#listen(stream, () => {});
    }
  }

  #end(stream: Stream): void {
    this.#streams.delete(stream);
    stream.cancellation.cancel(new GatewayError('call_cancelled'));
  }
}

async function rest(wheel: Pick<TimerWheel, 'sleep'>, ms: number, cancellation: Cancellation): Promise<void> {
  const sleep = wheel.sleep(ms);
  const unlisten = cancellation.onCancel(sleep.wake);
  await sleep.done;
  unlisten();
}

/** The URIs that the server will tell of. */
function agreedBy({ bytes, params }: Message, field: Listened['field']): ReadonlySet<string> {
  const filter = params && memberOf(bytes, params.self, 'notifications')?.value;
  const uris = filter && bytes[filter.start] === 0x7b && memberOf(bytes, filter, field)?.value;
  const read = uris ? readValue(bytes, uris) : [];
  return new Set(Array.isArray(read) ? read.filter((uri) => typeof uri === 'string') : []);
}
