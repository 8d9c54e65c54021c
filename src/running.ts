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
  /** From now on this configuration holds, without a call that notices. */
  apply(config: Config): Promise<Applied>;
  /** The file has faults, each on a line: nothing changes, and the operator is told. */
  refused(faults: readonly string[]): void;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly version: string;
  readonly logLevel: string;
  /** Absolute. */
  readonly dataDir: string;
  /** False for one command's own gateway: no port is opened; the ways in are the operator's socket and pipes. */
  readonly listens?: boolean;
}
