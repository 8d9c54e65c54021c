/*
 * A scripted server that can be killed and comes back at the same place: an address that listens again, or a program that
 * whoever speaks to it may start again.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JsonObject, Revision } from './scripted-script.ts';
import { type ScriptedStdioUpstream, startScripted } from './scripted-upstream.ts';

const PROGRAM = fileURLToPath(new URL('./scripted-upstream-http.ts', import.meta.url));

export interface MortalKind {
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly revision: Revision;
}

/** A server that can be killed and comes back. */
export interface Mortal {
  readonly entry: JsonObject;
  kill(): Promise<void>;
  /** Resolves with when it could be reached, or started, again. */
  revive(): Promise<number>;
  end(): Promise<void>;
}

export function mortal(kind: MortalKind): Promise<Mortal> {
  return kind.transport === 'stdio' ? mortalProcess(kind) : mortalListener(kind);
}

async function mortalListener({ transport, revision }: MortalKind): Promise<Mortal> {
  let child: ChildProcess | undefined;
  let port = 0;
  const start = async (): Promise<number> => {
    const options = JSON.stringify({ transport, revision, port });
    child = spawn(process.execPath, [PROGRAM, options], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line');
    port = JSON.parse(String(line)).port;
    return performance.now();
  };
  const kill = async (): Promise<void> => {
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  const url = `http://127.0.0.1:${port}${transport === 'sse' ? '/sse' : '/mcp'}`;
  return { entry: { url, ...(transport === 'sse' ? { type: 'sse' } : {}) }, kill, revive: start, end: kill };
}

/** Nothing is to be done for its return: the gateway may start it as soon as it has ended. */
async function mortalProcess({ revision }: MortalKind): Promise<Mortal> {
  const up: ScriptedStdioUpstream = await startScripted({ transport: 'stdio', revision });
  const { command, args } = up;
  let killedMs = 0;
  return {
    // More than one end a minute is not what this is about.
    entry: { command, args, restartsMax: 1_000 },
    kill: async () => {
      killedMs = performance.now();
      for (const pid of up.pids) endProcess(pid);
    },
    revive: async () => killedMs,
    end: () => up.close(),
  };
}

/** It may have ended before. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, 'ESRCH');
  }
}
