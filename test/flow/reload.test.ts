/*
 * The configuration file changes while the gateway runs: what it says holds from then on, no call notices, and a file with
 * faults changes nothing.
 */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cli } from '../rig/cli.ts';
import { at } from '../rig/json-rpc.ts';
import { loadLoop } from '../rig/load-loop.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { hitsOf } from './limit-hits.ts';
import { openStage, placeOf } from './stage.ts';

const ANN = 'ann-8f2k1m9x7c4v5b6n3q0w-zzkfjruehw';
const BOB = 'bob-1q2w3e4r5t6y7u8i9o0p-mfkrjwehzu';
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const tokens = { ann: { name: 'ann', token: ANN }, bob: { name: 'bob', token: BOB } };

const up = {
  pipe: await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
  http: await startScripted({ revision: '2026-07-28', transport: 'http' }),
};
const [pipe, http] = [placeOf(up.pipe), placeOf(up.http)];
const auth = { tokens: [tokens.ann, tokens.bob] };
// Whoever is refused again and again waits, and this is not about that.
const limits = { failedAuthenticationsMax: 1_000_000 };
const first = { servers: { pipe, http }, auth, limits };
const stage = await openStage(up, { config: { auth, limits } });
after(() => stage.close());

const client = (token: string, endpoint = '') => stage.modern(endpoint, { headers: as(token) });
const echo = (token: string, server = 'pipe') =>
  client(token, server).call('tools/call', { name: 'echo', arguments: { n: 1 } });
const toolNames = async (token: string): Promise<string[]> => {
  const { answer } = await client(token).call('tools/list');
  return (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);
};

/** Under way at the server; its answer is not waited for. */
async function slowCall(ms: number): Promise<{ readonly reply: ReturnType<typeof echo> }> {
  const { length } = up.pipe.received.of('tools/call');
  const reply = client(ANN, 'pipe').call('tools/call', { name: 'slow', arguments: { ms } });
  await up.pipe.received.until(() => up.pipe.received.of('tools/call').length > length);
  return { reply };
}

/** What it says when it has read the file anew. */
const told = (event: string, before: number) =>
  stage.gateway.until((line) => line.event === event && stage.gateway.said.indexOf(line) >= before);

async function reloaded(change: () => Promise<void>, event = 'reloaded'): Promise<JsonObject> {
  const before = stage.gateway.said.length;
  await change();
  return told(event, before);
}
const rewritten = (config: object) => reloaded(() => stage.gateway.rewrite({ ...config }));

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

let cases = 0;
/** With a title that it never had, so that it is told when it holds. */
async function restored(): Promise<void> {
  await rm(stage.gateway.file, { recursive: true, force: true });
  cases += 1;
  await rewritten({ ...first, servers: { pipe, http: { ...http, title: `Case ${cases}` } } });
  await until(async () => (await echo(ANN)).status === 200 && (await echo(BOB, 'http')).status === 200);
}

