/*
 * What a start of the gateway takes, and what it gives to whoever started it.
 */
import type { Config } from './config/config.ts';
import type { ServerStatus } from './model/operator.ts';
import type { Pipes, StdioEnd } from './proxy/doors/stdio-connection.ts';
import type { Applied } from './reload.ts';

export interface RunningGateway {
  /** `http://host:port`, without a path; `''` when it does not listen on the network. */
  readonly url: string;
  /** The operator's socket; undefined where there could be none. */
  readonly socket: string | undefined;
  servers(): readonly ServerStatus[];
  onServerState(listener: (server: ServerStatus) => void): void;
  /** Resolves when every server has been reached, or could not be. */
  readonly settled: Promise<void>;
  /** Serves a client on pipes until it is gone. Rejects when there is no such endpoint; `''` is the default one. */
  serve(endpoint: string, pipes: Pipes): Promise<StdioEnd>;
  /** `''` is the default one. */
  hasEndpoint(name: string): boolean;
  /** Where the admin API listens; `''` where there is none. */
  readonly adminUrl: string;
  /** The first user of the installation, when this start made it. */
  readonly firstAdmin: Promise<FirstAdmin | undefined>;
  /** The path of the file of the key for stored secrets, when this start made it. */
  readonly madeKeyFile: string | undefined;
  /** From now on this configuration holds, without a call that notices. */
  apply(config: Config): Promise<Applied>;
  /** The file has faults, each on a line: nothing changes, and the operator is told. */
  refused(faults: readonly string[]): void;
  stop(): Promise<void>;
}

/** Told to whoever has started the gateway, once. */
export interface FirstAdmin {
  readonly username: string;
  /** Undefined when it was given by a file. */
  readonly oneTimePassword: string | undefined;
}

export interface StartOptions {
  readonly version: string;
  readonly logLevel: string;
  /** Absolute. */
  readonly dataDir: string;
  /** False for one command's own gateway: no port is opened; the ways in are the operator's socket and pipes. */
  readonly listens?: boolean;
  /** With `listens` false: of the servers there are, those that the command needs. */
  readonly need?: (servers: readonly string[]) => readonly string[];
  /** Has the password of the first user, where that is to be made; else one is made up. */
  readonly adminPasswordFile?: string | undefined;
}
