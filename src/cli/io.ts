/*
 * What a command may touch of the world: two streams, the environment, signals, and the gateway itself.
 */
import type { Readable, Writable } from 'node:stream';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/expand.ts';
import type { Conditions } from '../config/load.ts';
import type { ExplainQuestion, Explanation } from '../model/explanation.ts';
import type { SecretsDesk } from '../model/operator.ts';

export interface CliIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Bytes that are nobody's text, for example an image. */
  readonly outBytes: (bytes: Uint8Array) => void;
  /** All of stdin. */
  readonly readInput: () => Promise<Buffer>;
  /** Stdin and stdout as pipes to a program; nothing else may use them then. */
  readonly pipes: () => Pipes;
  /** The words that start this program again, without a shell and wherever. */
  readonly program: readonly string[];
  readonly terminal: Terminal;
  /** Wall clock. */
  readonly now: () => number;
  readonly env: Environment;
  /** Called for SIGINT and SIGTERM, every time; returns how to stop listening. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Called for SIGHUP, where there is such a signal; returns how to stop listening. */
  readonly onHangup: (listener: () => void) => () => void;
  /** Judges the conditions of policies. */
  readonly conditions: Conditions;
  readonly startGateway: (config: Config, options: StartOptions) => Promise<RunningGateway>;
  /** The stored secrets, without a gateway. Rejects with an `Error` for whoever runs the command. */
  readonly openSecrets: (config: Config, dataDir: string) => Promise<OpenSecrets>;
  /** Gives a stored user a password that is good once. Undefined when there is no such user. */
  readonly resetPassword: (config: Config, dataDir: string, user: string) => Promise<FirstAdmin | undefined>;
  /** Answers by the file alone: nothing is started. */
  readonly explainByFile: (config: Config, dataDir: string) => Promise<Explain>;
}

export type Explain = (question: ExplainQuestion) => Promise<Explanation>;

export interface OpenSecrets extends SecretsDesk {
  close(): Promise<void>;
}

export interface Pipes {
  readonly input: Readable;
  readonly output: Writable;
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
  /** False for one command's own gateway: no port is opened; the ways in are the operator's socket and pipes. */
  readonly listens?: boolean;
  /** With `listens` false: of the servers there are, those that the command needs. */
  readonly need?: (servers: readonly string[]) => readonly string[];
  readonly adminPasswordFile?: string | undefined;
}

/** A user of the admin API, with a password to be told once; undefined when it was given by a file. */
export interface FirstAdmin {
  readonly username: string;
  readonly oneTimePassword: string | undefined;
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
  /** Serves a client on pipes until it is gone: `cut` when it did not read. */
  serve(endpoint: string, pipes: Pipes): Promise<'finished' | 'cut'>;
  hasEndpoint(name: string): boolean;
  /** Where the admin API listens; `''` where there is none. */
  readonly adminUrl: string;
  /** When this start made the first user. */
  readonly firstAdmin: Promise<FirstAdmin | undefined>;
  /** When this start made it: the key for stored secrets. */
  readonly madeKeyFile: string | undefined;
  /** From now on this configuration holds. */
  apply(config: Config): Promise<Applied>;
  /** The file has faults, each on a line: what was before goes on, and the operator is told. */
  refused(faults: readonly string[]): void;
  stop(): Promise<void>;
}

/** What another configuration changed: names of servers, and fields that hold from the next start on. */
export interface Applied {
  readonly changed: boolean;
  readonly version: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly replaced: readonly string[];
  readonly restart: readonly string[];
}
