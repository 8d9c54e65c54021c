/*
 * Each kind of server is killed under 64 calls in flight, of clients of both eras, and started again at the same place:
 * soon every client has a good call, nothing was done twice, the server is offered what it was offered before, tools have
 * their names, and who watches a resource hears of it.
 *
 * Each call writes a line of its own into a file before it is answered, so what was done is known whoever died.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { failureOf, openStage, type Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import { type LegacyClient, type ModernClient, textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN, type Revision } from '../rig/scripted-script.ts';
import { type ScriptedStdioUpstream, startScripted } from '../rig/scripted-upstream.ts';

const FULL = process.env.GATEWRIGHT_FULL !== undefined;
const ROUNDS = FULL ? 10 : 1;
const IN_FLIGHT = 64;
/** A machine that does other things besides gets more time; the figure holds in the full run. */
const GOOD_WITHIN_MS = 2_000 * (FULL ? 1 : 4);
const AWAY_MS = 300;
const CALL_MS = 20;
const WATCHED = 'scripted://changing';
const PROGRAM = fileURLToPath(new URL('../rig/scripted-upstream-http.ts', import.meta.url));

interface Kind {
  readonly transport: 'http' | 'sse' | 'stdio';
  readonly revision: Revision;
}

const KINDS: readonly Kind[] = [
  { transport: 'http', revision: '2025-11-25' },
  { transport: 'http', revision: MODERN },
  { transport: 'sse', revision: '2024-11-05' },
  { transport: 'stdio', revision: '2025-11-25' },
  { transport: 'stdio', revision: MODERN },
];

/** A server that can be killed and comes back. */
interface Mortal {
  readonly entry: JsonObject;
  kill(): Promise<void>;
  /** Resolves with when it could be reached, or started, again. */
  revive(): Promise<number>;
  end(): Promise<void>;
}

function mortal(kind: Kind): Promise<Mortal> {
  return kind.transport === 'stdio' ? mortalProcess(kind) : mortalListener(kind);
}

