/*
 * No process stays: the real gateway under load is killed, or asked to stop, again and again at random moments.
 *
 * Its servers are started in the ways people start them (npx, a shell, directly), have grandchildren, and ignore what one
 * may ignore. Each of their processes carries a mark in its environment, so that it is found wherever it has got to. A
 * second gateway with the same data folder goes on all the while.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { type KillLoopOptions, type KillRound, killLoop } from '../rig/kill-loop.ts';
import { assertNoneLeft, processesMarked } from '../rig/process-watcher.ts';
import { modernClient, textOf } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BINARY = join(ROOT, 'bin/gatewright');
const SCRIPTED = join(ROOT, 'test/rig/scripted-upstream-stdio.ts');
const EVERYTHING = join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const TIMES = process.env.GATEWRIGHT_FULL ? 40 : 4;
const MARK = `GATEWRIGHT_MARK=${process.pid}-`;

/** As an argument of a shell. */
const NODE = `'${process.execPath}'`;
const scripted = (more: JsonObject = {}) => JSON.stringify({ revision: '2025-11-25', ...more });
/** Ends neither with its stdin nor by SIGTERM, and has a grandchild like that. */
const STUBBORN = scripted({ stubborn: true, grandchild: true });

/** One server for each way to start one. */
function servers(mark: string): Record<string, JsonObject> {
  const [name = '', value = ''] = mark.split('=');
  const env = { [name]: value };
  const shell = (script: string) => ({ command: 'sh', args: ['-c', script], env });
  return {
    direct: { command: process.execPath, args: [EVERYTHING], env },
    npx: { command: 'npx', args: ['--no-install', 'mcp-server-everything'], cwd: ROOT, env },
    stubborn: { command: process.execPath, args: [SCRIPTED, STUBBORN], env },
    shell: shell(`${NODE} ${SCRIPTED} '${scripted({ grandchild: true })}'; true`),
    'shell-stubborn': shell(`trap '' TERM HUP INT; sleep 86400 & ${NODE} ${SCRIPTED} '${STUBBORN}'; wait`),
    'shell-left': shell(`(trap '' TERM HUP; sleep 86400 & sleep 86401) & exec ${NODE} ${SCRIPTED} '${scripted()}'`),
  };
}

interface Load {
  answered: number;
  stop(): Promise<void>;
}

const loads = new Set<Load>();

/** Two calls in flight at each server, and one that never ends when `hanging`, until told to stop. */
function loadOn(url: string, hanging: boolean): Load {
  let on = true;
  const client = modernClient(`${url}/mcp`);
  const lane = async (server: string): Promise<void> => {
    while (on) {
      const call = { name: `${server}__echo`, arguments: { message: 'hi' } };
      const answer = await client.call('tools/call', call).catch(() => undefined);
      if (textOf(answer?.answer) !== undefined) load.answered += 1;
      // A server that is not there yet is not asked as fast as possible.
      await sleep(textOf(answer?.answer) === undefined ? 50 : 1);
    }
  };
  const lanes = Object.keys(servers('=')).flatMap((server) => [lane(server), lane(server)]);
  if (hanging) client.call('tools/call', { name: 'shell__slow', arguments: { ms: 600_000 } }).catch(() => {});
  const load: Load = {
    answered: 0,
    stop: async () => {
      on = false;
      client.close();
      await Promise.all(lanes);
      loads.delete(load);
    },
  };
  loads.add(load);
  return load;
}

const folder = mkdtempSync(join(tmpdir(), 'gatewright-kill-'));
const dataDir = join(folder, 'data');
const instances = (): string[] => readdirSync(join(dataDir, 'gateways'));
let second: RunningGateway;
let secondsOwn: readonly number[] = [];
const markOf = (round: number | string) => `${MARK}${round}-`;
/** Without the naps of the scripted grandchildren, which come and go. */
const stayers = (mark: string): number[] =>
  processesMarked(mark)
    .filter(({ command }) => command !== 'sleep 1')
    .map(({ pid }) => pid)
    .sort();

before(async () => {
  const options = { args: ['--data-dir', dataDir] };
  second = await startGateway({ servers: servers(markOf('second')) }, options);
  const { ready } = await second.until((line) => line.event === 'ready');
  assert.equal(ready, Object.keys(servers('=')).length);
  secondsOwn = stayers(markOf('second'));
});