describe('who may call', () => {
  beforeEach(restored);

  it('a token that is taken out is refused within a second, while the calls of another one go on', async () => {
    const bob = client(BOB, 'pipe');
    let reloads = 0;
    const calls = loadLoop({
      ...{ inFlight: 4, count: 1_000 },
      run: async () => {
        const { answer } = await bob.call('tools/call', { name: 'echo', arguments: { n: 1 } });
        assert.ok(at(answer, 'result', 'content'), JSON.stringify(answer));
      },
    });
    const tookMs: number[] = [];
    for (; reloads < 20; reloads++) {
      const isIn = reloads % 2 === 1;
      const startedMs = performance.now();
      await stage.gateway.rewrite({ ...first, auth: { tokens: isIn ? [tokens.ann, tokens.bob] : [tokens.bob] } });
      await until(async () => ((await echo(ANN)).status === 200) === isIn);
      tookMs.push(performance.now() - startedMs);
    }
    const { failed, failures, succeeded } = await calls;
    assert.deepEqual({ failed, succeeded, failures }, { failed: 0, succeeded: 1_000, failures: [] });
    assert.ok((tookMs.sort((a, b) => a - b)[10] ?? 0) < 1_000, `${tookMs.map(Math.round).join(' ')} ms`);
  });

  it('a secret in a file of its own is read again when that changes', async () => {
    const secret = join(dirname(stage.gateway.file), 'secret');
    const config = { ...first, auth: { tokens: [{ name: 'ann', token: `\${file:secret}` }] } };
    await writeFile(secret, `${ANN}\n`);
    await rewritten(config);
    assert.deepEqual([(await echo(ANN)).status, (await echo(BOB)).status], [200, 401]);
    await reloaded(() => writeFile(secret, `${BOB}\n`));
    assert.deepEqual([(await echo(ANN)).status, (await echo(BOB)).status], [401, 200]);
  });

  it('a file behind links that are swapped, as Kubernetes does, is read again', async () => {
    const folder = dirname(stage.gateway.file);
    const version = async (name: string, config: object) => {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'gatewright.json'), JSON.stringify(config));
      await symlink(name, join(folder, `${name}-link`));
      await rename(join(folder, `${name}-link`), join(folder, '..data'));
    };
    await reloaded(async () => {
      await version('one', { ...first, auth: { tokens: [tokens.ann] } });
      await symlink(join('..data', 'gatewright.json'), `${stage.gateway.file}.link`);
      await rename(`${stage.gateway.file}.link`, stage.gateway.file);
    });
    assert.equal((await echo(BOB)).status, 401);
    await reloaded(() => version('two', { ...first, auth: { tokens: [tokens.bob] } }));
    assert.deepEqual([(await echo(ANN)).status, (await echo(BOB)).status], [401, 200]);
  });

  it('SIGHUP has it read at once, and what did not change is not told', async () => {
    const before = stage.gateway.said.length;
    stage.gateway.signal('SIGHUP');
    await rewritten({ ...first, auth: { tokens: [tokens.ann] } });
    assert.equal(stage.gateway.said.slice(before).filter(({ event }) => event === 'reloaded').length, 1);
    assert.equal((await echo(ANN)).status, 200);
  });
});

describe('a file with faults changes nothing and says why', () => {
  beforeEach(restored);
  const text = JSON.stringify(first, undefined, 2);
  const { file } = stage.gateway;
  const rows: [what: string, change: () => Promise<void>, line: number, say: RegExp][] = [
    ['half written', () => writeFile(file, text.slice(0, text.length / 2)), 1, /./],
    ['with a slip in its syntax', () => writeFile(file, text.replace(',', ',,')), 1, /./],
    ['with an unknown field', () => writeFile(file, text.replace('"auth"', '"author"')), 1, /^Unknown field/],
    [
      'that names a secret that is not there',
      () => writeFile(file, text.replace(ANN, `\${NOT_SET_ANYWHERE}`)),
      1,
      /NOT_SET_ANYWHERE is not set/,
    ],
    ['that is empty', () => writeFile(file, ''), 1, /empty/],
    ['that is a folder now', () => rm(file).then(() => mkdir(file)), 0, /folder/],
    ['that is gone', () => rm(file), 0, /no such file/],
  ];
  for (const [what, change, line, say] of rows) {
    it(what, async () => {
      const refused = await reloaded(change, 'reload_refused');
      const [problem] = refused.problems as { file: string; line: number; say: string }[];
      assert.match(problem?.say ?? '', say);
      assert.equal(problem?.file, file);
      assert.ok((problem?.line ?? -1) >= line);
      assert.deepEqual([(await echo(ANN)).status, (await echo(BOB, 'http')).status], [200, 200]);
      assert.doesNotMatch(JSON.stringify(refused), new RegExp(`${ANN}|${BOB}`));
    });
  }

  it('and the operator is told until it is right again', async () => {
    const env = { GATEWRIGHT_DATA_DIR: join(dirname(file), 'data') };
    await reloaded(() => writeFile(file, text.replace('"auth"', '"author"')), 'reload_refused');
    const faulty = await cli(['servers'], { env });
    assert.match(faulty.err, /configuration file has faults.*\n.*gatewright\.json:\d+:\d+ author: Unknown field/);
    await reloaded(() => stage.gateway.rewrite({ ...first }));
    assert.equal((await cli(['servers'], { env })).err, '');
  });

  it('ten changes a second, half of them faulty, end with what the last one says', async () => {
    const calls = loadLoop({
      ...{ inFlight: 2, count: 200 },
      run: async () => assert.equal((await echo(BOB)).status, 200),
    });
    for (let n = 0; n < 20; n++) {
      if (n % 2 === 0) await writeFile(file, text.slice(0, -n - 1));
      else await stage.gateway.rewrite({ ...first, servers: { ...first.servers, [`extra-${n}`]: { ...http } } });
      await sleep(100);
    }
    await until(async () => (await toolNames(ANN)).includes('extra-19__echo'));
    const { failed, failures } = await calls;
    assert.deepEqual({ failed, failures }, { failed: 0, failures: [] });
    assert.deepEqual(
      (await toolNames(ANN)).filter((name) => /^extra-.*echo$/.test(name)),
      ['extra-19__echo'],
    );
  });
});

