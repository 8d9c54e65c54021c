/*
 * A relay before a server that keeps every byte that goes towards it: heads, bodies, trailers, whatever came.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface RecordingRelay {
  readonly port: number;
  readonly bytes: Buffer;
  close(): Promise<void>;
}

export async function startRelay(targetPort: number): Promise<RecordingRelay> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(targetPort, '127.0.0.1');
    for (const end of [socket, onward]) sockets.add(end.on('error', () => {}));
    socket.on('data', (chunk: Buffer) => void chunks.push(chunk)).pipe(onward);
    onward.pipe(socket);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get bytes() {
      return Buffer.concat(chunks);
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
