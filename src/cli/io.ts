/*
 * What a command may touch of the world: two streams, the environment, signals, and the gateway itself.
 */
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/expand.ts';

export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Bytes that are nobody's text, for example an image. */
  readonly outBytes: (bytes: Uint8Array) => void;
  /** All of stdin. */
  readonly readInput: () => Promise<Buffer>;
  readonly terminal: Terminal;
  readonly env: Environment;
  /** Called for SIGINT and SIGTERM, every time; returns how to stop listening. */
  readonly onSignal: (listener: () => void) => () => void;
  readonly startGateway: (config: Config, options: StartOptions) => Promise<RunningGateway>;
}

/** What of the three streams is a terminal with a person before it. */
export interface Terminal {
  /** Columns of the terminal that `out` writes to; undefined when it is none. */
  readonly outColumns: number | undefined;
  readonly errColumns: number | undefined;
  /** Puts a question on stderr and gives the line typed; undefined when nobody can be asked, or the input is over. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<string | undefined>) | undefined;
}

export interface StartOptions {
  readonly version: string;
  readonly logLevel: string;
  /** Absolute. Made, for this user alone, when it is not there. */
  readonly dataDir: string;
  /** False for one command's own gateway: no port is opened, and the operator's socket is its only way in. */
  readonly listens?: boolean;
}

export interface ServerStatus {
  readonly name: string;
  readonly transport: 'stdio' | 'http' | 'sse';
  readonly state: string;
  readonly reason?: string | undefined;
  readonly revision?: string | undefined;
  readonly tools: number;
  readonly prompts: number;
  readonly resources: number;
}

/** What the composition root gives for a configuration, as soon as it listens. */
export interface RunningGateway {
  /** `http://127.0.0.1:9000` */
  readonly url: string;
  readonly socket: string | undefined;
  servers(): readonly ServerStatus[];
  onServerState(listener: (status: ServerStatus) => void): void;
  /** When no server is starting any more. */
  readonly settled: Promise<void>;
  stop(): Promise<void>;
}
