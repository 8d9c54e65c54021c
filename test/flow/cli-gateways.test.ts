/*
 * Which gateway a command works with: the one that runs, one of several, or one of its own; and how it is stopped.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { cli, startCli } from '../rig/cli.ts';
import { startGateway } from '../rig/gateway.ts';
import { at } from '../rig/json-rpc.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { placeOf, type Scripted } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-cli-own-'));
after(() => rmSync(folder, { recursive: true }));
let env: { GATEWRIGHT_DATA_DIR: string };
let cases = 0;
beforeEach(() => {
  cases += 1;
  env = { GATEWRIGHT_DATA_DIR: join(folder, `data${cases}`) };
});

function configFile(servers: Readonly<Record<string, Scripted>>): string {
  const path = join(folder, `servers${cases}.json`);
  const entries = Object.entries(servers).map(([name, server]) => [name, placeOf(server)]);
  writeFileSync(path, JSON.stringify({ servers: Object.fromEntries(entries) }));
  return path;
}

/** Folders of gateways that are there. */
const instances = (): string[] => readdirSync(join(env.GATEWRIGHT_DATA_DIR, 'gateways'));

/** Longer than any test may take. */
const NEVER_MS = 600_000;

test('one server that never gets ready keeps back nothing of the others', async (t) => {
  const good = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
  t.after(() => good.close());
  const hangs = { command: process.execPath, args: ['-e', `setInterval(() => {}, ${NEVER_MS})`] };
  const times = { startTimeoutMs: NEVER_MS, connectTimeoutMs: 120_000, discoverTimeoutMs: 60_000 };
  const servers = { good: placeOf(good), hangs: { ...hangs, ...times } };
  const gateway = await startGateway({ servers }, { env });
  t.after(() => gateway.stop());
  const listed = await cli(['tools'], { env });
  assert.equal(listed.code, 0, listed.err);
  assert.match(listed.out, /^echo +good/m);
  assert.match(listed.err, /^hangs is starting/m);
  const called = await cli(['call', 'echo', 'a=1'], { env });
  assert.equal(called.code, 0, called.err);
});

describe('when no gateway runs', () => {
  test('a call starts the one server it needs, opens no port, and leaves nothing', async (t) => {
    const wanted = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const other = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    t.after(() => Promise.all([wanted.close(), other.close()]));
    const config = configFile({ wanted, other });
    const outcome = await cli(['call', 'wanted.echo', 'a=1', '--config', config], { env });
    assert.equal(outcome.code, 0, outcome.err);
    assert.match(outcome.out, /"a": 1/);
    assert.match(outcome.err, /^Starting wanted /);
    assert.equal(other.pids.length, 0);
    assert.deepEqual(instances(), []);
    for (const pid of wanted.pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });

  test('tools starts all and waits for them', async (t) => {
    const one = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    const two = await startScripted({ revision: '2026-07-28', transport: 'http' });
    t.after(() => Promise.all([one.close(), two.close()]));
    const { json } = await cli(['tools', '--json', '--config', configFile({ one, two })], { env });
    const servers = new Set((json.tools as { server: string }[]).map(({ server }) => server));
    assert.deepEqual([...servers], ['one', 'two']);
  });

  test('a broken file is told as by serve, and so is none', async () => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, '{"servers": {"x": {"comand": "y"}}}');
    const wrong = await cli(['tools', '--config', broken], { env });
    assert.equal(wrong.code, 3);
    assert.match(wrong.err, /servers\.x\.comand: .*Did you mean "command"/);
    const none = await cli(['tools'], { env: { ...env, HOME: folder } });
    assert.equal(none.code, 3);
    assert.match(none.err, /gatewright\.yaml/);
  });

  for (const command of ['logs', 'restart']) {
    test(`${command} says how to start one`, async () => {
      const { code, err } = await cli([command, 'x'], { env });
      assert.equal(code, 1);
      assert.match(err, /No gateway is running\. Start one with: gatewright serve/);
    });
  }

  test('Ctrl-C while a server starts ends everything', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    t.after(() => up.close());
    await up.set('server/discover', { hang: true });
    const running = startCli(['tools', '--config', configFile({ up })], { env });
    await up.received.until(({ method }) => method === 'server/discover');
    running.kill('SIGINT');
    const { code, err } = await running.ended;
    assert.equal(code, 130);
    assert.match(err, /Cancelled/);
    assert.deepEqual(instances(), []);
  });
});

