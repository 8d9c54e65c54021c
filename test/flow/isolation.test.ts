/*
 * Nobody gets what is another's: clients with equal ids and equal progress tokens share one conversation with a server,
 * which answers them in any order. Whatever reaches a client must carry the tag of the very call it came for.
 *
 * Two clients, one on the server's own endpoint, one on the endpoint with all servers, so that the call goes under two
 * names. GATEWRIGHT_FULL=1 makes it the full number of calls.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { loadLoop } from '../rig/load-loop.ts';
import { type LegacyClient, type ModernClient, type Reply, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage } from './stage.ts';

const FULL = process.env.GATEWRIGHT_FULL === '1';
const CALLS = FULL ? 20_000 : 1_000;
const CROWD_CALLS = FULL ? 20_000 : 800;
const CROWD = 200;
const DELAY_MS_MAX = 8;
const LOG_LEVEL = { 'io.modelcontextprotocol/logLevel': 'debug' };

const up = {
  'http-old': await startScripted({ revision: '2025-11-25', transport: 'http' }),
  'pipe-old': await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
  'http-new': await startScripted({ revision: MODERN, transport: 'http' }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio' }),
};
type Server = keyof typeof up;
const stage = await openStage(up, { config: { limits: { callsPerPrincipalMax: 1_000, callsPerServerMax: 1_000 } } });
after(() => stage.close());

type Client = LegacyClient | ModernClient;

/** How many of its messages a call must get before its answer. */
interface Expected {
  readonly progress: number;
  /** Undefined: any number, as long as all are the client's. On a pipe nothing says to which call a log line belongs. */
  readonly logs: number | undefined;
}

interface Tagged {
  readonly tool: string;
  readonly tag: string;
  readonly id: number;
  readonly expected: Expected;
}

async function callTagged(client: Client, { tool, tag, id, expected }: Tagged): Promise<void> {
  const modern = !('sessionId' in client);
  const params = { name: tool, arguments: { tag, ms: randomInt(DELAY_MS_MAX) } };
  const reply = await client.call('tools/call', params, {
    id,
    meta: { progressToken: id % 2 === 0 ? id : `token-${id}`, ...(modern ? LOG_LEVEL : {}) },
  });
  checkAll(reply, { tool, tag, id, expected });
}

function checkAll({ answer, interim }: Reply, { tag, id, expected }: Tagged): void {
  assert.equal(textOf(answer), tag);
  assert.equal(answer?.id, id);
  const progress = interim.filter((message) => message.method === 'notifications/progress');
  const logs = interim.filter((message) => message.method === 'notifications/message');
  assert.equal(progress.length + logs.length, interim.length, JSON.stringify(interim));
  assert.deepEqual(progress.map(progressOf), progressExpected(tag, id, expected.progress));
  const said = logs.map((log) => String(at(log.params, 'data')));
  if (expected.logs !== undefined) assert.deepEqual(said, Array(expected.logs).fill(tag));
  else assert.deepEqual(new Set(said.map(clientOf)), new Set(said.map(() => clientOf(tag))));
}

function clientOf(tag: string): string | undefined {
  return tag.split('-')[0];
}

function progressOf({ params }: RpcMessage): unknown[] {
  return [at(params, 'progressToken'), at(params, 'progress'), at(params, 'message')];
}

function progressExpected(tag: string, id: number, steps: number): unknown[][] {
  return Array.from({ length: steps }, (_, step) => [id % 2 === 0 ? id : `token-${id}`, step + 1, tag]);
}

function connected(era: 'legacy' | 'modern', endpoint: string): Promise<Client> {
  return era === 'legacy' ? stage.legacy(endpoint) : Promise.resolve(stage.modern(endpoint));
}

/** Nothing of a call may come on the streams that belong to no call. */
async function silentStreams(clients: readonly Client[]): Promise<() => void> {
  const streams = await Promise.all(clients.flatMap((client) => ('sessionId' in client ? [client.listen()] : [])));
  return () =>
    assert.deepEqual(
      streams.flatMap((stream) => stream.messages),
      [],
    );
}

const WAYS: readonly { readonly server: Server; readonly era: 'legacy' | 'modern'; readonly expected: Expected }[] = [
  { server: 'http-old', era: 'legacy', expected: { progress: 2, logs: 2 } },
  { server: 'pipe-old', era: 'legacy', expected: { progress: 2, logs: undefined } },
  { server: 'http-new', era: 'modern', expected: { progress: 2, logs: 2 } },
  { server: 'pipe-new', era: 'modern', expected: { progress: 2, logs: undefined } },
];

describe('two clients with equal ids and equal progress tokens', () => {
  for (const { server, era, expected } of WAYS) {
    it(`get their own answers, progress and logs from ${server} and nothing else`, async () => {
      const own = await connected(era, server);
      const all = await connected(era, '');
      const checkSilence = await silentStreams([own, all]);
      const flying = new Set<number>();
      let met = 0;
      const { failures, succeeded } = await loadLoop({
        inFlight: 32,
        count: CALLS / WAYS.length,
        run: (n, lane) => {
          // Two neighbouring lanes, one of each client, use the same id over and over.
          const id = lane >> 1;
          if (flying.has(lane ^ 1)) met += 1;
          flying.add(lane);
          const client = lane % 2 === 0 ? own : all;
          const tool = lane % 2 === 0 ? 'tagged' : `${server}__tagged`;
          return callTagged(client, { tool, tag: `${lane % 2}-${n}`, id, expected }).finally(() => flying.delete(lane));
        },
      });
      assert.ok(met > CALLS / WAYS.length / 10, `equal ids met only ${met} times`);
      assert.deepEqual(failures, []);
      assert.equal(succeeded, CALLS / WAYS.length);
      checkSilence();
    });
  }

  it('shared one conversation with each server, which never saw one id twice at once', () => {
    assert.equal(up['pipe-old'].pids.length, 1);
    assert.equal(up['http-old'].sessionCount, 1);
    for (const [name, { received }] of Object.entries(up)) {
      const ids = received.of('tools/call').map(({ message }) => message?.id);
      assert.equal(new Set(ids).size, ids.length, name);
    }
  });
});

describe(`${CROWD} clients that all use id 1`, () => {
  for (const { server, era, expected } of WAYS.filter(({ server }) => server.endsWith('old'))) {
    it(`get their own from ${server}`, async () => {
      const clients = await Promise.all(Array.from({ length: CROWD }, () => connected(era, server)));
      const { failures } = await loadLoop({
        inFlight: CROWD,
        count: CROWD_CALLS / 2,
        run: (n, lane) => callTagged(clients[lane] as Client, { tool: 'tagged', tag: `${lane}-${n}`, id: 1, expected }),
      });
      assert.deepEqual(failures, []);
      for (const client of clients) client.close();
    });
  }
});
