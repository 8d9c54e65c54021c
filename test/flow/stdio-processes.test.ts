/*
 * Processes behind the gateway: whose each is, what it is given, and what is seen of one that keeps ending. All of them
 * real.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startGateway } from '../rig/gateway.ts';
import { modernClient } from '../rig/raw-client.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startsIn, type Told, tellingEntry, toldIn } from '../rig/telling-server.ts';
import { failureOf, openStage, type Stage, type StageOptions } from './stage.ts';

const TOKENS = [1, 2].map((n) => ({ name: `caller-${n}`, token: `the-token-of-caller-${n}-is-long-enough` }));
const ABLE = { elicitation: { form: {} } };

async function staged(t: TestContext, options: StageOptions): Promise<Stage> {
  const stage = await openStage({}, options);
  t.after(() => stage.close());
  return stage;
}

/** Every kind of client of every principal, each asking twice who serves it. */
async function askAll(stage: Stage, server: string): Promise<{ readonly whose: string; readonly told: Told }[]> {
  const asked = TOKENS.flatMap(({ name, token }) =>
    [{}, ABLE].flatMap(async (capabilities) => {
      const headers = { authorization: `Bearer ${token}` };
      const client = await stage.legacy(server, { headers, capabilities });
      const both = [1, 2].map(async () => toldIn((await client.call('tools/call', { name: 'who' })).answer));
      return (await Promise.all(both)).map((told) => ({ whose: `${name} ${JSON.stringify(capabilities)}`, told }));
    }),
  );
  return (await Promise.all(asked)).flat();
}

describe('two principals', { concurrency: 2 }, () => {
  it('never share a process, nor do two kinds of client of one; each is offered what its client can', async (t) => {
    const stage = await staged(t, { config: { auth: { tokens: TOKENS } }, others: { own: tellingEntry() } });
    const pids = new Map<string, Set<number>>();
    for (const { whose, told } of await askAll(stage, 'own')) {
      pids.set(whose, (pids.get(whose) ?? new Set()).add(told.pid));
      assert.deepEqual(told.offered, whose.endsWith('{}') ? {} : ABLE, whose);
    }
    assert.deepEqual(
      [...pids.values()].map((each) => each.size),
      [1, 1, 1, 1],
    );
    assert.equal(new Set([...pids.values()].flatMap((each) => [...each])).size, 4);
  });

  it('share the one process of a shared server, which is offered nothing', async (t) => {
    const shared = { ...tellingEntry(), isolation: 'shared' };
    const stage = await staged(t, { config: { auth: { tokens: TOKENS } }, others: { shared } });
    const answers = await askAll(stage, 'shared');
    assert.equal(new Set(answers.map(({ told }) => told.pid)).size, 1);
    for (const { told } of answers) assert.deepEqual(told.offered, {});
    assert.equal(await stage.metric('gatewright_processes', bearer(0)), 1);
  });

  it('have half of the processes each at most, so that none takes them all', async (t) => {
    const limited = { ...tellingEntry(), processesMax: 4 };
    const stage = await staged(t, { config: { auth: { tokens: TOKENS } }, others: { limited } });
    const who = async (n: number, capabilities: JsonObject) => {
      const client = await stage.legacy('limited', { headers: bearer(n), capabilities });
      return toldIn((await client.call('tools/call', { name: 'who' })).answer).pid;
    };
    const other = await who(1, {});
    const kinds = [1, 2, 3, 4, 5].map((n) => ({ experimental: { kind: { n } } }));
    for (const capabilities of kinds) await who(0, capabilities);
    assert.equal(await who(1, {}), other, 'the other one lost its process');
  });
});

function bearer(n: number): { authorization: string } {
  return { authorization: `Bearer ${TOKENS[n]?.token}` };
}

