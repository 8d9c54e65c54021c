/*
 * Log lines across the eras. An older client sets a level once, a newer one with each request; either way the server is made
 * to speak, and its lines reach the call that they belong to or nobody.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, notification } from '../rig/json-rpc.ts';
import { type Reply, textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Scripted } from './stage.ts';

const up: Record<string, Scripted> = {
  'http-old': await startScripted({ revision: '2025-11-25', transport: 'http' }),
  'pipe-old': await startScripted({ revision: '2024-11-05', transport: 'stdio' }),
  'sse-old': await startScripted({ revision: '2024-11-05', transport: 'sse' }),
  'http-new': await startScripted({ revision: MODERN, transport: 'http' }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio' }),
  mute: await startScripted({ revision: MODERN, transport: 'http', capabilities: { tools: {} } }),
};
const stage = await openStage(up);
after(() => stage.close());
const upOf = (server: string) => up[server] as Scripted;

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
/** Level wanted, level said, lines that arrive of two. */
const LEVELS = [
  ['error', 'warning', 0],
  ['error', 'error', 2],
  ['debug', 'debug', 2],
  ['warning', 'emergency', 2],
  ['warning', 'info', 0],
] as const;

const logging = (level: string) => ({ name: 'log', arguments: { level, count: 2, data: { some: level } } });

function linesOf({ interim }: Reply): unknown[] {
  return interim.map(({ method, params }) => (method === 'notifications/message' ? params : method));
}

const lines = (level: string, count: number) => Array(count).fill({ level, data: { some: level } });

describe('a newer client and an older server', () => {
  for (const server of ['http-old', 'pipe-old', 'sse-old']) {
    it(`${server} is set to what is wanted, and each call gets what it asked for`, async () => {
      const client = stage.modern(server);
      for (const [wanted, level, count] of LEVELS) {
        const reply = await client.call('tools/call', logging(level), { meta: { [LOG_LEVEL]: wanted } });
        assert.deepEqual(linesOf(reply), lines(level, count), `${level} for one who wants ${wanted}`);
        assert.equal(textOf(reply.answer), 'logged 2');
      }
      const set = upOf(server).received.of('logging/setLevel');
      assert.deepEqual(
        set.map(({ message }) => at(message, 'params', 'level')),
        ['error', 'debug'],
      );
      assert.deepEqual(linesOf(await client.call('tools/call', logging('error'))), []);
    });

    it(`a level that does not exist is refused, and ${server} never hears of it`, async () => {
      const client = stage.modern(server);
      const { answer } = await client.call('tools/call', logging('error'), { meta: { [LOG_LEVEL]: 'loud' } });
      assert.equal(at(answer, 'error', 'code'), -32602);
      assert.match(String(at(answer, 'error', 'message')), /one of debug, info/);
      assert.ok(
        !upOf(server)
          .received.of('logging/setLevel')
          .some(({ body }) => body.includes('loud')),
      );
    });

    it(`a line of ${server} that says of no call what it is about reaches nobody while two are in flight`, async () => {
      if (server === 'http-old') return;
      const meta = { [LOG_LEVEL]: 'debug' };
      const slow = (tag: string) => ({ name: 'slow', arguments: { ms: 200, tag } });
      const pending = [1, 2].map((n) => stage.modern(server).call('tools/call', slow(`${server} ${n}`), { meta }));
      for (const n of [1, 2]) await upOf(server).received.until(({ body }) => body.includes(`${server} ${n}`));
      await upOf(server).say(notification('notifications/message', { level: 'error', data: 'whose?' }));
      for (const reply of await Promise.all(pending)) assert.deepEqual(linesOf(reply), []);
    });
  }
});

describe('an older client and a newer server', () => {
  for (const server of ['http-new', 'pipe-new']) {
    it(`${server} is told the level of the session with each call, and no lines come before there is one`, async () => {
      const client = await stage.legacy(server);
      assert.deepEqual(linesOf(await client.call('tools/call', logging('emergency'))), []);
      for (const [wanted, level, count] of LEVELS) {
        assert.deepEqual((await client.call('logging/setLevel', { level: wanted })).answer?.result, {});
        const reply = await client.call('tools/call', logging(level));
        assert.deepEqual(linesOf(reply), lines(level, count), `${level} for one who wants ${wanted}`);
      }
      const told = upOf(server)
        .received.of('tools/call')
        .map(({ message }) => at(message, 'params', '_meta', LOG_LEVEL));
      assert.deepEqual(told, [undefined, ...LEVELS.map(([wanted]) => wanted)]);
    });
  }

  it('is told that there is no such thing where no server sends any', async () => {
    const client = await stage.legacy('mute');
    assert.equal(at(client.initialized?.result, 'capabilities', 'logging'), undefined);
    const { answer, status } = await client.call('logging/setLevel', { level: 'debug' });
    assert.deepEqual([status, at(answer, 'error', 'code')], [200, -32601]);
    assert.match(String(at(answer, 'error', 'message')), /No server of this endpoint/);
    const all = await stage.legacy();
    assert.deepEqual(at(all.initialized?.result, 'capabilities', 'logging'), {});
    assert.deepEqual((await all.call('logging/setLevel', { level: 'debug' })).answer?.result, {});
  });
});