describe('when several run', () => {
  test('the command asks which; --instance and --config say it; one that was killed does not count', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
    t.after(() => up.close());
    const first = await startGateway({ servers: { first: placeOf(up) } }, { env });
    t.after(() => first.stop());
    const second = await startGateway({ servers: { second: placeOf(up) } }, { env });
    t.after(() => second.stop('SIGKILL'));

    const unclear = await cli(['servers'], { env });
    assert.equal(unclear.code, 2);
    const lines = [...unclear.err.matchAll(/--instance (\w{8}) +(\S+) +(\S+)/g)];
    assert.equal(lines.length, 2);
    const [, instance = '', , config = ''] = lines.find(([, , url]) => url === second.url) ?? [];

    for (const way of [
      ['--instance', instance],
      ['--config', config],
    ]) {
      const { json, err } = await cli(['servers', '--json', ...way], { env });
      assert.equal(at(json, 'servers', 0, 'name'), 'second', err);
    }
    await second.stop('SIGKILL');
    assert.equal(at((await cli(['servers', '--json'], { env })).json, 'servers', 0, 'name'), 'first');
  });
});

test('a gateway that hangs is told from one that is gone', async (t) => {
  const gateway = await startGateway({ servers: {} }, { env });
  t.after(() => gateway.stop('SIGKILL'));
  process.kill(gateway.pid, 'SIGSTOP');
  const { code, err } = await cli(['servers'], { env });
  assert.equal(code, 1);
  assert.match(err, /The gateway runs, but does not answer\./);
});

describe('Ctrl-C cancels the call', () => {
  test('of an older server, which is told', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'http', answerAs: 'sse' });
    t.after(() => up.close());
    await up.set('tools/call slow', { hang: true });
    const gateway = await startGateway({ servers: { up: placeOf(up) } }, { env });
    t.after(() => gateway.stop());
    const running = startCli(['call', 'up.slow'], { env });
    await up.received.until(({ method }) => method === 'tools/call');
    running.kill('SIGINT');
    const { code, err } = await running.ended;
    assert.equal(code, 130);
    assert.match(err, /Cancelled/);
    await up.received.until(({ method }) => method === 'notifications/cancelled');
  });

  test('of a newer server, whose connection is dropped', async (t) => {
    const up = await startScripted({ revision: '2026-07-28', transport: 'http', answerAs: 'sse' });
    t.after(() => up.close());
    await up.set('tools/call slow', { hang: true });
    const gateway = await startGateway({ servers: { up: placeOf(up) } }, { env });
    t.after(() => gateway.stop());
    const running = startCli(['call', 'up.slow'], { env });
    await up.received.until(({ method }) => method === 'tools/call');
    running.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    await up.dropped.until(({ method }) => method === 'tools/call');
  });

  test('of a server of its own, which is stopped', async (t) => {
    const up = await startScripted({ revision: '2025-11-25', transport: 'stdio' });
    t.after(() => up.close());
    await up.set('tools/call slow', { hang: true });
    const running = startCli(['call', 'up.slow', '--config', configFile({ up })], { env });
    await up.received.until(({ method }) => method === 'tools/call');
    running.kill('SIGINT');
    assert.equal((await running.ended).code, 130);
    assert.ok(up.received.of('notifications/cancelled').length > 0);
    for (const pid of up.pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
});

test('logs shows what a process wrote to stderr, and follows it until Ctrl-C', async (t) => {
  const script = `
    process.stderr.write('ready \\x1b[31mred\\n');
    let n = 0; setInterval(() => process.stderr.write('line ' + ++n + '\\n'), 100);
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method } = JSON.parse(line);
      const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : undefined;
      if (id !== undefined) console.log(JSON.stringify(result ? { jsonrpc: '2.0', id, result } : { jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }));
    }).on('close', () => process.exit());`;
  const gateway = await startGateway(
    { servers: { talker: { command: process.execPath, args: ['-e', script] } } },
    { env },
  );
  t.after(() => gateway.stop());
  await gateway.until((line) => line.event === 'ready');
  const shown = await cli(['logs', 'talker'], { env });
  assert.match(shown.out, /^ready \\u\{1b\}\[31mred\n/);
  const following = startCli(['logs', 'talker', '--follow'], { env });
  setTimeout(() => following.kill('SIGINT'), 2_500);
  const { out, code } = await following.ended;
  assert.equal(code, 0);
  const numbers = [...out.matchAll(/^line (\d+)$/gm)].map(([, number]) => Number(number));
  assert.ok(numbers.length > 5, out);
  assert.deepEqual(
    numbers,
    [...numbers.keys()].map((index) => index + 1),
  );
});
