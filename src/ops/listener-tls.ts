/*
 * The certificate that the listener shows: what it starts with, and every later one.
 */
import type { Server } from 'node:http';
import type { Logger } from './log.ts';
import { openTlsFiles, type TlsPair, type TlsPaths, type TlsWatcher } from './tls-files.ts';

const LOOK_EVERY_MS = 1_000;

export class ListenerTls {
  /** Undefined for a listener without TLS. */
  readonly pair: TlsPair | undefined;
  readonly #watch: TlsWatcher | undefined;
  readonly #log: Logger;
  #stop: () => void = () => {};

  private constructor(log: Logger, opened?: { readonly pair: TlsPair; readonly watch: TlsWatcher }) {
    this.pair = opened?.pair;
    this.#watch = opened?.watch;
    this.#log = log;
  }

  /** Rejects with what is wrong with the files. */
  static async open(paths: TlsPaths | undefined, log: Logger): Promise<ListenerTls> {
    return paths === undefined ? new ListenerTls(log) : new ListenerTls(log, await openTlsFiles(paths));
  }

  /** From now on new connections to this server see what stands in the files. */
  keep(server: Server): void {
    if (!this.#watch || !canRenew(server)) return;
    this.#stop = this.#watch({
      everyMs: LOOK_EVERY_MS,
      onPair: (pair) => {
        server.setSecureContext(pair);
        this.#log.info('the certificate of the listener was replaced');
      },
      onFault: ({ message }) =>
        this.#log.error({ reason: message }, 'the new certificate is not used, the one before still is'),
    });
  }

  close(): void {
    this.#stop();
  }
}

function canRenew(server: Server): server is Server & { setSecureContext(pair: TlsPair): void } {
  return 'setSecureContext' in server;
}
