/*
 * The stdio transport: one child process, one pipe each way, answers matched to requests by id.
 *
 *   exchange() ─▶ StdinWriter ─▶ child ─▶ StdoutReader ─┬▶ WaitingExchanges   answers
 *                                                       └▶ onStray            requests, notifications
 *
 * Nothing on a pipe says to which call a message belongs, so everything that is not an awaited answer goes to the owner
 * (MCP, Transports › stdio). A child may write rubbish: it is dropped and counted, never fatal. The transport lives as
 * long as its child; starting another one is the owner's affair.
 */
import { existsSync } from 'node:fs';
import type { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { ProcessGroups } from './process-groups.ts';
import { REST_MS } from './stdio-chatter.ts';
import { type Child, isRunning, type StopTimes, signalGroup, spawnChild, stopChild } from './stdio-child.ts';
import { childEnvironment } from './stdio-environment.ts';
import { StdoutReader } from './stdio-reader.ts';
import { ByteTail } from './stdio-tail.ts';
import { type Loss, undelivered, WaitingExchanges } from './stdio-waiting.ts';
import { type Outgoing, StdinWriter } from './stdio-writer.ts';
import type { Answer, Exchange, Transport, TransportEvents } from './transport.ts';

export interface StdioTransport extends Transport {
  /** Undefined when the child could not be started. */
  readonly pid: number | undefined;
  /** The end of what the child wrote to stderr, at most 64 KiB. For the operator only: it may hold secrets. */
  stderrTail(): string;
}

export interface StdioTimes extends StopTimes {
  /** How long a write may wait for a child that does not read. */
  readonly stallMs: number;
  /** Between the end of the process and the end of its pipes: time for answers that are still in them. */
  readonly drainMs: number;
}

/** A gateway is gone 6 s after it was asked to stop; `drainTimeoutMs` (model/limits.ts) has the other half of that. */
export const STDIO_TIMES: StdioTimes = { termAfterMs: 1_000, killAfterMs: 1_000, stallMs: 5_000, drainMs: 100 };

export interface StdioOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables of the server's own entry; the rest is the allow-list of `stdio-environment.ts`. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly limits: Pick<Limits, 'answerBytesMax'>;
  readonly events: TransportEvents;
  /** Where its process group is entered. */
  readonly groups: ProcessGroups;
  readonly times?: Partial<StdioTimes>;
}

export function stdioTransport(options: StdioOptions): StdioTransport {
  return new ChildTransport(options);
}

