/*
 * Addresses that the admin API is told (threats T08 and T09), on a real gateway: every form × every way in. Nobody comes to the
 * listener inside, and an open port reads like a closed one; also when the row was written by somebody else, and when a server
 * that may be reached sends on to one that may not.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startCanary } from '../rig/canary.ts';
import { type ControlStage, openControlStage, seedServer } from './stage.ts';

const canary = await startCanary('::');
const sending = createServer((_, response) => {
  response.writeHead(307, { location: canary.url }).end();
});
await new Promise<void>((resolve) => sending.listen(0, '127.0.0.1', resolve));
const sendingPort = (sending.address() as AddressInfo).port;

let stage: ControlStage;
before(async () => {
  stage = await openControlStage({ ports: [sendingPort] });
});
after(async () => {
  await stage.close();
  sending.close();
  await canary.close();
});

const HOSTS = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '①②⑦.0.0.1', '[::1]', '[::]'],
  ...['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '169.254.169.254', '100.64.0.1', '198.18.0.1'],
  ...['10.0.0.1', '[fd00::1]', '[fe80::1]', 'localhost', 'localhost.', '93.184.215.14@127.0.0.1'],
];
const FORMS = [
  ...HOSTS.flatMap((host) => [`http://${host}:${canary.port}/mcp`, `https://${host}:${canary.port}/mcp`]),
  ...HOSTS.map((host) => `https://${host}/mcp`),
  ...['https://93.184.215.14:22/', `ftp://127.0.0.1:${canary.port}/`, `gopher://127.0.0.1:${canary.port}/`],
  ...['data:application/json,{}', 'unix:/var/run/docker.sock', `ws://127.0.0.1:${canary.port}/`, 'javascript:1'],
];

interface Way {
  readonly sentence: string;
  ask(url: string): ReturnType<ControlStage['ask']>;
}

const patch = (body: object) => stage.ask('ada', `PATCH /api/v1/servers/${stage.server}`, { body, ifMatch: 1 });
const create = (body: object) => stage.ask('uma', 'POST /api/v1/servers', { body: { name: 'never', ...body } });
const GOOD = 'https://93.184.215.14/mcp';

const WAYS: readonly Way[] = [
  { sentence: 'a new server', ask: (url) => create({ url }) },
  { sentence: 'a replica of a new server', ask: (url) => create({ url: GOOD, replicas: [{ url }] }) },
  { sentence: 'a change of a server', ask: (url) => patch({ url }) },
  { sentence: 'a change of its replicas', ask: (url) => patch({ replicas: [{ url }] }) },
  { sentence: 'a test without saving', ask: (url) => stage.ask('uma', 'POST /api/v1/servers/test', { body: { url } }) },
];

describe('an address inside, or of another kind', () => {
  for (const way of WAYS) {
    test(`is refused by its rule as ${way.sentence}`, async () => {
      for (const url of FORMS) {
        const { status, error, errors, text } = await way.ask(url);
        assert.deepEqual([status, error], [422, 'address_refused'], `${url}: ${text}`);
        assert.match(errors[0]?.message ?? '', /may not be reached: /);
      }
      canary.assertUntouched();
    });
  }

  test('reads the same for an open port and a closed one', async () => {
    for (const way of WAYS) {
      const say = async (port: number) =>
        (await way.ask(`http://127.0.0.1:${port}/mcp`)).text.replaceAll(`127.0.0.1:${port}`, 'there');
      assert.equal(await say(canary.port), await say(1), way.sentence);
    }
    canary.assertUntouched();
  });

  test('is not reached when somebody else wrote it into the store', async () => {
    const urls = [canary.url, `http://localhost:${canary.port}/mcp`];
    for (const [at, url] of urls.entries()) {
      const id = await seedServer(stage.store, url, { name: `planted-${at}`, atMs: Date.now() });
      await stage.until(async () => {
        const { data } = await stage.ask<{ state: string }>('ada', `GET /api/v1/servers/${id}/state`);
        return data?.state === 'down';
      });
      const { data } = await stage.ask<{ ok: boolean; reason: string }>('ada', `POST /api/v1/servers/${id}/test`);
      assert.deepEqual([data.ok, data.reason], [false, 'refused']);
      assert.equal((await stage.ask('ada', `POST /api/v1/servers/${id}/restart`)).status, 200);
    }
    canary.assertUntouched();
  });

  test('is not reached by way of a server that sends on to it', async () => {
    const url = `http://127.0.0.1:${sendingPort}/mcp`;
    const { status, data } = await stage.ask<{ ok: boolean }>('uma', 'POST /api/v1/servers/test', { body: { url } });
    assert.deepEqual([status, data.ok], [200, false]);
    canary.assertUntouched();
  });
});
