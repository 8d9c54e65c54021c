/*
 * The address of a server, found out by listening.
 */
import type { AddressInfo, Server } from 'node:net';

/** Resolves with `http://host:port`; rejects with the listener's error (`EADDRINUSE`, `EACCES` …). */
export function listen(server: Server, at: { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      resolve(urlOf(server.address() as AddressInfo));
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
