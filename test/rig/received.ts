/*
 * Everything a scripted server has received, in order, and a way to wait for it.
 */
import { at, parseObject, type RpcMessage } from './json-rpc.ts';

export interface Received {
  /** `POST`, `GET`, `DELETE`; `stdin` for a line on stdio. */
  readonly via: string;
  readonly path: string;
  /** Flat [name, value, …] as they came; empty on stdio. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The body as an object; undefined for batches and for what is no JSON. */
  readonly message: RpcMessage | undefined;
  /** The JSON-RPC method; empty for answers and bodiless requests. */
  readonly method: string;
}

export class ReceivedLog {
  readonly all: Received[] = [];
  readonly #waiters = new Set<() => void>();

  add(entry: Pick<Received, 'via' | 'path' | 'rawHeaders' | 'body'>): Received {
    const message = parseObject(entry.body.toString('utf8'));
    const received = { ...entry, message, method: String(at(message, 'method') ?? '') };
    this.all.push(received);
    for (const wake of this.#waiters) wake();
    return received;
  }

  /** Those with a JSON-RPC method. */
  of(method: string): Received[] {
    return this.all.filter((received) => received.method === method);
  }

  /** Resolves with the first that fits, now or later; the test's own timeout is the limit. */
  until(fits: (received: Received) => boolean): Promise<Received> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.all.find(fits);
        if (!found) return;
        this.#waiters.delete(look);
        resolve(found);
      };
      this.#waiters.add(look);
      look();
    });
  }
}

/** The value of a header field; undefined when absent, joined by a comma when repeated. */
export function headerOf(received: Received, name: string): string | undefined {
  const values: string[] = [];
  for (let i = 0; i + 1 < received.rawHeaders.length; i += 2) {
    if (received.rawHeaders[i]?.toLowerCase() === name.toLowerCase()) values.push(received.rawHeaders[i + 1] ?? '');
  }
  return values.length === 0 ? undefined : values.join(', ');
}
