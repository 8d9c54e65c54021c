/*
 * Many MCP servers over HTTP in one process (`fleet-server.js`), for tests that need hundreds of them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseObject } from './json-rpc.ts';

const PROGRAM = fileURLToPath(new URL('fleet-server.js', import.meta.url));

export interface Fleet {
  readonly port: number;
  /** Of the server of that name. */
  url(name: string): string;
  stop(): Promise<void>;
}

/** @param callMs How long each call takes. */
export async function startFleet(toolsEach: number, callMs = 0): Promise<Fleet> {
  const child = spawn(process.execPath, [PROGRAM, String(toolsEach), String(callMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const port = Number(parseObject(line)?.port);
  return {
    port,
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