describe('servers', () => {
  beforeEach(restored);

  it('one that is new is listed and called; the others do not notice', async () => {
    const openings = up.http.received.of('server/discover').length;
    const { added, replaced, removed } = await rewritten({ ...first, servers: { ...first.servers, extra: http } });
    assert.deepEqual([added, replaced, removed], [['extra'], [], []]);
    await until(async () => (await toolNames(ANN)).includes('extra__echo'));
    assert.equal((await echo(ANN, 'extra')).status, 200);
    assert.ok(up.http.received.of('server/discover').length <= openings + 2);
  });

  it('one that is removed is not there for new calls, and answers those under way', async () => {
    const running = await slowCall(1_500);
    const { removed } = await rewritten({ ...first, servers: { http } });
    assert.deepEqual(removed, ['pipe']);
    assert.equal((await echo(ANN)).status, 404);
    assert.deepEqual(
      (await toolNames(ANN)).filter((name) => name.startsWith('pipe')),
      [],
    );
    assert.ok(at((await running.reply).answer, 'result', 'content'), JSON.stringify((await running.reply).answer));
  });

  it('one that is reached otherwise is another one, and answers what the one before was asked', async () => {
    const running = await slowCall(1_501);
    const { replaced } = await rewritten({ ...first, servers: { http, pipe: http } });
    assert.deepEqual(replaced, ['pipe']);
    assert.equal((await echo(ANN)).status, 200);
    assert.ok(at((await running.reply).answer, 'result', 'content'), JSON.stringify((await running.reply).answer));
  });

  it('one of which a tool is blocked stays, and does not list that tool any more', async () => {
    const initialized = up.pipe.received.of('initialize').length;
    const { added, replaced, removed } = await rewritten({
      ...first,
      servers: { http, pipe: { ...pipe, tools: { block: ['echo'] } } },
    });
    assert.deepEqual([added, replaced, removed], [[], [], []]);
    assert.ok(!(await toolNames(ANN)).includes('pipe__echo'));
    assert.ok((await toolNames(ANN)).includes('pipe__slow'));
    assert.equal(up.pipe.received.of('initialize').length, initialized);
  });

  it('clients that listen are told that lists may be others', async () => {
    const heard: unknown[] = [];
    const legacy = await stage.legacy('', { headers: as(ANN), onMessage: (message) => heard.push(message.method) });
    await legacy.listen();
    await rewritten({ ...first, servers: { http } });
    await until(async () => heard.includes('notifications/tools/list_changed'));
  });

  it('where it listens is said to hold from the next start on', async () => {
    const { restart } = await rewritten({ ...first, listen: { host: '127.0.0.2' } });
    assert.deepEqual(restart, ['listen.host']);
    assert.equal((await echo(ANN)).status, 200);
  });

  it('retireTimeoutMs: a call at one that was removed has so long, and is counted then', async () => {
    const hasty = { ...first, limits: { ...limits, retireTimeoutMs: 100 } };
    await rewritten(hasty);
    const counts = await hitsOf(stage, as(ANN));
    const running = await slowCall(30_000);
    await rewritten({ ...hasty, servers: { http } });
    const { answer } = await running.reply;
    assert.equal(at(answer, 'result', 'isError'), true, JSON.stringify(answer));
    await counts.assertRose({ retireTimeoutMs: 1 });
  });
});
