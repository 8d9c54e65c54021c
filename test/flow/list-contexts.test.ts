/*
 * Lists that not everybody sees: an older server shows some tools to those who can be asked, or changes what it shows in one
 * session. Whoever should see them does, and calls them; nobody else hears of them.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import type { LegacyClient, ModernClient } from '../rig/raw-client.ts';
import { textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Scripted } from './stage.ts';

type Client = LegacyClient | ModernClient;

const ABLE = { capabilities: { elicitation: { form: {} } } };
const inputSchema = { type: 'object' };
const tools = [
  { name: 'asks-you', inputSchema, needs: 'elicitation' },
  { name: 'reveal', inputSchema },
];
const CHANGED = 'notifications/tools/list_changed';

function serverOver(transport: 'http' | 'stdio'): Promise<Scripted> {
  const options = { revision: '2025-11-25', tools } as const;
  return transport === 'http' ? startScripted({ ...options, transport }) : startScripted({ ...options, transport });
}

async function namesOf(client: Client): Promise<string[]> {
  const { answer } = await client.call('tools/list');
  return (at(answer, 'result', 'tools') as { name: string }[]).map(({ name }) => name);
}

const call = (client: Client, name: string, args: object = {}) =>
  client.call('tools/call', { name, arguments: { ...args } });

for (const transport of ['http', 'stdio'] as const) {
  describe(`an older server over ${transport}`, async () => {
    const stage = await openStage({ up: await serverOver(transport), beside: await serverOver(transport) });
    after(() => stage.close());

    it('shows a tool to clients that can be asked, of either era, in their first list', async () => {
      for (const client of [await stage.legacy('up', ABLE), stage.modern('up', ABLE)]) {
        assert.ok((await namesOf(client)).includes('asks-you'));
        assert.equal(JSON.parse(String(textOf((await call(client, 'asks-you')).answer))).name, 'asks-you');
      }
    });

    it('comes to show it to one that calls it by name and has listed nothing', async () => {
      const client = stage.modern('up', { capabilities: { ...ABLE.capabilities, roots: {} } });
      for (;;) {
        const { answer } = await call(client, 'asks-you');
        if (answer?.error === undefined) break;
        assert.equal(at(answer, 'error', 'code'), -32602);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });

    it('shows it to nobody else, and nobody else can call it', async () => {
      const clients = [
        await stage.legacy('up'),
        stage.modern('up'),
        stage.modern('up', { capabilities: { roots: {} } }),
      ];
      for (const client of clients) {
        assert.deepEqual((await namesOf(client)).includes('asks-you'), false);
        assert.equal(at((await call(client, 'asks-you')).answer, 'error', 'code'), -32602);
      }
    });

    it('shows it to them beside other servers once it is known, and tells them alone', async () => {
      const client = stage.modern('', ABLE);
      const stream = await client.listen({ toolsListChanged: true });
      const other = await stage.modern('').listen({ toolsListChanged: true });
      await namesOf(client);
      await call(client, 'beside__echo', {});
      await stream.until(({ method }) => method === CHANGED);
      const names = await namesOf(client);
      assert.ok(names.includes('beside__asks-you') && names.includes('up__asks-you'), names.join());
      assert.match(String(textOf((await call(client, 'beside__asks-you')).answer)), /asks-you/);
      assert.equal((await namesOf(stage.modern(''))).includes('beside__asks-you'), false);
      assert.deepEqual(
        other.messages.filter(({ method }) => method === CHANGED),
        [],
      );
    });
  });

  describe(`an older server over ${transport} and two callers`, async () => {
    const tokens = ['the-token-of-number-one-is-long-enough', 'the-token-of-number-two-is-long-enough'];
    const auth = { tokens: tokens.map((token, n) => ({ name: `caller-${n}`, token })) };
    const as = (n: number) => ({ headers: { authorization: `Bearer ${tokens[n]}` } });
    const stage = await openStage({ up: await serverOver(transport) }, { config: { auth } });
    after(() => stage.close());

    it('shows what one has brought about in its own session to that one alone', async () => {
      const [one, two] = [stage.modern('up', as(0)), await stage.legacy('up', as(1))];
      await Promise.all([call(one, 'echo'), call(two, 'echo')]);
      const stream = await one.listen({ toolsListChanged: true });
      await call(one, 'reveal', { name: 'secret-of-one' });
      await stream.until(({ method }) => method === CHANGED);
      while (!(await namesOf(one)).includes('secret-of-one')) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(JSON.parse(String(textOf((await call(one, 'secret-of-one')).answer))).name, 'secret-of-one');
      for (const client of [two, stage.modern('up', as(1)), stage.modern('', as(1))]) {
        assert.deepEqual(
          (await namesOf(client)).filter((name) => name.includes('secret')),
          [],
        );
      }
      assert.equal(at((await call(two, 'secret-of-one')).answer, 'error', 'code'), -32602);
      const { answer } = await one.call('tools/list');
      assert.deepEqual([at(answer, 'result', 'ttlMs'), at(answer, 'result', 'cacheScope')], [0, 'private']);
    });
  });
}
