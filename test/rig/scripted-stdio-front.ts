/*
 * The scripted server on a pair of pipes: one line in, lines out.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, errorOf, isRequest, notification, type RpcId, type RpcMessage, resultOf } from './json-rpc.ts';
import type { ReceivedLog } from './received.ts';
import type { ScriptedCore } from './scripted-core.ts';
import { META } from './scripted-core.ts';
import { type Behaviour, MODERN, rawBytes, type Script } from './scripted-script.ts';
import { Conversation } from './scripted-session.ts';

type Request = RpcMessage & { id: RpcId; method: string };

export interface StdioFrontOptions {
  readonly core: ScriptedCore;
  readonly script: Script;
  readonly log: ReceivedLog;
  readonly output: Writable;
  readonly exit: (code: number) => void;
}

export class ScriptedStdio {
  readonly #options: StdioFrontOptions;
  readonly #conversation: Conversation;

  constructor(options: StdioFrontOptions) {
    this.#options = options;
    this.#conversation = new Conversation(options.core);
    this.#conversation.session.push = (message) => this.#say(message);
  }

  async onLine(line: Buffer): Promise<void> {
    const { message } = this.#options.log.add({ via: 'stdin', path: '', rawHeaders: [], body: line });
    if (!message) return this.#say(errorOf(null, -32700, 'Parse error'));
    const behaviour = this.#options.script.take(String(message.method ?? ''), at(message.params, 'name'));
    if (behaviour.delayMs !== undefined) await sleep(behaviour.delayMs);
    if (await this.#misbehaves(behaviour, message)) return;
    if (!isRequest(message)) this.#conversation.take(message);
    else this.#finish(await this.#answer(message, behaviour), behaviour);
  }

  async #misbehaves(behaviour: Behaviour, { id }: RpcMessage): Promise<boolean> {
    const { output, exit } = this.#options;
    if (behaviour.die) exit(1);
    else if (behaviour.hang) return true;
    else if (behaviour.html) output.write('<!DOCTYPE html>\n<html></html>\n');
    else if (behaviour.raw !== undefined) output.write(rawBytes(behaviour, id));
    else if (behaviour.endless) await this.#endless(id);
    else return false;
    return true;
  }

  async #answer(message: Request, behaviour: Behaviour): Promise<RpcMessage | undefined> {
    for (let n = 1; n <= (behaviour.flood ?? 0); n++) {
      this.#say(notification('notifications/message', { level: 'info', data: n }));
    }
    if (behaviour.error)
      return errorOf(message.id, behaviour.error.code, behaviour.error.message, behaviour.error.data);
    if (behaviour.answer) return resultOf(message.id, behaviour.answer);
    return this.#refusal(message) ?? this.#conversation.run(message, (interim) => this.#say(interim));
  }

  /** A modern server knows no `initialize`, and needs its revision in every request. */
  #refusal({ id, params }: Request): RpcMessage | undefined {
    const version = at(params, '_meta', `${META}protocolVersion`);
    if (!this.#options.core.isModern || version === MODERN) return undefined;
    const requested = version ?? at(params, 'protocolVersion');
    return errorOf(id, -32022, 'Unsupported version', { supported: [MODERN], requested });
  }

  #finish(answer: RpcMessage | undefined, { wrongId, twoAnswers, truncated }: Behaviour): void {
    if (!answer) return;
    const line = `${JSON.stringify(wrongId ? { ...answer, id: `wrong-${answer.id}` } : answer)}\n`;
    const { output, exit } = this.#options;
    if (truncated) output.write(line.slice(0, line.length / 2), () => exit(1));
    else output.write(twoAnswers ? line + line : line);
  }

  async #endless(id: unknown): Promise<void> {
    const { output } = this.#options;
    output.write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"text":"`);
    const filler = 'x'.repeat(256 * 1024);
    while (!output.destroyed) if (!output.write(filler)) await once(output, 'drain');
  }

  #say(message: RpcMessage): void {
    this.#options.output.write(`${JSON.stringify(message)}\n`);
  }
}