after(async () => {
  await Promise.all([...loads].map((load) => load.stop()));
  await second?.stop();
  try {
    await assertNoneLeft(() => processesMarked(MARK), 1_000);
  } finally {
    for (const { pid } of processesMarked(MARK)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The second gateway has all its processes and answers. */
async function secondIsWell(): Promise<void> {
  assert.deepEqual(stayers(markOf('second')), secondsOwn);
  const client = modernClient(`${second.url}/mcp`);
  for (const server of Object.keys(servers('='))) {
    const { answer } = await client.call('tools/call', { name: `${server}__echo`, arguments: { message: 'hi' } });
    assert.match(String(textOf(answer)), /hi/, server);
  }
  client.close();
}

interface Rounds {
  readonly rounds: readonly KillRound[];
  readonly answered: number;
  readonly slowestMs: number;
}

/** `node` is what runs the gateway. */
async function rounds(
  options: Pick<KillLoopOptions, 'signal' | 'times' | 'leftWithinMs'>,
  node: string,
): Promise<Rounds> {
  let load: Load | undefined;
  let answered = 0;
  const config = join(folder, 'gatewright.json');
  const marks = `${options.signal}-${node === process.execPath ? 'own' : 'old'}`;
  const configure = (round: number) =>
    writeFileSync(config, JSON.stringify({ servers: servers(markOf(`${marks}-${round}`)) }));
  configure(0);
  const done = await killLoop({
    ...{ ...options, command: node, ready: /"event":"listening"/, withinMs: 4_000, random: Math.random },
    args: [BINARY, 'serve', '--config', config, '--port', '0', '--json', '--data-dir', dataDir],
    meanwhile: (line, round) => {
      load = loadOn(new URL(JSON.parse(line).url).origin, round % 2 === 0);
    },
    alsoLeft: (round) => processesMarked(markOf(`${marks}-${round}`)),
    after: async (round) => {
      await load?.stop();
      answered += load?.answered ?? 0;
      await secondIsWell();
      configure(round + 1);
    },
  });
  return { rounds: done, answered, slowestMs: Math.ceil(Math.max(...done.map(({ goneAfterMs }) => goneAfterMs))) };
}

describe('a gateway under load', () => {
  it(`killed ${TIMES} times leaves no process after a second, and another one loses none`, async (t) => {
    const result = await rounds({ signal: 'SIGKILL', times: TIMES, leftWithinMs: 1_000 }, process.execPath);
    assert.ok(result.rounds.every(({ signalCode, familySize }) => signalCode === 'SIGKILL' && familySize > 0));
    assert.ok(result.answered > 0, 'it was under load');
    t.diagnostic(`${result.answered} calls answered; all gone after ${result.slowestMs} ms at most`);
    assert.equal(instances().length, 2, 'of the killed ones only the last has not been cleared away by the next');
  });

  it(`asked to stop ${TIMES} times leaves no process after six seconds, and another one loses none`, async (t) => {
    const result = await rounds({ signal: 'SIGTERM', times: TIMES, leftWithinMs: 6_000 }, process.execPath);
    assert.deepEqual([...new Set(result.rounds.map(({ exitCode }) => exitCode))], [0]);
    assert.ok(result.answered > 0, 'it was under load');
    t.diagnostic(`${result.answered} calls answered; all gone after ${result.slowestMs} ms at most`);
    assert.equal(instances().length, 1, 'only the folder of the other one is there');
  });

  const old = oldNode();
  const skip = old === undefined && 'there is no old Node here';
  it('ends with the old Node that started it, killed or asked', { skip }, async () => {
    // A killed one cannot pass the signal on: the gateway notices, and stops as if it had been asked.
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await rounds({ signal, times: Math.ceil(TIMES / 10), leftWithinMs: 6_000 }, old ?? '');
    }
  });
});

/** One that bin/gatewright hands over from. */
function oldNode(): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).map((place) => join(place, 'node'));
  return places.find((node) => {
    try {
      return Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8', stdio: 'pipe' }))?.[1]) < 24;
    } catch {
      return false;
    }
  });
}
