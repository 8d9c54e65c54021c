/*
 * A stdio server that tells who it is: its process, what it was offered, and its environment. As a program:
 * `node telling-server.ts '<TellingOptions as JSON>'`. Small, so that a hundred of them fit on a machine.
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { at, type RpcMessage } from './json-rpc.ts';
import type { JsonObject } from './scripted-script.ts';

export interface TellingOptions {
  /** A file that gets `+` when the process begins and `-` when it has answered the handshake. */
  readonly startLog?: string;
  /** How long it takes its handshake to be answered. */
  readonly startMs?: number;
  /** Ends at start like this, after these words on stderr: an exit code, or a signal. */
  readonly endsWith?: number | NodeJS.Signals;
  readonly words?: string;
}

/** What its only tool, `who`, answers. */
export interface Told {
  readonly pid: number;
  readonly offered: unknown;
  readonly env: Readonly<Record<string, string>>;
}

/** `command` and `args` of an entry for it. */
export function tellingEntry(options: TellingOptions = {}): { command: string; args: string[] } {
  return { command: process.execPath, args: [fileURLToPath(import.meta.url), JSON.stringify(options)] };
}

/** The answer of `who`, as the client got it. */
export function toldIn(answer: unknown): Told {
  return JSON.parse(String(at(answer, 'result', 'content', 0, 'text'))) as Told;
}

/** The most that were between `+` and `-` at once, and how many came up. */
export function startsIn(log: string): { readonly peak: number; readonly done: number } {
  let open = 0;
  let peak = 0;
  for (const mark of log) {
    open += mark === '+' ? 1 : -1;
    peak = Math.max(peak, open);
  }
  return { peak, done: log.split('-').length - 1 };
}

const WHO = { name: 'who', description: 'Tells who it is.', inputSchema: { type: 'object' } };

class TellingServer {
  readonly #options: TellingOptions;
  #offered: unknown;

  constructor(options: TellingOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#log('+');
    const { words, endsWith } = this.#options;
    if (words !== undefined) process.stderr.write(words);
    if (typeof endsWith === 'number') process.exit(endsWith);
    if (typeof endsWith === 'string') process.kill(process.pid, endsWith);
    const lines = createInterface({ input: process.stdin });
    lines.on('line', (line) => void this.#take(JSON.parse(line) as RpcMessage));
    lines.on('close', () => process.exit(0));
  }

  async #take({ id, method, params }: RpcMessage): Promise<void> {
    if (id === undefined) return;
    const result = await this.#answer(String(method), params);
    const outcome = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
    process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`);
  }

  async #answer(method: string, params: unknown): Promise<JsonObject | undefined> {
    if (method === 'initialize') return this.#initialize(params);
    if (method === 'tools/list') return { tools: [WHO] };
    if (method !== 'tools/call') return undefined;
    const told: Told = { pid: process.pid, offered: this.#offered, env: process.env as Record<string, string> };
    const end = at(params, 'arguments', 'end');
    if (typeof end === 'number') process.exit(end);
    return { content: [{ type: 'text', text: JSON.stringify(told) }] };
  }

  async #initialize(params: unknown): Promise<JsonObject> {
    this.#offered = at(params, 'capabilities');
    await new Promise((resolve) => setTimeout(resolve, this.#options.startMs ?? 0));
    this.#log('-');
    const serverInfo = { name: 'telling', version: '1.0.0' };
    return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
  }

  #log(mark: string): void {
    if (this.#options.startLog !== undefined) appendFileSync(this.#options.startLog, mark);
  }
}

if (import.meta.main) new TellingServer(JSON.parse(process.argv[2] ?? '{}') as TellingOptions).begin();
