/*
 * The scripted server as a child process: steered and watched by the test that did not start it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { at, parseObject, type RpcMessage } from './json-rpc.ts';
import { assertNoneLeft, groupMembers } from './process-watcher.ts';
import { textOf } from './raw-client.ts';
import type { StdioScript } from './scripted-link.ts';
import { type ScriptedStdioUpstream, startScripted } from './scripted-upstream.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function start(t: TestContext, script: StdioScript) {
  const up = await startScripted({ transport: 'stdio', ...script });
  t.after(() => up.close());
  return { up, ...run(t, up) };
}

function run(t: TestContext, up: ScriptedStdioUpstream) {
  const child = spawn(up.command, [...up.args], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const pid = child.pid ?? assert.fail();
  t.after(() => groupMembers(pid).length > 0 && process.kill(-pid, 'SIGKILL'));
  const lines: string[] = [];
  const waiters = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    for (const look of waiters) look();
  });
  const until = (fits: (message: RpcMessage) => boolean): Promise<RpcMessage> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = lines.map(parseObject).find((message) => message && fits(message));
        if (found) resolve(found);
      };
      waiters.add(look);
      look();
    });
  const write = (message: RpcMessage): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  const call = (id: number, method: string, params = {}): Promise<RpcMessage> => {
    write({ jsonrpc: '2.0', id, method, params });
    return until((message) => message.id === id && message.method === undefined);
  };
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return { child, pid, call, write, until, lines, exited };
}

it('a legacy child is called, asks on the pipe, and says what it is told to say', async (t) => {
  const { up, call, write, until } = await start(t, { revision: '2025-06-18' });
  assert.equal(at(await call(1, 'initialize', { capabilities: {} }), 'result', 'protocolVersion'), '2025-06-18');
  const answered = call(2, 'tools/call', { name: 'roots' });
  const question = await until((message) => message.method === 'roots/list');
  write({ jsonrpc: '2.0', id: question.id, result: { roots: [] } });
  assert.equal(textOf(await answered), '{"answered":{"roots":[]}}');
  await up.listChanged('tools');
  await until((message) => message.method === 'notifications/tools/list_changed');
  assert.equal(up.received.of('tools/call').length, 1);
});

it('a modern child knows no initialize', async (t) => {
  const { call } = await start(t, { revision: '2026-07-28' });
  assert.equal(at(await call(1, 'initialize'), 'error', 'code'), -32022);
  assert.equal(at(await call(2, 'server/discover', { _meta: META }), 'result', 'resultType'), 'complete');
});

it('orders hold for children that are started later', async (t) => {
  const up = await startScripted({ transport: 'stdio', revision: '2025-11-25' });
  t.after(() => up.close());
  await up.set('ping', { answer: { ordered: true } });
  const { call, pid } = run(t, up);
  assert.equal(at(await call(1, 'ping'), 'result', 'ordered'), true);
  await up.received.until((received) => received.method === 'ping');
  assert.deepEqual(up.pids, [pid]);
});

it('a child dies in the middle of an answer, or when it is told to', async (t) => {
  const { child, up, write, exited, lines } = await start(t, { revision: '2025-11-25' });
  // What it wrote last may be read after it has exited.
  const closed = once(child, 'close');
  write({ jsonrpc: '2.0', id: 1, method: 'ping' });
  await up.received.until((received) => received.method === 'ping');
  await up.set('tools/list', { truncated: true });
  write({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
  assert.equal(await exited, 1);
  await closed;
  assert.equal(parseObject(lines.at(-1) ?? ''), undefined);
});

it('a stubborn child with a grandchild has to be killed as a group', async (t) => {
  const { child, pid, call } = await start(t, { revision: '2025-11-25', stubborn: true, grandchild: true });
  await call(1, 'ping');
  child.stdin.end();
  child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(groupMembers(pid).length >= 2);
  process.kill(-pid, 'SIGKILL');
  await assertNoneLeft(() => groupMembers(pid));
});