class ChildTransport implements StdioTransport {
  readonly #options: StdioOptions;
  readonly #times: StdioTimes;
  readonly #child: Child | undefined;
  readonly #writer: StdinWriter | undefined;
  readonly #waiting: WaitingExchanges;
  readonly #reader: StdoutReader;
  readonly #posts = new Map<Outgoing, (reason: GatewayError) => void>();
  readonly #stderr = new ByteTail();
  /** Set once: why nothing can be sent any more. */
  #ended: Loss | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: StdioOptions) {
    this.#options = options;
    this.#times = { ...STDIO_TIMES, ...options.times };
    this.#waiting = new WaitingExchanges(options.events);
    this.#reader = new StdoutReader({
      answerBytesMax: options.limits.answerBytesMax,
      onEndless: () => this.#giveUp('The server sends a line without end.'),
      waiting: this.#waiting,
      events: options.events,
    });
    this.#child = this.#spawn();
    if (this.#child) this.#writer = this.#attach(this.#child);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  stderrTail(): string {
    return this.#stderr.text();
  }

  exchange(exchange: Exchange): Promise<Answer> {
    const { reason } = exchange.cancellation;
    if (reason) return Promise.reject(reason);
    const outgoing: Outgoing = { bytes: exchange.bytes, sent: false, dropped: false };
    if (this.#ended) return Promise.reject(undelivered(outgoing, this.#ended));
    const answer = this.#waiting.wait(exchange, outgoing);
    this.#writer?.send(outgoing);
    return answer;
  }

  post(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTaken = (): void => {
        this.#posts.delete(outgoing);
        resolve();
      };
      const outgoing: Outgoing = { bytes, sent: false, dropped: false, onTaken };
      if (this.#ended) {
        reject(undelivered(outgoing, this.#ended));
      } else {
        this.#posts.set(outgoing, reject);
        this.#writer?.send(outgoing);
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Posts that are queued are still written, in the time the child has before it is signalled. */
  async #close(): Promise<void> {
    this.#ended ??= { say: 'The transport was closed.', internal: {} };
    this.#reader.mute();
    this.#waiting.rejectAll(this.#ended);
    await this.#stop();
    this.#rejectPosts(this.#ended);
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#drainTimer);
    this.#writer?.end();
    if (this.#child) await stopChild(this.#child, this.#times, this.#options.groups);
    this.#writer?.destroy();
    this.#child?.stdout.destroy();
    this.#child?.stderr.destroy();
  }

  #spawn(): Child | undefined {
    const { command, args, env, cwd, groups } = this.#options;
    try {
      return spawnChild({ command, args, cwd, env: childEnvironment(process.env, env) }, groups);
    } catch (error) {
      // Told later, when the owner holds the transport it is told about.
      queueMicrotask(() => this.#onSpawnError(error));
      return undefined;
    }
  }

  #attach(child: Child): StdinWriter | undefined {
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#reader.push(chunk)) rest(child.stdout);
    });
    child.stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => this.#onPipeEnd(child));
    child.stdout.on('end', () => this.#onPipeEnd(child));
    // A server may close its stderr and live on.
    child.stderr.on('end', () => isRunning(child) || this.#onPipeEnd(child));
    child.on('error', (error) => this.#onSpawnError(error));
    child.on('exit', () => this.#onPipeEnd(child));
    if (child.pid === undefined) return undefined;
    const onStalled = (): void => this.#giveUp('The server does not read its input.');
    return new StdinWriter({ stdin: child.stdin, stallMs: this.#times.stallMs, onStalled });
  }

  #onSpawnError(error: unknown): void {
    // The event also tells of signals that could not be sent, which change nothing.
    if (this.pid !== undefined) return;
    const { command, cwd } = this.#options;
    const { code } = error as NodeJS.ErrnoException;
    const say =
      cwd !== undefined && !existsSync(cwd)
        ? `The working directory "${cwd}" does not exist.`
        : `The command "${command}" could not be started.`;
    // Not the error itself: it holds the arguments, and they may be secrets.
    this.#lose({ say, internal: { command, cwd, code } });
  }

  /**
   * The process or one of its pipes ended. Usually the others follow at once, and what is still in stdout may be an
   * answer, in stderr the reason, so the verdict waits for all, but not longer than `drainMs`: a process that left the
   * group may hold a pipe.
   */
  #onPipeEnd(child: Child): void {
    if (this.#ended || child.pid === undefined) return;
    const drained = [child.stdout, child.stderr].every((pipe) => pipe.readableEnded || pipe.destroyed);
    if (drained && !isRunning(child)) this.#lose(lossOf(child));
    else this.#drainTimer ??= setTimeout(() => this.#lose(lossOf(child)), this.#times.drainMs);
  }

  /** What can only be helped by another process. */
  #giveUp(say: string): void {
    if (this.#child) signalGroup(this.#child, 'SIGKILL', this.#options.groups);
    this.#lose({ say, internal: {} });
  }

  #lose(loss: Loss): void {
    if (this.#ended) return;
    this.#ended = loss;
    this.#reader.mute();
    this.#waiting.rejectAll(loss);
    this.#rejectPosts(loss);
    this.#options.events.onLost(loss);
    void this.#stop();
  }

  #rejectPosts(loss: Loss): void {
    for (const [outgoing, reject] of this.#posts) reject(undelivered(outgoing, loss));
    this.#posts.clear();
  }
}

/** What the child writes meanwhile waits in its pipe. */
function rest(stdout: Child['stdout']): void {
  stdout.pause();
  setTimeout(() => stdout.resume(), REST_MS);
}

function lossOf(child: Child): Loss {
  const { exitCode, signalCode } = child;
  if (isRunning(child)) return { say: 'The server closed its pipes.', internal: {} };
  const how = signalCode === null ? `exited with code ${exitCode}` : `was ended by ${signalCode}`;
  return { say: `The server ${how}.`, internal: { exitCode, signalCode } };
}
