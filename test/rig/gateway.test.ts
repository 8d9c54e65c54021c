/*
 * The real gateway is started, found listening, and stopped; one that cannot start says why.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startGateway } from './gateway.ts';
import { assertNoneLeft, descendantsOf, processesRunning } from './process-watcher.ts';
import { legacyClient, textOf } from './raw-client.ts';
import { startScripted } from './scripted-upstream.ts';

it('a call goes through the gateway to a scripted child, and nothing runs when it has stopped', async (t) => {
  const up = await startScripted({ transport: 'stdio', revision: '2025-11-25' });
  t.after(() => up.close());
  const gateway = await startGateway({ servers: { pipe: { command: up.command, args: up.args } } });
  t.after(() => gateway.stop('SIGKILL'));
  await up.received.until((received) => received.method === 'tools/list');
  const client = legacyClient(`${gateway.url}/mcp/pipe`, '2025-11-25');
  t.after(() => client.close());
  await client.initialize();
  const reply = await client.call('tools/call', { name: 'echo', arguments: { n: 1 } });
  assert.equal(textOf(reply.answer), '{"n":1}');
  const family = descendantsOf(gateway.pid).map(({ pid }) => pid);
  assert.ok(family.length > 0);
  assert.equal(await gateway.stop(), 0);
  await assertNoneLeft(() => processesRunning().filter(({ pid }) => family.includes(pid)));
});

it('a gateway that cannot start says why', async () => {
  await assert.rejects(startGateway({ servers: 'none' }), /the gateway ended: .*servers/s);
});