async function mortalListener({ transport, revision }: Kind): Promise<Mortal> {
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
async function mortalProcess({ revision }: Kind): Promise<Mortal> {
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

type Client = ModernClient | (LegacyClient & { sessionId: string });

/** Of both eras, so that some are bridged whatever the server speaks, with and without something to offer. */
async function clientsOf(stage: Stage): Promise<Client[]> {
  const able = { capabilities: { elicitation: { form: {} }, roots: {} } };
  return [
    await stage.legacy('up', able),
    await stage.legacy('up', {}, '2025-06-18'),
    stage.modern('up', able),
    stage.modern('up'),
  ];
}

const offeredTo = (client: Client) =>
  client.call('tools/call', { name: 'offered' }).then(({ answer }) => textOf(answer));

async function namesOf(client: Client): Promise<unknown> {
  const { answer } = await client.call('tools/list');
  return (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);
}

async function watching(client: Client): Promise<MessageStream> {
  if (!('sessionId' in client)) return client.listen({ resourceSubscriptions: [WATCHED] });
  const stream = await client.listen();
  const { answer } = await client.call('resources/subscribe', { uri: WATCHED });
  assert.deepEqual(at(answer, 'result'), {}, JSON.stringify(answer));
  return stream;
}

const folder = mkdtempSync(join(tmpdir(), 'gatewright-restart-'));
after(() => rmSync(folder, { recursive: true }));

/** Always as many calls in flight, until told to stop; each has an id of its own, and is made by its client once. */
class Load {
  readonly file: string;
  /** Of each client: when its last good call was begun, and when it was answered. */
  readonly good: { begunMs: number; overMs: number }[];
  readonly failures = new Map<string, number>();
  readonly answered = new Set<string>();
  #stopped = false;
  readonly #lanes: Promise<unknown>;

  constructor(clients: readonly Client[], name: string) {
    this.file = join(folder, name);
    writeFileSync(this.file, '');
    this.good = clients.map(() => ({ begunMs: 0, overMs: 0 }));
    this.#lanes = Promise.all(
      Array.from({ length: IN_FLIGHT }, (_, lane) => this.#lane(clients[lane % clients.length] as Client, lane)),
    );
  }

  async #lane(client: Client, lane: number): Promise<void> {
    const mine = this.good[lane % this.good.length] as Load['good'][number];
    for (let n = 0; !this.#stopped; n++) {
      const id = `${lane}-${n}`;
      const begunMs = performance.now();
      const call = { name: 'count', arguments: { file: this.file, id, ms: CALL_MS } };
      const { answer } = await client.call('tools/call', call);
      if (textOf(answer) === id) {
        this.answered.add(id);
        if (begunMs >= mine.begunMs) Object.assign(mine, { begunMs, overMs: performance.now() });
      } else {
        const failure = String(failureOf(answer) ?? JSON.stringify(answer));
        this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
        await sleep(20);
      }
    }
  }

  /** When every client has had a good call that was begun after this; of the last one, when it was over. */
  async allGoodAfter(sinceMs: number): Promise<number> {
    const first = new Map<number, number>();
    while (first.size < this.good.length) {
      await sleep(2);
      this.good.forEach(({ begunMs, overMs }, client) => {
        if (begunMs >= sinceMs && !first.has(client)) first.set(client, overMs);
      });
    }
    return Math.max(...first.values());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lanes;
  }
}

for (const kind of KINDS) {
  describe(`a server killed under ${IN_FLIGHT} calls (${kind.transport} ${kind.revision})`, () => {
    it(`is used again soon by every client, and nothing is done twice, ${ROUNDS} times`, async (t) => {
      const server = await mortal(kind);
      const stage = await openStage({}, { others: { up: server.entry } });
      t.after(async () => {
        await stage.close();
        await server.end();
      });
      const clients = await clientsOf(stage);
      const streams = await Promise.all(clients.map(watching));
      const before = [await Promise.all(clients.map(offeredTo)), await namesOf(clients[0] as Client)];
      const slowest: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const load = new Load(clients, `${kind.transport}-${kind.revision}-${round}`);
        await load.allGoodAfter(performance.now());
        await server.kill();
        if (kind.transport !== 'stdio') await sleep(AWAY_MS);
        const backMs = await server.revive();
        slowest.push((await load.allGoodAfter(backMs)) - backMs);
        await load.stop();
        checkDone(load);
        assert.deepEqual([await Promise.all(clients.map(offeredTo)), await namesOf(clients[0] as Client)], before);
        await Promise.all(streams.map((stream, at) => heard(stream, clients[at] as Client)));
      }
      t.diagnostic(`every client had a good call after ${slowest.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      assert.ok(Math.max(...slowest) <= GOOD_WITHIN_MS, `a client had its first good call after ${slowest} ms`);
    });
  });
}

/** What failed failed by name, what was answered was done, and nothing was done twice. */
function checkDone({ file, failures, answered }: Load): void {
  for (const failure of failures.keys()) assert.match(failure, /^upstream_(down|lost)$/);
  const done = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  assert.equal(new Set(done).size, done.length, 'something was done twice');
  for (const id of answered) assert.ok(done.includes(id), `${id} was answered and not done`);
  assert.ok(answered.size > IN_FLIGHT && failures.size > 0, 'it was killed under calls');
}

/**
 * The server may hear of the watch a moment after the first good call, so it is told until it is heard; by the client
 * itself, for another one may have another process.
 */
async function heard(stream: MessageStream, client: Client): Promise<void> {
  const known = stream.messages.length;
  const isUpdate = (message: object, index: number) =>
    index >= known && at(message, 'method') === 'notifications/resources/updated';
  while (!stream.messages.some(isUpdate)) {
    await client.call('tools/call', { name: 'touch' });
    await sleep(50);
  }
}
