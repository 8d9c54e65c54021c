/*
 * Ten thousand tools of a hundred servers (three thousand of thirty in a short run), listed as a client lists them: every
 * tool once, in a stable order, in pages that hold their measure; also while servers change and go.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { type ModernClient, modernClient } from '../rig/raw-client.ts';

const SERVERS = process.env.GATEWRIGHT_FULL === undefined ? 30 : 100;
const TOOLS = 100;
const COUNT = SERVERS * TOOLS;
const MANY = fileURLToPath(new URL('../../bench/many-upstream.ts', import.meta.url));

const SERVER_NAMES = Array.from({ length: SERVERS }, (_, at) => `s${at}`);
const EVERY_NAME = SERVER_NAMES.flatMap((server) =>
  Array.from({ length: TOOLS }, (_, tool) => `${server}__tool_${tool}`),
);

interface Page {
  readonly names: readonly string[];
  readonly next: string | undefined;
}

async function pageOf(client: ModernClient, cursor: string | undefined): Promise<Page> {
  const { answer, stream } = await client.call('tools/list', cursor === undefined ? {} : { cursor });
  const tools = at(answer, 'result', 'tools') as RpcMessage[];
  assert.ok(Array.isArray(tools), stream.rawBody.slice(0, 500));
  assert.ok(tools.length <= 1_000, `${tools.length} tools on one page`);
  assert.ok(Buffer.byteLength(stream.rawBody) <= 1024 * 1024, `${stream.rawBody.length} characters on one page`);
  return {
    names: tools.map(({ name }) => String(name)),
    next: at(answer, 'result', 'nextCursor') as string | undefined,
  };
}

async function list(client: ModernClient, between: () => Promise<void> = async () => {}): Promise<string[]> {
  const names: string[] = [];
  let page = await pageOf(client, undefined);
  names.push(...page.names);
  await between();
  while (page.next !== undefined) {
    page = await pageOf(client, page.next);
    names.push(...page.names);
  }
  return names;
}

let upstream: ChildProcess | undefined;
let gateway: RunningGateway | undefined;
let client: ModernClient | undefined;
let origin = '';
const theClient = () => client ?? assert.fail('no client');
const changed = async (server: string) => void (await fetch(`${origin}/change/${server}`, { method: 'POST' }));

before(async () => {
  const child = spawn(process.execPath, [MANY], { stdio: ['ignore', 'pipe', 'inherit'] });
  upstream = child;
  const line = await new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  origin = (JSON.parse(line) as { url: string }).url;
  const entries = SERVER_NAMES.map((name) => [name, { url: `${origin}/${name}` }]);
  const refreshIntervalMs = 1_000;
  gateway = await startGateway({ servers: Object.fromEntries(entries), defaults: { refreshIntervalMs } });
  await gateway.until((said) => said.event === 'ready');
  client = modernClient(`${gateway.url}/mcp`);
});
after(async () => {
  client?.close();
  await gateway?.stop();
  upstream?.kill();
});

it(`the tools of many servers are all ${COUNT} there, once each, in the order of the servers and of each server’s list`, async () => {
  assert.deepEqual(await list(theClient()), EVERY_NAME);
});

it('they are all there for a client whose list changes while it reads, and the change for the next', async () => {
  const read = await list(theClient(), async () => {
    await changed('s3');
    while (!(await pageOf(theClient(), undefined)).names.includes('s3__tool_100')) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  assert.deepEqual(read, EVERY_NAME);
  const now = await list(theClient());
  assert.equal(now.length, COUNT + 1);
  assert.deepEqual(
    now.filter((name) => name !== 's3__tool_100'),
    EVERY_NAME,
  );
});

it('they lead back to their servers, the last of the last as well', async () => {
  for (const name of ['s0__tool_0', `s${SERVERS - 1}__tool_99`]) {
    const { answer } = await theClient().call('tools/call', { name, arguments: { path: '/' } });
    // The servers have lists only; what they say to a call is their own error.
    assert.equal(at(answer, 'error', 'message'), 'unknown');
  }
});

it('they are gone when their servers are, and all who are missing are named', async () => {
  upstream?.kill('SIGKILL');
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { answer } = await theClient().call('tools/list');
    const missing = at(answer, 'result', '_meta', 'io.gatewright/missing');
    if (Array.isArray(missing) && missing.length === SERVERS) {
      assert.deepEqual(missing[0], { server: 's0', reason: 'down' });
      assert.deepEqual(at(answer, 'result', 'tools'), []);
      return;
    }
    assert.ok(Date.now() < deadline, 'the gateway did not notice that its servers are gone');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});
