/*
 * Each kind of server is killed under 64 calls in flight, of clients of both eras, and started again at the same place:
 * soon every client has a good call, nothing was done twice, the server is offered what it was offered before, tools have
 * their names, and who watches a resource hears of it.
 *
 * Each call writes a line of its own into a file before it is answered, so what was done is known whoever died.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf, openStage, type Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import type { MessageStream } from '../rig/message-stream.ts';
import { type Mortal, type MortalKind, mortal } from '../rig/mortal.ts';
import { type LegacyClient, type ModernClient, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';

const FULL = process.env.GATEWRIGHT_FULL !== undefined;
const ROUNDS = FULL ? 10 : 1;
const IN_FLIGHT = 64;
/** A machine that does other things besides gets more time; the figure holds in the full run. */
const GOOD_WITHIN_MS = 2_000 * (FULL ? 1 : 4);
/** What has not come by then does not come. */
const GIVEN_UP_MS = 10_000 * (FULL ? 1 : 4);
const AWAY_MS = 300;
const CALL_MS = 20;
const WATCHED = 'scripted://changing';

const KINDS: readonly MortalKind[] = [
  { transport: 'http', revision: '2025-11-25' },
  { transport: 'http', revision: MODERN },
  { transport: 'sse', revision: '2024-11-05' },
  { transport: 'stdio', revision: '2025-11-25' },
  { transport: 'stdio', revision: MODERN },
];

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
    const late = lateAfter(() => `${first.size} of ${this.good.length} clients had a good call; ${this.#told()}`);
    while (first.size < this.good.length) {
      late();
      await sleep(2);
      this.good.forEach(({ begunMs, overMs }, client) => {
        if (begunMs >= sinceMs && !first.has(client)) first.set(client, overMs);
      });
    }
    return Math.max(...first.values());
  }

  #told(): string {
    return `${this.answered.size} answered, failed: ${JSON.stringify([...this.failures])}`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#lanes;
  }
}

/** To be asked again and again while something is waited for: throws when that has taken too long. */
function lateAfter(what: () => string): () => void {
  const beganMs = performance.now();
  return () => assert.ok(performance.now() - beganMs < GIVEN_UP_MS, `after ${GIVEN_UP_MS} ms ${what()}`);
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
      const deaf: number[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const load = new Load(clients, `${kind.transport}-${kind.revision}-${round}`);
        slowest.push(await killUnder(load, server, kind).finally(() => load.stop()));
        checkDone(load);
        assert.deepEqual([await Promise.all(clients.map(offeredTo)), await namesOf(clients[0] as Client)], before);
        const told = await Promise.all(streams.map((stream, at) => heard(stream, clients[at] as Client)));
        deaf.push(Math.max(...told));
      }
      t.diagnostic(`good calls after ${inMs(slowest)} ms, changes heard ${inMs(deaf)} ms later`);
      assert.ok(Math.max(...slowest) <= GOOD_WITHIN_MS, `a client had its first good call after ${slowest} ms`);
      assert.ok(Math.max(...deaf) <= GOOD_WITHIN_MS, `a client that watches heard nothing for ${deaf} ms`);
    });
  });
}

/** How long after its return it was before every client had a good call. */
async function killUnder(load: Load, server: Mortal, kind: MortalKind): Promise<number> {
  await load.allGoodAfter(performance.now());
  await server.kill();
  if (kind.transport !== 'stdio') await sleep(AWAY_MS);
  const backMs = await server.revive();
  return (await load.allGoodAfter(backMs)) - backMs;
}

const inMs = (times: readonly number[]) => times.map((ms) => ms.toFixed(0)).join(', ');

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
 * itself, for another one may have another process. Gives how long that took.
 */
async function heard(stream: MessageStream, client: Client): Promise<number> {
  const beganMs = performance.now();
  const known = stream.messages.length;
  const isUpdate = (message: object) => at(message, 'method') === 'notifications/resources/updated';
  const late = lateAfter(() => 'a client that watches has heard of no change');
  while (!stream.messages.slice(known).some(isUpdate)) {
    late();
    await client.call('tools/call', { name: 'touch' });
    await sleep(50);
  }
  return performance.now() - beganMs;
}
