/*
 * A client that can only launch a command: `bin/gatewright stdio` as its server, raw lines in and out.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { BINARY } from './cli.ts';
import { at, notification, type RpcId, type RpcMessage, request } from './json-rpc.ts';
import type { JsonObject, Revision } from './scripted-script.ts';

const META = 'io.modelcontextprotocol/';

export interface LineOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Does not read what it is sent until told to. */
  readonly deaf?: boolean;
  /** Hears every line as it stands. */
  readonly onLine?: (line: string) => void;
}

export class LineClient {
  /** All that came, line by line; a line that is no JSON stands as text, and should never be there. */
  readonly said: (RpcMessage | readonly RpcMessage[])[] = [];
  readonly rubbish: string[] = [];
  readonly exited: Promise<number | null>;
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  #errors = '';
  #pending = '';
  #ended = false;
  #nextId = 1;
  readonly #onLine: (line: string) => void;
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[], { env = {}, deaf = false, onLine = () => {} }: LineOptions = {}) {
    this.#onLine = onLine;
    this.child = spawn(process.execPath, [BINARY, 'stdio', ...args], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const onTestEnd = (): void => void this.child.kill('SIGKILL');
    process.once('exit', onTestEnd);
    this.child.stdin.on('error', () => undefined);
    if (!deaf) this.child.stdout.on('data', (chunk: Buffer) => this.#read(chunk.toString('utf8')));
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString('utf8');
    });
    this.exited = once(this.child, deaf ? 'exit' : 'close').then(([code]: (number | null)[]) => {
      process.removeListener('exit', onTestEnd);
      this.#ended = true;
      this.#wake();
      return code ?? null;
    });
  }

  stderr(): string {
    return this.#errors;
  }

  write(text: string | Buffer): void {
    this.child.stdin.write(text);
  }

  send(message: RpcMessage | readonly RpcMessage[]): void {
    this.write(`${JSON.stringify(message)}\n`);
  }

  notify(method: string, params: JsonObject = {}): void {
    this.send(notification(method, params));
  }

  /** Sends a request of the session; gives its id. */
  start(method: string, params: JsonObject = {}): number {
    const id = this.#nextId++;
    this.send(request(id, method, params));
    return id;
  }

  /** Sends a request that describes itself. */
  startModern(method: string, params: JsonObject = {}): number {
    const given = (params._meta ?? {}) as JsonObject;
    const own = { [`${META}protocolVersion`]: '2026-07-28', [`${META}clientCapabilities`]: {} };
    return this.start(method, { ...params, _meta: { ...own, ...given } });
  }

  call(method: string, params: JsonObject = {}): Promise<RpcMessage> {
    return this.answer(this.start(method, params));
  }

  callModern(method: string, params: JsonObject = {}): Promise<RpcMessage> {
    return this.answer(this.startModern(method, params));
  }

  answer(id: RpcId): Promise<RpcMessage> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  async initialize(revision: Revision = '2025-11-25', capabilities: JsonObject = {}): Promise<RpcMessage> {
    const clientInfo = { name: 'lines', version: '1' };
    const answer = await this.call('initialize', { protocolVersion: revision, capabilities, clientInfo });
    this.notify('notifications/initialized');
    return answer;
  }

  /** The first message that fits, now or later. Rejects when the process ends without it. */
  until(fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    return new Promise((resolve, reject) => {
      const watcher = (): void => {
        const found = this.messages.find(fits);
        if (!found && !this.#ended) return;
        this.#watchers.delete(watcher);
        if (found) resolve(found);
        else reject(new Error(`the process ended: ${JSON.stringify(this.said)}\n${this.#errors}`));
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  get messages(): readonly RpcMessage[] {
    return this.said.filter((each): each is RpcMessage => !Array.isArray(each));
  }

  /** Closes stdin; gives the exit code. */
  end(): Promise<number | null> {
    this.child.stdin.end();
    return this.exited;
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exited;
  }

  #read(text: string): void {
    const lines = (this.#pending + text).split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) {
      this.#take(line);
      this.#onLine(line);
    }
    this.#wake();
  }

  #take(line: string): void {
    try {
      const value: unknown = JSON.parse(line);
      const isMessage = at(Array.isArray(value) ? value[0] : value, 'jsonrpc') === '2.0';
      if (isMessage) this.said.push(value as RpcMessage);
      else this.rubbish.push(line);
    } catch {
      this.rubbish.push(line);
    }
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
