/*
 * What goes back to a server that asks: our own answers, and those of clients.
 *
 * A server may ask faster than it takes answers, so only so many of ours are on their way at once. A client's answer is
 * never left out; questions to clients are few (`questionsPerCallMax`).
 */
import { jsonRpcError, jsonRpcResult } from '../../wire/codec.ts';

/** Answers on their way to a server at once, beyond which it gets none of ours. */
const ANSWERS_MAX = 64;

export interface AnswersParts {
  readonly post: (bytes: Buffer) => Promise<void>;
  readonly onOddity: (what: string, internal: Readonly<Record<string, unknown>>) => void;
}

export class Answers {
  readonly #parts: AnswersParts;
  #underWay = 0;

  constructor(parts: AnswersParts) {
    this.#parts = parts;
  }

  /** `id` is the server's, as JSON text. */
  agree(id: string): void {
    this.#own(jsonRpcResult(id, '{}'));
  }

  refuse(id: string, code: number, message: string): void {
    this.#own(jsonRpcError(id, { code, message }));
  }

  /** A client's. */
  relay(bytes: Buffer): void {
    this.#underWay += 1;
    this.#parts
      .post(bytes)
      .catch(() => this.#parts.onOddity('answer not delivered', {}))
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  #own(bytes: Buffer): void {
    if (this.#underWay < ANSWERS_MAX) this.relay(bytes);
    else this.#parts.onOddity('too many answers to deliver', {});
  }
}
