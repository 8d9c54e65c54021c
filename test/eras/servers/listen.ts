/*
 * HTTP on a free port of 127.0.0.1, named on stdout in one line of JSON. It ends with stdin, so that no run leaves a
 * server behind.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handle = (req: IncomingMessage, res: ServerResponse) => Promise<unknown>;

export function listen(path: string, handle: Handle): void {
  const http = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  http.listen(0, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}${path}`;
    process.stdout.write(`${JSON.stringify({ url })}\n`);
  });
  process.stdin.resume().once('end', () => process.exit(0));
}
