/*
 * A way to Postgres that can be cut, at once or as soon as the server has answered to a commit, so that the client never
 * hears of it; and that can be as if nobody were there, or as if somebody were who says nothing.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export interface PostgresProxy {
  /** The database by this way. */
  readonly url: string;
  /** The next answer to a commit is lost, and its connection with it. */
  loseNextCommit(): void;
  cut(): void;
  /** `gone`: connections end as soon as they are made. `mute`: they stay, and nothing passes. */
  become(state: 'open' | 'gone' | 'mute'): void;
  close(): Promise<void>;
}

/** In the extended protocol the text stands in its Parse message, in the simple one in its Query. */
const COMMIT = Buffer.from('commit\0');

interface State {
  readonly sockets: Set<Socket>;
  losing: boolean;
  way: 'open' | 'gone' | 'mute';
}

export async function postgresProxy(url: string): Promise<PostgresProxy> {
  const state: State = { sockets: new Set(), losing: false, way: 'open' };
  const server = createServer((client) => {
    if (state.way === 'gone') client.destroy();
    else joined(state, client, connect(addressOf(url)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => state.sockets.forEach((socket) => void socket.destroy());
  return {
    url: throughUrl(url, (server.address() as AddressInfo).port),
    loseNextCommit: () => {
      state.losing = true;
    },
    cut,
    become: (way) => {
      state.way = way;
      if (way === 'gone') cut();
      for (const socket of state.sockets) way === 'mute' ? socket.pause() : socket.resume();
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function joined(state: State, client: Socket, upstream: Socket): void {
  let lost = false;
  for (const socket of [client, upstream]) {
    state.sockets.add(socket);
    if (state.way === 'mute') socket.pause();
    socket.on('error', () => undefined);
    socket.on('close', () => [client, upstream].map((one) => one.destroy() && state.sockets.delete(one)));
  }
  client.on('data', (bytes) => {
    if (state.losing && Buffer.from(bytes).includes(COMMIT)) [state.losing, lost] = [false, true];
    upstream.write(bytes);
  });
  upstream.on('data', (bytes) => (lost ? client.destroy() : client.write(bytes)));
}

/** `postgres://user@/name?host=/folder` names a socket in that folder. */
function addressOf(url: string): { path: string } | { host: string; port: number } {
  const folder = /[?&]host=(\/[^&]*)/.exec(url)?.[1];
  if (folder !== undefined) return { path: join(folder, '.s.PGSQL.5432') };
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 5432) };
}

function throughUrl(url: string, port: number): string {
  const [, user = 'postgres', name = 'postgres'] = /^\w+:\/\/([^@]*)@[^/]*\/([^?]*)/.exec(url) ?? [];
  return `postgres://${user}@127.0.0.1:${port}/${name}`;
}
