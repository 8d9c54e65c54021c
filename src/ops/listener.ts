/*
 * The address of a server, found out by listening.
 */
import type { AddressInfo, Server } from 'node:net';

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  readonly tls?: object | undefined;
}

/** Resolves with `http://host:port`, or with https where TLS is spoken; rejects with the listener's error (`EADDRINUSE`, `EACCES` …). */
export function listen(server: Server, at: ListenAt): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      resolve(`${at.tls ? 'https' : 'http'}://${hostOf(server.address() as AddressInfo)}`);
    });
  });
}

function hostOf({ address, family, port }: AddressInfo): string {
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