describe('the environment of a process', () => {
  /** What the gateway has and no server may see, unless its own entry says so. */
  const SECRET = {
    GATEWRIGHT_TEST_SECRET: 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    LD_LIBRARY_PATH: '/nowhere',
    NODE_EXTRA_CA_CERTS: '/nowhere',
    NODE_OPTIONS: '--no-deprecation',
    PYTHONSTARTUP: '/nowhere',
    BASH_ENV: '/nowhere',
  };
  const SHOWN = {
    PATH: process.env.PATH ?? '',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    LC_TIME: 'C',
    TZ: 'UTC',
    USER: 'someone',
  };
  const BASIC = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'TZ', 'TMPDIR'];

  it('is the basic variables and those of its entry, exactly; an entry may name any', async (t) => {
    const env = { NODE_OPTIONS: '--no-warnings', LD_PRELOAD: '', API_KEY: 'own', TZ: 'Asia/Tokyo' };
    const servers = { plain: tellingEntry(), own: { ...tellingEntry(), env } };
    const gateway = await startGateway({ servers }, { env: { ...SECRET, ...SHOWN } });
    t.after(() => gateway.stop());
    await gateway.until((line) => line.event === 'ready');
    const told = async (server: string) => {
      const client = modernClient(`${gateway.url}/mcp/${server}`);
      t.after(() => client.close());
      return toldIn((await client.call('tools/call', { name: 'who' })).answer).env;
    };
    const given: Record<string, string | undefined> = { ...process.env, ...SHOWN };
    const basic = Object.entries(given).filter(([name]) => BASIC.includes(name) || name.startsWith('LC_'));
    assert.deepEqual(await told('plain'), Object.fromEntries(basic));
    assert.deepEqual(await told('own'), { ...Object.fromEntries(basic), ...env });
  });
});

describe('a process that ends at start', { concurrency: 2 }, () => {
  const words = 'Error: no key\n    at start (server.js:1)\n';
  const rows = [
    [0, 'exited with code 0'],
    [1, 'exited with code 1'],
    ['SIGKILL', 'was ended by SIGKILL'],
  ] as const;
  for (const [endsWith, how] of rows) {
    it(`by ${endsWith} is crashed after its restarts, with how it ended and what it said`, async (t) => {
      const ends = { ...tellingEntry({ endsWith, words }), restartsMax: 1 };
      const stage = await staged(t, { others: { ends, well: tellingEntry() } });
      const { reason } = await stage.server('ends', 'crashed');
      assert.match(String(reason), new RegExp(`^ended more than 1 times within 60 s; the last time: .*${how}.*no key`));
      const call = (server: string) => stage.modern(server).call('tools/call', { name: 'who' });
      const { answer, status } = await call('ends');
      assert.deepEqual([status, failureOf(answer)], [200, 'upstream_crashed']);
      assert.doesNotMatch(JSON.stringify(answer), /no key|exited|ended by/, 'a stranger is told no reason');
      assert.equal(typeof toldIn((await call('well')).answer).pid, 'number');
      assert.equal(await stage.metric('gatewright_server_state{server="ends",state="crashed"}'), 1);
    });
  }
});

describe('many processes', { concurrency: 2 }, () => {
  it('start a few at a time', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatewright-starts-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const startLog = join(folder, 'starts');
    const names = Array.from({ length: 8 }, (_, n) => `s${n}`);
    const others = Object.fromEntries(names.map((name) => [name, tellingEntry({ startLog, startMs: 200 })]));
    await staged(t, { config: { limits: { startingMax: 2 } }, others });
    const { peak, done } = startsIn(await readFile(startLog, 'utf8'));
    assert.equal(done, names.length);
    assert.ok(peak <= 2, `${peak} at once`);
  });

  it('one that a caller waits for starts before the others that wait', async (t) => {
    const names = Array.from({ length: 6 }, (_, n) => `s${n}`);
    const servers = Object.fromEntries(names.map((name) => [name, tellingEntry({ startMs: 300 })]));
    const gateway = await startGateway({ servers, limits: { startingMax: 1 } });
    t.after(() => gateway.stop());
    const client = modernClient(`${gateway.url}/mcp/s5`);
    t.after(() => client.close());
    toldIn((await client.call('tools/call', { name: 'who' })).answer);
    await gateway.until((line) => line.event === 'ready');
    const order = gateway.said.filter(({ event }) => event === 'server').map(({ name }) => name);
    assert.ok(order.indexOf('s5') < names.length - 1, `it came last: ${order}`);
  });
});
