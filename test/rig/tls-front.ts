/*
 * TLS in front of a server that speaks none, with a certificate that can be changed while it runs.
 */
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';

export interface TlsFront {
  readonly port: number;
  /** Common names of those who came with a certificate, in order. */
  readonly shown: readonly string[];
  /** From the next connection on; those that are open are cut. */
  change(options: TlsOptions): void;
  close(): Promise<void>;
}

export async function startTlsFront(targetPort: number, options: TlsOptions): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const shown: string[] = [];
  const server = createServer(options, (secure: TLSSocket) => {
    const name = secure.getPeerCertificate().subject?.CN;
    if (typeof name === 'string') shown.push(name);
    for (const end of joined(secure, connect(targetPort, '127.0.0.1'))) sockets.add(end);
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    shown,
    change: (next) => {
      server.setSecureContext(next);
      cut();
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function joined(one: Socket, other: Socket): readonly Socket[] {
  one.pipe(other).pipe(one);
  one.on('close', () => other.destroy()).on('error', () => {});
  other.on('close', () => one.destroy()).on('error', () => {});
  return [one, other];
}
