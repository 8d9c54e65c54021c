/*
 * A listener that nobody should reach: counts connections and keeps what was sent, to show that nothing was.
 */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Canary {
  readonly url: string;
  readonly port: number;
  readonly connectionCount: number;
  /** Everything received, of all connections, in order of arrival. */
  readonly received: Buffer;
  /** Fails when anybody has connected. */
  assertUntouched(): void;
  close(): Promise<void>;
}

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

/** Answers every request with 200 and `{}`, so that a caller that does come goes on and is seen to. `::` hears IPv4, too. */
export async function startCanary(host = '127.0.0.1'): Promise<Canary> {
  const chunks: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.write(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    get connectionCount() {
      return sockets.length;
    },
    get received() {
      return Buffer.concat(chunks);
    },
    assertUntouched: () =>
      assert.equal(sockets.length, 0, `somebody came: ${Buffer.concat(chunks).toString('latin1')}`),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
