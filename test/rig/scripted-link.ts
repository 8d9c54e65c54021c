/*
 * How a test steers a scripted server that runs as somebody's child: the child calls back to a port of the test, tells
 * what it receives, and takes orders. One JSON object per line, both ways.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { JsonObject, ScriptOptions } from './scripted-script.ts';

/** Name of the environment variable that holds a `StdioScript` as JSON. */
export const SCRIPT_VARIABLE = 'SCRIPTED_UPSTREAM';

export interface StdioScript extends ScriptOptions {
  /** Where the test listens; a script that needs no steering leaves it out. */
  readonly linkPort?: number;
  /** Goes on living when stdin ends or SIGTERM comes. */
  readonly stubborn?: boolean;
  /** Starts another process in the same group and leaves it behind. */
  readonly grandchild?: boolean;
  /** Exits with this code at once. */
  readonly exitAtStart?: number;
  /** Words for stderr at start. */
  readonly stderr?: string;
}

/** The test's end: all children that have called, and what to do with what they say. */
export interface LinkHost {
  readonly port: number;
  /** Sends to all children that are connected now; resolves when each has obeyed or gone. */
  order(value: JsonObject): Promise<void>;
  close(): Promise<void>;
}

export interface LinkEvents {
  readonly onMessage: (value: JsonObject) => void;
  /** What a child that has just called must be told first. */
  readonly standingOrders: () => readonly JsonObject[];
}

export async function hostLink({ onMessage, standingOrders }: LinkEvents): Promise<LinkHost> {
  const children = new Set<ChildEnd>();
  const server: Server = createServer((socket) => {
    const child = new ChildEnd(socket, onMessage);
    children.add(child);
    socket.once('close', () => children.delete(child));
    for (const order of standingOrders()) void child.order(order);
    void child.order({ begin: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    order: async (value) => {
      await Promise.all([...children].map((child) => child.order(value)));
    },
    close: () => {
      for (const child of children) child.socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** One child as the test sees it. It says `{"obeyed":true}` once per order, in order. */
class ChildEnd {
  readonly socket: Socket;
  readonly #obeyed: (() => void)[] = [];

  constructor(socket: Socket, onMessage: (value: JsonObject) => void) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.once('close', () => {
      for (const resolve of this.#obeyed) resolve();
    });
    const lines = createInterface(socket);
    // A child that was killed ends its connection as it ended itself.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const value = JSON.parse(line) as JsonObject;
      if (value.obeyed) this.#obeyed.shift()?.();
      else onMessage(value);
    });
  }

  order(value: JsonObject): Promise<void> {
    return new Promise((resolve) => {
      this.#obeyed.push(resolve);
      this.socket.write(`${JSON.stringify(value)}\n`);
    });
  }
}

/** The child's end; resolves when all standing orders were obeyed. Does not keep the process alive. */
export async function callLink(port: number, obey: (value: JsonObject) => void): Promise<(value: JsonObject) => void> {
  const socket = connect(port, '127.0.0.1');
  const tell = (value: JsonObject): void => void socket.write(`${JSON.stringify(value)}\n`);
  await new Promise<void>((resolve) => {
    // Without its test the script goes on by what it was given at start.
    socket.on('error', () => resolve());
    createInterface(socket).on('line', (line) => {
      const order = JSON.parse(line) as JsonObject;
      if (order.begin) resolve();
      else obey(order);
      tell({ obeyed: true });
    });
  });
  socket.unref();
  return tell;
}
